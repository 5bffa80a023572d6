"""Pages that add, change and replay a webhook endpoint."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from o2o.console import (
    ConsoleForm,
    FormPage,
    page,
    site,
)
from o2o.events.console.endpoints import ENDPOINTS, show_secret
from o2o.events.definition import EVENT_TYPES
from o2o.events.webhooks import services
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.events.webhooks.replaying import replay_range
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


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
