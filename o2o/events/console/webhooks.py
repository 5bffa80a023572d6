"""Webhook endpoints and what was sent to them, on screen."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
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
    ConsoleForm,
    EmptyState,
    Fact,
    FormPage,
    HomeCard,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    SetupStep,
    badge,
    home_card,
    page,
    setup_step,
    site,
)
from o2o.console.components import Moment, state_badge
from o2o.events.definition import EVENT_TYPES
from o2o.events.webhooks import services
from o2o.events.webhooks.enums import SETTLED, WebhookState
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.pinging import prepare_ping, send_prepared
from o2o.events.webhooks.replaying import replay_delivery, replay_range
from o2o.events.webhooks.selectors import attempts_of, dead_letters, endpoint_health
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


class EndpointForm(ConsoleForm):
    """An address and what it wants to hear."""

    description = forms.CharField(label=_("Name"), max_length=200, help_text=_("Which system it is."))
    url = forms.URLField(
        label=_("Address"),
        max_length=2000,
        assume_scheme="https",
        help_text=_("Must begin with https:// and be reachable from the internet; private addresses are refused."),
    )
    event_types = forms.CharField(
        label=_("Events"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("One type or prefix (order.*) in a line. Leave empty for all events."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ", ".join(sorted(EVENT_TYPES))
        if known:
            self.fields[
                "event_types"
            ].help_text = f"{self.fields['event_types'].help_text} {gettext('Known types:')} {known}"

    def clean_event_types(self) -> list[str]:
        """Return the lines."""
        return self.cleaned_data["event_types"].split()


@page
class NewEndpoint(FormPage):
    """Add an endpoint."""

    name = "new_endpoint"
    path = "webhooks/new/"
    title = _("New endpoint")
    policy = Capability.WEBHOOKS_WRITE
    form_class = EndpointForm
    submit = _("Create and show the secret")
    parents = ENDPOINTS

    def save(self, form: forms.Form) -> HttpResponse:
        return show_secret(self.request, services.create_endpoint(**form.cleaned_data, at=now()))


class EndpointPage(FormPage):
    """A page about one endpoint."""

    policy = Capability.WEBHOOKS_WRITE
    parents = ENDPOINTS

    @property
    def endpoint(self) -> WebhookEndpoint:
        """The endpoint of the address. Raises ``NotFoundError``."""
        return site._registry[WebhookEndpoint].get_object(self.request, str(self.kwargs["endpoint_id"]))

    def success_url(self) -> str:
        return reverse("console:events_webhookendpoint_change", args=(self.kwargs["endpoint_id"],))


@page
class ChangeEndpoint(EndpointPage):
    """Change the address of an endpoint or what it wants to hear."""

    name = "change_endpoint"
    path = "webhooks/<uuid:endpoint_id>/settings/"
    title = _("Change the endpoint")
    form_class = EndpointForm
    done = _("Saved.")

    def initial(self) -> dict[str, Any]:
        endpoint = self.endpoint
        return {
            "description": endpoint.description,
            "url": endpoint.url,
            "event_types": "\n".join(endpoint.event_types),
        }

    def save(self, form: forms.Form) -> None:
        services.update_endpoint(endpoint_id=self.kwargs["endpoint_id"], at=now(), **form.cleaned_data)


class ReplayForm(ConsoleForm):
    """Which messages to send again."""

    days = forms.ChoiceField(
        label=_("Created within"),
        choices=[
            ("1", _("the last day")),
            ("3", _("the last 3 days")),
            ("7", _("the last 7 days")),
            ("31", _("the last 31 days")),
        ],
        initial="3",
    )
    includes_delivered = forms.BooleanField(
        label=_("Also what arrived"), required=False, help_text=_("For a receiver that lost its data.")
    )


@page
class ReplayEndpoint(EndpointPage):
    """Send the messages of some days again."""

    name = "replay_endpoint"
    path = "webhooks/<uuid:endpoint_id>/replay/"
    title = _("Send a range again")
    intro = _("Messages that were given up or cancelled are sent again, the oldest first, under the same ids.")
    form_class = ReplayForm
    submit = _("Send again")

    def initial(self) -> dict[str, Any]:
        self.endpoint  # noqa: B018 - 404 where there is none
        return {}

    def save(self, form: forms.Form) -> None:
        at = now()
        replayed = replay_range(
            endpoint_id=self.kwargs["endpoint_id"],
            since=at - timedelta(days=int(form.cleaned_data["days"])),
            until=at,
            at=at,
            includes_delivered=form.cleaned_data["includes_delivered"],
        )
        text = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", replayed.count)
        messages.success(self.request, text % {"count": replayed.count})
        if replayed.has_more:
            messages.warning(self.request, gettext("The range holds more; do it again when these have gone out."))


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
