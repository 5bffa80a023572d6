"""Pages on which goods are received and written off."""

from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.inventory import services
from channels.inventory.console.lines import SkuLinesField, text_of_file, units_of_text
from channels.inventory.console.places import goods_of, own_choices
from channels.inventory.console.steps import Check, CheckedPage
from channels.inventory.enums import MovementReason
from channels.inventory.lines import StockLine
from channels.inventory.models import StockLevel
from channels.inventory.services import receiving
from o2o.console import ConsoleForm, Nav, NavGroup, badge, page
from o2o.console.components import Stat, Table
from o2o.kit.clock import now
from o2o.kit.models import uuid7
from o2o.tenancy.actor import Actor
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
LARGEST_FILE = 1_000_000


class GoodsForm(ConsoleForm):
    """Where, what and why. ``slip`` names the page, so that one which is sent twice is booked once."""

    location_id = forms.ChoiceField(label=_("Location"), choices=())
    lines = SkuLinesField(label=_("Goods"), required=False)
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("CSV with a SKU or barcode and its units in each line.")
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=IN)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    slip = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].choices = own_choices(actor)

    def clean_file(self) -> str:
        """Return the lines of the file. Raises ``ValidationError`` for one that is too large or no text."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is too large; send it in several parts."))
        return text_of_file(file)

    def clean(self) -> dict[str, Any]:
        """Add the file to what was typed."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self.text = f"{self.data.get('lines', '')}\n{data['file']}".strip()
            try:
                data["lines"] = units_of_text(self.text)
            except forms.ValidationError as error:
                self.add_error("file" if data["file"] else "lines", error)
                return data
            if not data["lines"]:
                self.add_error("lines", _("Scan, type or send at least one SKU."))
        return data


class LossForm(GoodsForm):
    """What is gone."""

    reason = forms.ChoiceField(label=_("Reason"), choices=OUT)


class GoodsPage(CheckedPage):
    """A page that moves goods at one location."""

    policy = Capability.STOCK_WRITE
    template = "inventory/goods.html"
    parents = ((_("Stock"), "console:stock_matrix"),)
    sign = 1

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def initial(self) -> dict[str, Any]:
        return {"slip": uuid7()}

    def check(self, form: GoodsForm) -> Check:
        """Show each variant before and after."""
        data = form.cleaned_data
        variants = Variant.objects.filter(pk__in=data["lines"]).select_related("product").order_by("sku")
        levels = {
            level.variant_id: level
            for level in StockLevel.objects.filter(location_id=data["location_id"], variant_id__in=data["lines"])
        }
        rows, short = [], 0
        for variant in variants:
            level, change = levels.get(variant.pk), self.sign * data["lines"][variant.pk]
            on_hand, promised = (level.on_hand, level.allocated + level.held) if level else (0, 0)
            is_short = change < 0 and on_hand + change < promised and not variant.allows_backorder
            short += is_short
            after = badge(on_hand + change, "danger") if is_short else on_hand + change
            rows.append((*goods_of(variant), on_hand, f"{change:+d}", after, promised))
        headers = (_("SKU"), _("Name"), _("On hand"), _("Change"), _("After it"), _("Promised"))
        warnings = [_("Less would be left than is promised, or than there is; look at what is marked.")] * bool(short)
        place = dict(form.fields["location_id"].choices)[data["location_id"]]
        units = sum(data["lines"].values())
        stats = (Stat(_("Location"), place), Stat(_("SKUs"), len(rows)), Stat(_("Units"), f"{self.sign * units:+d}"))
        return Check(Table(headers, rows), stats=stats, warnings=warnings, values={"lines": form.text})

    def success_url(self) -> str:
        return reverse("console:inventory_stockmovement_changelist")


@page
class ReceiveGoods(GoodsPage):
    """Take goods into stock."""

    name = "receive_goods"
    path = "stock/receive/"
    title = _("Receive goods")
    nav = Nav(NavGroup.CHANNELS, "add_box", 28)
    intro = _(
        "They are in stock, and can be promised, as soon as you say yes. Scan barcodes, type SKUs or send a file."
    )
    form_class = GoodsForm
    confirm = _("Receive")
    done = _("The goods are in stock.")

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        lines = [StockLine(variant_id, UUID(data["location_id"]), units) for variant_id, units in data["lines"].items()]
        services.receive_stock(
            lines=lines, reason=MovementReason(data["reason"]), note=data["note"], at=now(),
            reference_kind=receiving.RECEIPT, reference_id=data["slip"],
        )  # fmt: skip


@page
class WriteOff(GoodsPage):
    """Take goods out of stock that are gone."""

    name = "write_off"
    path = "stock/write-off/"
    title = _("Write goods off")
    nav = Nav(NavGroup.CHANNELS, "remove_circle", 29)
    intro = _("Damaged, spoiled or lost goods leave the stock. What is promised to orders stays; release it first.")
    form_class = LossForm
    confirm = _("Write off")
    done = _("The goods are written off.")
    is_destructive = True
    sign = -1

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        changes = [(pk, UUID(data["location_id"]), -units) for pk, units in data["lines"].items()]
        services.adjust_stock(
            changes=changes, reason=MovementReason(data["reason"]), note=data["note"], at=now(),
            reference_kind=receiving.WRITE_OFF, reference_id=data["slip"],
        )  # fmt: skip
