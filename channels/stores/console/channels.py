"""Channels, on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from channels.stores import services
from channels.stores.enums import ChannelKind
from channels.stores.models import SalesChannel
from o2o.console import (
    Act,
    ConsoleForm,
    EmptyState,
    Fact,
    FormPage,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    SetupStep,
    page,
    setup_step,
    site,
)
from o2o.console.components import Table
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

CHANNELS = ((_("Channels"), "console:stores_saleschannel_changelist"),)


def _switch(is_active: bool) -> Any:
    def switch(_request: HttpRequest, row: SalesChannel) -> SalesChannel:
        return services.update_channel(channel_id=row.pk, is_active=is_active, at=now())

    return switch


@admin.register(SalesChannel, site=site)
class ChannelAdmin(MerchantModelAdmin):
    """The places in which people buy."""

    slug = "sales-channels"
    nav = Nav(NavGroup.CHANNELS, "hub", 70)
    policy = {"view": Capability.CHANNELS_READ}
    intro = _("The places in which people buy: your shop, mini-program, marketplaces, delivery platforms, tills.")
    list_display = ("name", "code", "kind", "currency", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "code")
    search_help_text = _("Name or code")
    ordering = ("name", "pk")
    sortable_by = ("name",)
    export_columns = ("code", "name", "kind", "currency", "is_active")
    acts = (
        Act(
            name="deactivate",
            label=_("switch off"),
            demand=Capability.CHANNELS_WRITE,
            explain=_("Nothing is offered there any more. Orders that have come in are finished."),
            apply=_switch(False),
            fits=lambda row: row.is_active,
            icon="toggle_off",
            is_destructive=True,
        ),
        Act(
            name="activate",
            label=_("switch on"),
            demand=Capability.CHANNELS_WRITE,
            explain=_("Its listings are offered again."),
            apply=_switch(True),
            fits=lambda row: not row.is_active,
            icon="toggle_on",
        ),
    )

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.CHANNELS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No channels yet"),
            text=_("Add the places in which people buy, then say which locations serve each."),
            icon="hub",
            url=reverse("console:new_channel") if may_add else "",
            action=_("New channel"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the channels, with the way to a new one."""
        may_add = request.actor.may(Capability.CHANNELS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New channel"), reverse("console:new_channel"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: SalesChannel) -> Sequence[Panel]:
        facts = [
            Fact(_("Code"), row.code, is_code=True),
            Fact(_("Kind"), row.get_kind_display()),
            Fact(_("Currency"), row.currency),
            Fact(_("Active"), row.is_active),
        ]
        if request.actor.may(Capability.CHANNELS_WRITE):  # type: ignore[attr-defined]
            change = reverse("console:change_channel", args=(row.pk,))
            serves = reverse("console:channel_locations", args=(row.pk,))
            text = '<a href="{}">{}</a> · <a href="{}">{}</a>'
            facts.append(
                Fact(_("Settings"), format_html(text, change, _("Change"), serves, _("Locations that serve it")))
            )
        served = row.served_by.select_related("location").order_by("priority", "location__name")
        rows = [(link.location.name, link.location.city, link.priority) for link in served]
        empty = _("No location serves it, so its orders wait. Set the locations.")
        return [
            Panel(_("Channel"), facts=facts),
            Panel(
                _("Locations that serve it"),
                table=Table((_("Location"), _("City"), _("Priority")), rows, empty=empty),
            ),
        ]


class ChannelForm(ConsoleForm):
    """What is known of a channel."""

    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=ChannelKind.choices)
    currency = forms.CharField(label=_("Currency"), max_length=3, help_text=_("ISO 4217 code, such as CNY."))


class NewChannelForm(ChannelForm):
    """A new channel."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Short, for imports and programs; it stays."))
    field_order = ("code", "name")


@page
class NewChannel(FormPage):
    """Add a channel."""

    name = "new_channel"
    path = "sales-channels/new/"
    title = _("New channel")
    policy = Capability.CHANNELS_WRITE
    form_class = NewChannelForm
    submit = _("Add")
    done = _("Added. Say which locations serve it.")
    parents = CHANNELS

    def save(self, form: forms.Form) -> None:
        self.made = services.create_channel(at=now(), **form.cleaned_data)

    def success_url(self) -> str:
        return reverse("console:channel_locations", args=(self.made.pk,))


class ChannelPage(FormPage):
    """A page about one channel."""

    policy = Capability.CHANNELS_WRITE
    parents = CHANNELS

    @property
    def channel(self) -> SalesChannel:
        """The channel of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[SalesChannel].get_object(self.request, str(self.kwargs["channel_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.channel.name}"

    def success_url(self) -> str:
        return reverse("console:stores_saleschannel_change", args=(self.kwargs["channel_id"],))


@page
class ChangeChannel(ChannelPage):
    """Change a channel."""

    name = "change_channel"
    path = "sales-channels/<uuid:channel_id>/settings/"
    title = _("Change the channel")
    form_class = ChannelForm
    done = _("Saved.")

    def initial(self) -> dict[str, Any]:
        channel = self.channel
        return {name: getattr(channel, name) for name in ChannelForm.base_fields}

    def save(self, form: forms.Form) -> None:
        services.update_channel(channel_id=self.channel.pk, at=now(), **form.cleaned_data)


@setup_step(Capability.CHANNELS_WRITE, order=6)
def add_a_channel(request: HttpRequest) -> SetupStep:
    """Whether people can buy anywhere."""
    return SetupStep(
        title=_("Add a channel"),
        text=_("Where people buy, and which locations serve them."),
        url=reverse("console:new_channel"),
        is_done=SalesChannel.objects.exists(),
        icon="hub",
    )
