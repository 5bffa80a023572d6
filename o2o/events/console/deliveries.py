"""What was sent to the webhook endpoints, on screen."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from o2o.console import (
    Act,
    CardLine,
    EmptyState,
    Fact,
    HomeCard,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    home_card,
    site,
)
from o2o.console.components import Moment, state_badge
from o2o.events.webhooks.enums import SETTLED, WebhookState
from o2o.events.webhooks.models import WebhookDelivery
from o2o.events.webhooks.replaying import replay_delivery
from o2o.events.webhooks.selectors import attempts_of, dead_letters
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

SHOWN_ON_HOME = 5


def _replay(_request: HttpRequest, delivery: WebhookDelivery) -> WebhookDelivery:
    return replay_delivery(delivery_id=delivery.pk, at=now())


@admin.register(WebhookDelivery, site=site)
class WebhookDeliveryAdmin(MerchantModelAdmin):
    """What was sent to the endpoints, and what came of it."""

    slug = "webhook-log"
    nav = Nav(NavGroup.SETTINGS, "outgoing_mail", 41)
    title = _("webhook log")
    policy = {"view": Capability.WEBHOOKS_READ}
    intro = _("Each message is tried ten times over three days and more. What was given up can be sent again.")
    list_display = (
        "event_type",
        "endpoint",
        "state_badge",
        "last_status",
        "last_error",
        "attempt_count",
        "next_try",
        "created_at",
    )
    list_filter = ("state", ("endpoint", admin.RelatedOnlyFieldListFilter), "last_error")
    list_select_related = ("endpoint",)
    search_fields = ("event_type",)
    search_help_text = _("Type of event")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "event_type",
        "event_id",
        "endpoint",
        "state",
        "last_status",
        "last_error",
        "attempt_count",
        "created_at",
    )
    empty = EmptyState(
        title=_("Nothing was sent yet"),
        text=_("Messages appear here as soon as an event happens that an endpoint wants."),
        icon="outgoing_mail",
    )
    acts = (
        Act(
            name="replay",
            label=_("send again"),
            demand=Capability.WEBHOOKS_WRITE,
            explain=_("The same message goes out again under the same id, so that the receiver can tell a repetition."),
            apply=_replay,
            fits=lambda delivery: delivery.state in SETTLED,
            icon="replay",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the log without the bodies, which may be long."""
        queryset = super().get_queryset(request)
        is_list = request.resolver_match and (request.resolver_match.url_name or "").endswith("_changelist")
        return queryset.defer("body") if is_list else queryset

    @admin.display(description=_("state"))
    def state_badge(self, delivery: WebhookDelivery) -> SafeString:
        return state_badge(delivery)

    def row_title(self, row: Any) -> str:
        """Return the event and where it goes."""
        return f"{row.event_type} → {row.endpoint}"

    @admin.display(description=_("next try"))
    def next_try(self, delivery: WebhookDelivery) -> Any:
        return delivery.next_attempt_at if delivery.state == WebhookState.PENDING else None

    def panels(self, request: HttpRequest, row: WebhookDelivery) -> Sequence[Panel]:
        endpoint = reverse("console:events_webhookendpoint_change", args=(row.endpoint_id,))
        moments = [
            Moment(
                attempt.started_at,
                f"{attempt.status or ''} {attempt.get_error_display() or gettext('delivered')}".strip(),
                f"{attempt.detail} · {attempt.duration_milliseconds or 0} ms".strip(" ·"),
                "danger" if attempt.error else "success",
            )
            for attempt in attempts_of(delivery_id=row.pk)
        ]
        return [
            Panel(
                _("Message"),
                facts=[
                    Fact(_("Id"), row.message_id, is_code=True),
                    Fact(_("Event"), row.event_type),
                    Fact(_("Endpoint"), format_html('<a href="{}">{}</a>', endpoint, row.endpoint)),
                    Fact(_("State"), state_badge(row)),
                    Fact(_("Next try"), self.next_try(row)),
                    Fact(_("Created"), row.created_at),
                ],
            ),
            Panel(_("Attempts"), moments=moments[::-1], note="" if moments else _("It was not tried yet.")),
            Panel(_("What is sent"), code=row.body),
            *([Panel(_("Last answer"), code=row.response_snippet)] if row.response_snippet else []),
        ]


@home_card(Capability.WEBHOOKS_READ, order=25)
def messages_given_up(request: HttpRequest) -> HomeCard | None:
    """Webhook messages that no try brought to their receiver."""
    found = list(dead_letters()[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = [
        CardLine(
            delivery.event_type,
            f"{delivery.endpoint} · {delivery.get_last_error_display()}",
            reverse("console:events_webhookdelivery_change", args=(delivery.pk,)),
        )
        for delivery in found[:SHOWN_ON_HOME]
    ]
    url = reverse("console:events_webhookdelivery_changelist") + "?state__exact=dead"
    return HomeCard(
        _("Webhook messages that were given up"), lines, url, _("Look at all of them"), "unsubscribe", "danger"
    )
