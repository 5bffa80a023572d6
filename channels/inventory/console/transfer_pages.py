"""The steps of a transfer: requested, shipped, received, taken back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.inventory.console.lines import SkuLinesField
from channels.inventory.console.places import goods_of, own_choices, require_at
from channels.inventory.console.steps import Check, CheckedPage
from channels.inventory.console.transfers import difference
from channels.inventory.enums import TransferState
from channels.inventory.models import StockLevel, TransferLine, TransferOrder
from channels.inventory.selectors.codes import codes_of_variants
from channels.inventory.services import transferring
from o2o.console import ConsoleForm, FormPage, badge, page, site
from o2o.console.components import Stat, Table
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.actor import Actor
from o2o.tenancy.capabilities import Capability

TRANSFERS = ((_("Transfers"), "console:inventory_transferorder_changelist"),)
MOST_UNITS = 1_000_000


class RequestForm(ConsoleForm):
    """From where, to where, and what."""

    source_id = forms.ChoiceField(label=_("From"), choices=())
    destination_id = forms.ChoiceField(label=_("To"), choices=())
    units = SkuLinesField(label=_("Goods"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source_id"].choices = location_choices()
        self.fields["destination_id"].choices = own_choices(actor)


@page
class RequestTransfer(FormPage):
    """Ask for goods."""

    name = "request_transfer"
    path = "transfers/new/"
    title = _("Request a transfer")
    policy = Capability.STOCK_WRITE
    form_class = RequestForm
    submit = _("Request")
    done = _("Requested. The source ships it from the list of transfers.")
    parents = TRANSFERS
    success_url_name = "console:inventory_transferorder_changelist"

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        transferring.request_transfer(
            source_id=UUID(data["source_id"]), destination_id=UUID(data["destination_id"]), units=data["units"],
            note=data["note"], at=now(),
        )  # fmt: skip


class UnitsForm(ConsoleForm):
    """Units of each line; on receipt also the damaged ones, and what is wrong with them."""

    def __init__(self, *args: Any, lines: list[TransferLine], kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.kind = lines, kind
        for line in lines:
            self._number(f"units-{line.pk}", expected_of(line, kind), _("Units of %(sku)s") % {"sku": line.variant.sku})
            if kind == "receive":
                self._number(f"damaged-{line.pk}", 0, _("Damaged of %(sku)s") % {"sku": line.variant.sku})
                field = forms.CharField(
                    label=_("What is damaged of %(sku)s") % {"sku": line.variant.sku}, max_length=200, required=False
                )
                self.fields[f"reason-{line.pk}"] = field

    def _number(self, name: str, initial: int, label: str) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off", "aria-label": label}
        self.fields[name] = forms.IntegerField(
            label=label, min_value=0, max_value=MOST_UNITS, initial=initial, widget=forms.NumberInput(attrs=attrs)
        )

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of damage at its line."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for line in self.lines if self.kind == "receive" else ():
            if data.get(f"damaged-{line.pk}") and not (data.get(f"reason-{line.pk}") or "").strip():
                self.add_error(f"reason-{line.pk}", _("Say what is damaged."))
        return data

    def figures(self, name: str = "units") -> dict[UUID, Any]:
        """Return what was written of each variant."""
        return {line.variant_id: self.cleaned_data[f"{name}-{line.pk}"] for line in self.lines}

    def rows(self) -> list[dict[str, Any]]:
        """Return each line with its fields."""
        codes = codes_of_variants([line.variant_id for line in self.lines])
        names = ("units", "damaged", "reason") if self.kind == "receive" else ("units",)
        return [
            {
                "line": line,
                "expected": expected_of(line, self.kind),
                "codes": " ".join(codes[line.variant_id]),
                "fields": [self[f"{name}-{line.pk}"] for name in names],
            }
            for line in self.lines
        ]


def expected_of(line: TransferLine, kind: str) -> int:
    """Return the units that a step has to do with: requested, on their way, or missing."""
    if kind == "ship":
        return line.requested
    if kind == "receive":
        return line.shipped or 0
    return max((line.shipped or 0) - (line.received or 0) - line.damaged - line.returned, 0)


class TransferPage(CheckedPage):
    """A page about a step of one transfer."""

    policy = Capability.STOCK_WRITE
    parents = TRANSFERS
    template = "inventory/transfer_units.html"
    form_class = UnitsForm
    kind = "ship"
    states: tuple[TransferState, ...] = ()
    column = _("Units")

    @property
    def transfer(self) -> TransferOrder:
        """The transfer of the address. Raises ``NotFoundError`` for strangers to it, and at the wrong end of it."""
        found: Any = site._registry[TransferOrder].get_object(self.request, str(self.kwargs["transfer_id"]))
        require_at(self.actor, found.destination_id if self.kind == "receive" else found.source_id)
        transfer: TransferOrder = found
        return transfer

    def heading(self) -> str:
        return f"{self.title} · {self.transfer.number}"

    def form_kwargs(self) -> dict[str, Any]:
        lines = list(self.transfer.lines.select_related("variant__product").order_by("variant__sku"))
        if self.kind == "take_back":
            lines = [line for line in lines if expected_of(line, self.kind)]
        return {"lines": lines, "kind": self.kind}

    def context(self) -> dict[str, Any]:
        transfer = self.transfer
        return {"transfer": transfer, "is_possible": transfer.state in self.states, "back": self.success_url()}

    def success_url(self) -> str:
        return reverse("console:inventory_transferorder_change", args=(self.kwargs["transfer_id"],))


@page
class ShipTransfer(TransferPage):
    """Let the goods leave."""

    name = "ship_transfer"
    path = "transfers/<uuid:transfer_id>/ship/"
    title = _("Ship")
    intro = _("What leaves may be fewer than asked. What the source has promised to its orders stays there.")
    confirm = _("They have left")
    done = _("Shipped.")
    states = (TransferState.REQUESTED,)
    column = _("Leaving")

    def check(self, form: UnitsForm) -> Check:
        """Show what leaves, and what the source has left after it."""
        levels = levels_at(self.transfer.source_id, form.lines)
        leaving, rows, short = form.figures(), [], 0
        for line in form.lines:
            units, level = leaving[line.variant_id], levels.get(line.variant_id)
            on_hand, promised = (level.on_hand, level.allocated + level.held) if level else (0, 0)
            after = on_hand - units
            is_short = units > 0 and after < promised and not (level and level.allows_backorder)
            short += is_short
            left = badge(after, "danger") if is_short else after
            rows.append(
                (*goods_of(line.variant), line.requested, units, gap(units - line.requested), on_hand, promised, left)
            )
        headers = (_("SKU"), _("Name"), _("Requested"), _("Leaving"), _("Difference"), _("On hand"), _("Promised"),
                   _("Left after it"))  # fmt: skip
        warnings = [
            _("What is marked is not there, or is promised to orders or carts. As long as it is, nothing leaves.")
        ] * bool(short)
        return Check(Table(headers, rows), stats=totals(form, leaving, _("Leaving")), warnings=warnings)

    def save(self, form: UnitsForm) -> None:
        transferring.ship_transfer(transfer_id=self.transfer.pk, units=form.figures(), at=now())


@page
class ReceiveTransfer(TransferPage):
    """Take the goods in."""

    name = "receive_transfer"
    path = "transfers/<uuid:transfer_id>/receive/"
    title = _("Receive")
    intro = _("Count what arrived. Goods in good state are in stock at once; damaged ones are written off.")
    confirm = _("Received")
    done = _("Received. The page shows what is missing or too much.")
    kind = "receive"
    states = (TransferState.SHIPPED,)
    column = _("In good state")

    def check(self, form: UnitsForm) -> Check:
        """Show what is missing, damaged or too much."""
        good, damaged, reasons = (form.figures(name) for name in ("units", "damaged", "reason"))
        rows = []
        for line in form.lines:
            line.received, line.damaged = good[line.variant_id], damaged[line.variant_id]
            broken = f"{line.damaged} · {reasons[line.variant_id]}" if line.damaged else "–"
            rows.append((*goods_of(line.variant), line.shipped, line.received, broken, difference(line)))
        headers = (_("SKU"), _("Name"), _("Shipped"), _("In good state"), _("Damaged"), _("Difference"))
        arrived = {pk: units + damaged[pk] for pk, units in good.items()}
        warnings = []
        if any((line.difference or 0) < 0 for line in form.lines):
            warnings.append(
                _("What is missing leaves the books of both stores; the source can take back what it finds.")
            )
        if any((line.difference or 0) > 0 for line in form.lines):
            warnings.append(_("More arrived than was shipped. Count once more before you say yes."))
        return Check(Table(headers, rows), stats=totals(form, arrived, _("Arrived")), warnings=warnings)

    def save(self, form: UnitsForm) -> None:
        transferring.receive_transfer(
            transfer_id=self.transfer.pk, received=form.figures(), damaged=form.figures("damaged"),
            damage_reasons=form.figures("reason"), at=now(),
        )  # fmt: skip


@page
class TakeBack(TransferPage):
    """Put what never arrived into the stock of the source again."""

    name = "take_back_transfer"
    path = "transfers/<uuid:transfer_id>/take-back/"
    title = _("Take back")
    intro = _("What came back, or never left the ramp, is in the stock of the source again.")
    confirm = _("It is back")
    done = _("Taken back.")
    kind = "take_back"
    states = (TransferState.SHIPPED, TransferState.RECEIVED)
    column = _("Back in stock")

    def check(self, form: UnitsForm) -> Check:
        """Show what comes back and what stays missing."""
        back = form.figures()
        rows = [
            (*goods_of(line.variant), missing, back[line.variant_id], gap(back[line.variant_id] - missing))
            for line in form.lines
            for missing in [expected_of(line, self.kind)]
        ]
        headers = (_("SKU"), _("Name"), _("Not arrived"), _("Back in stock"), _("Difference"))
        warnings = []
        if self.transfer.state == TransferState.SHIPPED:
            warnings.append(_("The transfer ends with this: the other store cannot receive it any more."))
        return Check(Table(headers, rows), stats=totals(form, back, _("Back in stock")), warnings=warnings)

    def save(self, form: UnitsForm) -> None:
        transferring.take_back(transfer_id=self.transfer.pk, units=form.figures(), at=now())


def gap(units: int) -> Any:
    """Return a difference as a badge."""
    return badge(f"{units:+d}", "warning") if units else badge(_("complete"), "success")


def totals(form: UnitsForm, units: dict[UUID, int], label: Any) -> Sequence[Stat]:
    """Return the sums of a step: what it was to be, and what it is."""
    expected = sum(expected_of(line, form.kind) for line in form.lines)
    names = {"ship": _("Requested"), "receive": _("Shipped"), "take_back": _("Not arrived")}
    total = sum(units.values())
    return (
        Stat(names[form.kind], expected),
        Stat(label, total),
        Stat(_("Difference"), f"{total - expected:+d}" if total != expected else "0"),
    )


def levels_at(location_id: UUID, lines: Sequence[TransferLine]) -> dict[UUID, StockLevel]:
    """Return the levels of lines at a location, by variant."""
    rows = StockLevel.objects.filter(location_id=location_id, variant_id__in=[line.variant_id for line in lines])
    return {level.variant_id: level for level in rows}
