"""Times to accept, on screen: how long each store may take, and what happens until then."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.orders.models import AcceptancePolicy
from channels.orders.services import policies
from o2o.console import Act, EmptyState, MerchantModelAdmin, Nav, NavGroup, site
from o2o.tenancy.capabilities import Capability

WRITTEN = (
    "channel", "location", "accepts_automatically", "remind_minutes", "escalate_minutes", "backup_location",
    "accept_minutes",
)  # fmt: skip
SET_ONCE = ("channel", "location")


HELP: Mapping[str, Any] = {
    "location": _("Leave empty for every store of the channel. A store's own times go before these."),
    "accepts_automatically": _("Orders count as accepted at once, and no clock runs."),
    "remind_minutes": _("Leave empty for no reminder."),
    "escalate_minutes": _("Leave empty to ask no backup store."),
    "backup_location": _("It gets the order if it is open and has all of it."),
    "accept_minutes": _("Then the order is taken back and goes to another location."),
}


def _minutes(minutes: int | None) -> str:
    return "–" if minutes is None else str(_("%(minutes)d min") % {"minutes": minutes})


@admin.register(AcceptancePolicy, site=site)
class AcceptancePolicyAdmin(MerchantModelAdmin):
    """How long stores may take to answer."""

    slug = "times-to-accept"
    nav = Nav(NavGroup.CHANNELS, "timer", 55)
    policy = {
        "view": Capability.ORDERS_READ,
        "add": Capability.ORDERS_WRITE,
        "change": Capability.ORDERS_WRITE,
    }
    title = _("Times to accept")
    intro = _(
        "A store that does not answer is reminded, then its backup store is asked, then the order goes elsewhere."
        " Minutes count while the store is open."
    )
    location_field = "location"
    fields = WRITTEN
    list_display = ("channel", "place", "reminder", "backup", "end")
    list_filter = ("channel",)
    list_select_related = ("channel", "location", "backup_location")
    export_columns = ("channel", "place", "remind_minutes", "escalate_minutes", "backup_location", "accept_minutes")
    acts = (
        Act(
            name="remove",
            label=_("remove"),
            demand=Capability.ORDERS_WRITE,
            explain=_("Orders that come from now on have no time limit here. Those that wait keep theirs."),
            apply=lambda _request, row: policies.delete_acceptance_policy(policy_id=row.pk),
            icon="delete",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("store"))
    def place(self, row: AcceptancePolicy) -> str:
        return str(row.location or _("every store"))

    @admin.display(description=_("reminder"))
    def reminder(self, row: AcceptancePolicy) -> str:
        return _minutes(row.remind_minutes)

    @admin.display(description=_("backup store"))
    def backup(self, row: AcceptancePolicy) -> str:
        if row.escalate_minutes is None or row.backup_location is None:
            return "–"
        return str(
            _("%(store)s after %(minutes)d min") % {"store": row.backup_location, "minutes": row.escalate_minutes}
        )

    @admin.display(description=_("goes elsewhere"))
    def end(self, row: AcceptancePolicy) -> str:
        return str(_("accepts by itself")) if row.accepts_automatically else _minutes(row.accept_minutes)

    def row_title(self, row: Any) -> str:
        return f"{row.channel} · {self.place(row)}"

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = self.has_add_permission(request)
        return EmptyState(
            title=_("Stores may take as long as they like"),
            text=_("Set how many minutes a store has to accept an order, before the customer or the platform waits."),
            icon="timer",
            url=reverse(self.url_name("add")) if may_add else "",
            action=_("Set a time"),
        )

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return SET_ONCE if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{"help_texts": HELP, **kwargs})

    def save_with(self, _request: HttpRequest, form: Any, row: AcceptancePolicy | None) -> AcceptancePolicy:
        fields = {
            f"{name}_id" if name in ("channel", "location", "backup_location") else name: getattr(value, "pk", value)
            for name, value in form.cleaned_data.items()
        }
        if row is None:
            return policies.create_acceptance_policy(**fields)
        return policies.update_acceptance_policy(policy_id=row.pk, **fields)
