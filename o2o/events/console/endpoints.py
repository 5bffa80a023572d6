"""Webhook endpoints, on screen: the list, the home card and the step of the setup."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
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
    SetupStep,
    badge,
    home_card,
    setup_step,
    site,
)
from o2o.events.webhooks import services
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.events.webhooks.pinging import prepare_ping, send_prepared
from o2o.events.webhooks.selectors import endpoint_health
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

SHOWN_ON_HOME = 5
ENDPOINTS = ((_("Webhook endpoints"), "console:events_webhookendpoint_changelist"),)


def show_secret(request: HttpRequest, issued: services.EndpointWithSecret) -> HttpResponse:
    """Show a signing secret, the only time that it can be shown."""
    context = {
        **site.each_context(request),
        "title": str(issued.endpoint),
        "note": gettext("Copy the signing secret into the receiver now. It cannot be shown again."),
        "secrets": [(_("Signing secret"), issued.secret)],
        "breadcrumbs": [(title, reverse(name)) for title, name in ENDPOINTS],
        "back": reverse("console:events_webhookendpoint_change", args=(issued.endpoint.pk,)),
    }
    return TemplateResponse(request, "console/secrets.html", context)


def endpoint_state(endpoint: WebhookEndpoint) -> SafeString:
    """Return the badge of an endpoint: on, failing, or why it is off."""
    if not endpoint.is_enabled:
        return badge(endpoint.get_disabled_reason_display(), "neutral")
    if endpoint.consecutive_failures:
        text = ngettext("%(count)d failure in a row", "%(count)d failures in a row", endpoint.consecutive_failures)
        return badge(text % {"count": endpoint.consecutive_failures}, "danger")
    return badge(_("on"), "success")


def _send_test(request: HttpRequest, endpoint: WebhookEndpoint) -> None:
    prepared = prepare_ping(endpoint=endpoint, at=now())
    # The receiver may be slow, and no transaction waits for it: it is sent after the commit, before the answer.
    transaction.on_commit(lambda: send_prepared(prepared), robust=True)


def _switch(is_enabled: bool) -> Any:
    def switch(_request: HttpRequest, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        return services.update_endpoint(endpoint_id=endpoint.pk, at=now(), is_enabled=is_enabled)

    return switch


@admin.register(WebhookEndpoint, site=site)
class EndpointAdmin(MerchantModelAdmin):
    """The addresses to which the merchant wants events sent."""

    slug = "webhooks"
    nav = Nav(NavGroup.SETTINGS, "webhook", 40)
    policy = {"view": Capability.WEBHOOKS_READ}
    intro = _(
        "Addresses of your other systems, which are told of events as they happen, signed so that they can trust it."
    )
    list_display = ("name", "url", "wanted", "state", "last_success_at", "created_at")
    list_filter = ("is_enabled",)
    search_fields = ("url", "description")
    sortable_by = ("created_at", "last_success_at")
    export_columns = (
        "description",
        "url",
        "event_types",
        "is_enabled",
        "last_success_at",
        "last_failure_at",
        "created_at",
    )
    acts = (
        Act(
            name="test",
            label=_("send a test"),
            demand=Capability.WEBHOOKS_WRITE,
            explain=_("A signed test message is sent now, once. The log shows what the receiver answered."),
            apply=_send_test,
            icon="send",
            is_bulk=False,
        ),
        Act(
            name="rotate",
            label=_("new secret"),
            demand=Capability.WEBHOOKS_WRITE,
            explain=_(
                "A new signing secret is made and shown once. The old one signs beside it for 24 hours, then ends."
            ),
            apply=lambda _request, endpoint: services.rotate_secret(endpoint_id=endpoint.pk, at=now()),
            icon="autorenew",
            is_bulk=False,
            answer=lambda request, _endpoint, issued: show_secret(request, issued),
        ),
        Act(
            name="off",
            label=_("switch off"),
            demand=Capability.WEBHOOKS_WRITE,
            explain=_(
                "Nothing is sent any more, and events of that time are not kept for it."
                " What waits goes out when it is on."
            ),
            apply=_switch(False),
            fits=lambda endpoint: endpoint.is_enabled,
            icon="toggle_off",
            is_destructive=True,
        ),
        Act(
            name="on",
            label=_("switch on"),
            demand=Capability.WEBHOOKS_WRITE,
            explain=_("Events are sent again from now on, and the record of failures begins anew."),
            apply=_switch(True),
            fits=lambda endpoint: not endpoint.is_enabled,
            icon="toggle_on",
        ),
        Act(
            name="delete",
            label=_("delete"),
            demand=Capability.WEBHOOKS_WRITE,
            explain=_(
                "The endpoint goes, with its secret, the messages that wait for it and its whole log."
                " This cannot be undone."
            ),
            apply=lambda _request, endpoint: services.delete_endpoint(endpoint_id=endpoint.pk),
            icon="delete",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("name"), ordering="description")
    def name(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.description or str(_("without a name"))

    @admin.display(description=_("events"))
    def wanted(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.event_types) or str(_("all"))

    @admin.display(description=_("state"), ordering="is_enabled")
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        return endpoint_state(endpoint)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.WEBHOOKS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No other system is told of events"),
            text=_("Add the address of a system that should hear of orders, stock or members as things happen."),
            icon="webhook",
            url=reverse("console:new_endpoint") if may_add else "",
            action=_("New endpoint"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the endpoints, with the way to a new one."""
        may_add = request.actor.may(Capability.WEBHOOKS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New endpoint"), reverse("console:new_endpoint"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: WebhookEndpoint) -> Sequence[Panel]:
        health = endpoint_health(endpoint=row, at=now())
        log = reverse("console:events_webhookdelivery_changelist") + f"?endpoint__id__exact={row.pk}"
        facts = [
            Fact(_("Address"), row.url, is_code=True),
            Fact(_("State"), endpoint_state(row)),
            Fact(_("Events"), ", ".join(row.event_types) or _("all")),
            Fact(_("API version"), row.api_version),
            Fact(_("Secret changed at"), row.secret_rotated_at or row.created_at),
        ]
        if request.actor.may(Capability.WEBHOOKS_WRITE):  # type: ignore[attr-defined]
            change = reverse("console:change_endpoint", args=(row.pk,))
            replay = reverse("console:replay_endpoint", args=(row.pk,))
            links = format_html(
                '<a href="{}">{}</a> · <a href="{}">{}</a>', change, _("Change"), replay, _("Send a range again")
            )
            facts.append(Fact(_("Settings"), links))
        return [
            Panel(_("Endpoint"), facts=facts),
            Panel(
                _("Health, last 24 hours"),
                facts=[
                    Fact(_("Attempts"), f"{health.attempts}"),
                    Fact(_("Failed attempts"), f"{health.failed_attempts}"),
                    Fact(_("Waiting"), f"{health.pending}"),
                    Fact(_("Given up"), f"{health.dead}"),
                    Fact(
                        _("Average time to answer"),
                        f"{health.average_milliseconds} ms" if health.average_milliseconds else None,
                    ),
                    Fact(_("Last success"), health.last_success_at),
                    Fact(_("Last failure"), health.last_failure_at),
                    Fact(_("Log"), format_html('<a href="{}">{}</a>', log, _("Everything that was sent"))),
                ],
            ),
        ]


@home_card(Capability.WEBHOOKS_READ, order=20)
def failing_endpoints(request: HttpRequest) -> HomeCard | None:
    """Endpoints that fail now, or were switched off because they failed."""
    failing = WebhookEndpoint.objects.exclude(failing_since=None) | WebhookEndpoint.objects.exclude(
        disabled_reason__in=("", "by_staff")
    )
    found = list(failing.order_by("failing_since", "pk")[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = [
        CardLine(
            str(endpoint),
            endpoint_state(endpoint),
            reverse("console:events_webhookendpoint_change", args=(endpoint.pk,)),
        )
        for endpoint in found[:SHOWN_ON_HOME]
    ]
    url = reverse("console:events_webhookendpoint_changelist")
    return HomeCard(_("Webhook endpoints that fail"), lines, url, _("All endpoints"), "webhook", "danger")


@setup_step(Capability.WEBHOOKS_WRITE, order=30)
def add_a_webhook_endpoint(request: HttpRequest) -> SetupStep:
    """Whether any other system is told of events."""
    return SetupStep(
        title=_("Add a webhook endpoint"),
        text=_("So that your other systems hear of orders, stock and members as things happen."),
        url=reverse("console:new_endpoint"),
        is_done=WebhookEndpoint.objects.exists(),
        icon="webhook",
    )
