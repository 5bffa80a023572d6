"""Pages on which goods are received and adjusted."""

from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.inventory import services
from channels.inventory.console.lines import SkuLinesField
from channels.inventory.enums import MovementReason
from channels.inventory.lines import StockLine
from o2o.console import ConsoleForm, FormPage, Nav, NavGroup, page
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.kit.errors import ForbiddenError
from o2o.tenancy.capabilities import Capability

IN = [
    (reason.value, reason.label)
    for reason in (MovementReason.PURCHASE, MovementReason.PRODUCTION, MovementReason.OTHER)
]
LOSSES = (
    MovementReason.DAMAGE,
    MovementReason.SPOILAGE,
    MovementReason.LOSS,
    MovementReason.CORRECTION,
    MovementReason.OTHER,
)
OUT = [(reason.value, reason.label) for reason in LOSSES]


class GoodsForm(ConsoleForm):
    """Where, what and why."""

    location_id = forms.ChoiceField(label=_("Location"), choices=())
    lines = SkuLinesField(label=_("Goods"))
    reason = forms.ChoiceField(label=_("Reason"), choices=IN)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].choices = list(location_choices())


class LossForm(GoodsForm):
    """What is gone."""

    reason = forms.ChoiceField(label=_("Reason"), choices=OUT)


class GoodsPage(FormPage):
    """A page that moves goods at one location."""

    policy = Capability.STOCK_WRITE
    parents = ((_("Stock"), "console:stock_matrix"),)

    def location_id(self, form: forms.Form) -> Any:
        """Return the location, if the person may work there. Raises ``ForbiddenError``."""
        chosen = form.cleaned_data["location_id"]
        if self.actor.location_ids is not None and chosen not in {str(pk) for pk in self.actor.location_ids}:
            raise ForbiddenError(_("You work in other stores than this one."))
        return chosen

    def success_url(self) -> str:
        return reverse("console:inventory_stockmovement_changelist")


@page
class ReceiveGoods(GoodsPage):
    """Take goods into stock."""

    name = "receive_goods"
    path = "stock/receive/"
    title = _("Receive goods")
    nav = Nav(NavGroup.CHANNELS, "add_box", 28)
    intro = _("They are in stock, and can be promised, as soon as you save. Scan barcodes or type SKUs.")
    form_class = GoodsForm
    submit = _("Receive")
    done = _("The goods are in stock.")

    def save(self, form: forms.Form) -> None:
        data, place = form.cleaned_data, UUID(str(self.location_id(form)))
        lines = [StockLine(variant_id, place, units) for variant_id, units in data["lines"].items()]
        services.receive_stock(lines=lines, reason=MovementReason(data["reason"]), note=data["note"], at=now())


@page
class WriteOff(GoodsPage):
    """Take goods out of stock that are gone."""

    name = "write_off"
    path = "stock/write-off/"
    title = _("Write goods off")
    nav = Nav(NavGroup.CHANNELS, "remove_circle", 29)
    intro = _("Damaged, spoiled or lost goods leave the stock. What is promised to orders stays; release it first.")
    form_class = LossForm
    submit = _("Write off")
    done = _("The goods are written off.")
    is_destructive = True

    def save(self, form: forms.Form) -> None:
        data, place = form.cleaned_data, UUID(str(self.location_id(form)))
        changes = [(variant_id, place, -units) for variant_id, units in data["lines"].items()]
        services.adjust_stock(changes=changes, reason=MovementReason(data["reason"]), note=data["note"], at=now())
