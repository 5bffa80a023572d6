"""Times to accept, on screen."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.orders.models import AcceptancePolicy
from channels.orders.services import rules as services
from channels.stores.models import SalesChannel
from o2o.console import ConsoleForm, EmptyState, FormPage, MerchantModelAdmin, Nav, NavGroup, page, site
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


@admin.register(AcceptancePolicy, site=site)
class AcceptanceAdmin(MerchantModelAdmin):
    """How long stores may take to accept orders."""

    slug = "times-to-accept"
    nav = Nav(NavGroup.CHANNELS, "alarm", 52)
    policy = {"view": Capability.ORDERS_READ}
    intro = _(
        "How long stores may take to accept an order: first a reminder, then the backup store, then another store."
    )
    list_display = (
        "channel",
        "place",
        "remind_minutes",
        "escalate_minutes",
        "accept_minutes",
        "backup_location",
        "accepts_automatically",
    )
    list_filter = ("channel",)
    list_select_related = ("channel", "location", "backup_location")
    sortable_by = ()
    export_columns = ("channel", "location", "remind_minutes", "escalate_minutes", "accept_minutes", "backup_location")

    @admin.display(description=_("store"))
    def place(self, row: AcceptancePolicy) -> str:
        return row.location.name if row.location else str(_("all stores"))

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("Stores may take any time"),
            text=_("Set how long a store may take before an order goes to another one."),
            icon="alarm",
            url=reverse("console:set_acceptance") if may_add else "",
            action=_("Set a time"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the times, with the way to set one."""
        may_add = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        links = [(_("Set a time"), reverse("console:set_acceptance"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})


class AcceptanceForm(ConsoleForm):
    """How long, and what happens until then."""

    channel_id = forms.ChoiceField(label=_("Channel"), choices=())
    location_id = forms.ChoiceField(label=_("Store"), choices=(), required=False)
    remind_minutes = forms.IntegerField(
        label=_("Minutes until the reminder"), required=False, min_value=1, max_value=10_000
    )
    escalate_minutes = forms.IntegerField(
        label=_("Minutes until the backup store"), required=False, min_value=1, max_value=10_000
    )
    backup_location_id = forms.ChoiceField(label=_("Backup store"), choices=(), required=False)
    accept_minutes = forms.IntegerField(label=_("Minutes to accept"), min_value=1, max_value=10_000)
    accepts_automatically = forms.BooleanField(label=_("Accepts by itself"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores: list[Any] = list(location_choices())
        channels = SalesChannel.objects.order_by("name").values_list("pk", "name")
        self.fields["channel_id"].choices = [(str(pk), name) for pk, name in channels]
        self.fields["location_id"].choices = [("", _("all stores")), *stores]
        self.fields["backup_location_id"].choices = [("", "–"), *stores]


@page
class SetAcceptance(FormPage):
    """Set how long stores may take."""

    name = "set_acceptance"
    path = "times-to-accept/set/"
    title = _("Set a time to accept")
    intro = _("A time of one store goes before that of all stores. What the channel and store had is replaced.")
    policy = Capability.ORDERS_WRITE
    form_class = AcceptanceForm
    done = _("Saved. It holds for orders that are routed from now on.")
    parents = ((_("times to accept"), "console:orders_acceptancepolicy_changelist"),)
    success_url_name = "console:orders_acceptancepolicy_changelist"

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        services.set_acceptance(
            **{**data, "location_id": data["location_id"] or None,
               "backup_location_id": data["backup_location_id"] or None}, at=now(),
        )  # fmt: skip
