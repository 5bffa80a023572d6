"""Transfers, on screen."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.inventory.console.lines import SkuLinesField
from channels.inventory.enums import TransferState
from channels.inventory.models import TransferLine, TransferOrder
from channels.inventory.services import transferring
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
    badge,
    home_card,
    page,
    site,
)
from o2o.console.components import Table, state_badge
from o2o.console.forms import dress
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

LATE = timedelta(days=3)
TRANSFERS = ((_("Transfers"), "console:inventory_transferorder_changelist"),)


@admin.register(TransferOrder, site=site)
class TransferAdmin(MerchantModelAdmin):
    """Goods on their way between locations."""

    slug = "transfers"
    nav = Nav(NavGroup.CHANNELS, "local_shipping", 32)
    policy = {"view": Capability.STOCK_READ}
    intro = _("Goods on their way from one location to another: requested, shipped, received.")
    list_display = ("number", "source", "destination", "state_shown", "requested_by", "created_at", "shipped_at")
    list_filter = ("state", "source", "destination")
    list_select_related = ("source", "destination")
    search_fields = ("number",)
    sortable_by = ()
    export_columns = (
        "number",
        "source",
        "destination",
        "state",
        "note",
        "requested_by",
        "created_at",
        "shipped_at",
        "received_at",
    )
    acts = (
        Act(
            name="cancel",
            label=_("cancel"),
            demand=Capability.STOCK_WRITE,
            explain=_("Nothing is sent. What has been shipped cannot be cancelled; receive it instead."),
            apply=lambda _request, row: transferring.cancel_transfer(transfer_id=row.pk, at=now()),
            fits=lambda row: row.state == TransferState.REQUESTED,
            icon="cancel",
            is_destructive=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferOrder]:
        """Return the transfers, from or to the person's stores where they are bound to some."""
        queryset: QuerySet[TransferOrder] = super().get_queryset(request)
        stores = request.actor.location_ids  # type: ignore[attr-defined]
        return queryset if stores is None else queryset.filter(Q(source__in=stores) | Q(destination__in=stores))

    @admin.display(description=_("state"))
    def state_shown(self, row: TransferOrder) -> SafeString:
        return state_badge(row)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("Nothing is on its way"),
            text=_("Request goods from another store or the warehouse."),
            icon="local_shipping",
            url=reverse("console:request_transfer") if may_add else "",
            action=_("Request a transfer"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the transfers, with the way to a new one."""
        may_add = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        links = [(_("Request a transfer"), reverse("console:request_transfer"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: TransferOrder) -> Sequence[Panel]:
        facts = [
            Fact(_("From"), row.source.name),
            Fact(_("To"), row.destination.name),
            Fact(_("State"), state_badge(row)),
            Fact(_("Note"), row.note),
            Fact(_("Requested by"), row.requested_by),
            Fact(_("Shipped at"), row.shipped_at),
            Fact(_("Received at"), row.received_at),
        ]
        steps = {
            TransferState.REQUESTED: ("ship_transfer", _("Ship")),
            TransferState.SHIPPED: ("receive_transfer", _("Receive")),
        }
        if row.state in steps and request.actor.may(Capability.STOCK_WRITE):  # type: ignore[attr-defined]
            name, label = steps[TransferState(row.state)]
            link = format_html_join("", '<a href="{}">{}</a>', [(reverse(f"console:{name}", args=(row.pk,)), label)])
            facts.append(Fact(_("What you can do"), link))
        return [Panel(_("Transfer"), facts=facts), _lines(row)]


def _lines(row: TransferOrder) -> Panel:
    rows = [
        (
            line.variant.sku,
            line.variant.product.name,
            line.requested,
            line.shipped,
            line.received,
            line.damaged,
            difference(line),
        )
        for line in row.lines.select_related("variant__product").order_by("variant__sku")
    ]
    headers = (_("SKU"), _("Name"), _("Requested"), _("Shipped"), _("Received"), _("Damaged"), _("Difference"))
    return Panel(_("Lines"), table=Table(headers, rows))


def difference(line: TransferLine) -> SafeString | str:
    """Return what is missing or too much of a line that arrived."""
    if line.received is None or line.shipped is None:
        return "–"
    count = line.received + line.damaged - line.shipped
    if not count:
        return badge(_("complete"), "success")
    text = _("%(count)s missing") if count < 0 else _("%(count)s too many")
    return badge(text % {"count": abs(count)}, "danger" if count < 0 else "warning")


class RequestForm(ConsoleForm):
    """From where, to where, and what."""

    source_id = forms.ChoiceField(label=_("From"), choices=())
    destination_id = forms.ChoiceField(label=_("To"), choices=())
    units = SkuLinesField(label=_("Goods"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source_id", "destination_id"):
            self.fields[name].choices = list(location_choices())


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

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        transferring.request_transfer(
            source_id=UUID(data["source_id"]), destination_id=UUID(data["destination_id"]), units=data["units"],
            note=data["note"], at=now(),
        )  # fmt: skip


class TransferUnitsForm(ConsoleForm):
    """Units of each line; on receipt also the damaged ones."""

    def __init__(self, *args: Any, lines: list[TransferLine], is_receipt: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            label = f"{line.variant.sku} · {line.variant.product.name}"
            expected = line.shipped if is_receipt else line.requested
            help_text = (_("%(count)s shipped") if is_receipt else _("%(count)s requested")) % {"count": expected}
            self._add(f"units-{line.pk}", label, expected or 0, help_text)
            if is_receipt:
                self._add(f"damaged-{line.pk}", _("Damaged of %(sku)s") % {"sku": line.variant.sku}, 0, "")

    def _add(self, name: str, label: Any, initial: int, help_text: Any) -> None:
        field = forms.IntegerField(label=label, min_value=0, max_value=1_000_000, initial=initial, help_text=help_text)
        self.fields[name] = field
        dress(field)

    def units(self, name: str = "units") -> dict[UUID, int]:
        """Return the units by variant."""
        return {line.variant_id: self.cleaned_data[f"{name}-{line.pk}"] for line in self.lines}


class TransferPage(FormPage):
    """A page about one transfer."""

    policy = Capability.STOCK_WRITE
    parents = TRANSFERS
    form_class = TransferUnitsForm
    is_receipt = False

    @property
    def transfer(self) -> TransferOrder:
        """The transfer of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[TransferOrder].get_object(self.request, str(self.kwargs["transfer_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.transfer.number}"

    def form_kwargs(self) -> dict[str, Any]:
        lines = self.transfer.lines.select_related("variant__product").order_by("variant__sku")
        return {"lines": list(lines), "is_receipt": self.is_receipt}

    def success_url(self) -> str:
        return reverse("console:inventory_transferorder_change", args=(self.kwargs["transfer_id"],))


@page
class ShipTransfer(TransferPage):
    """Let the goods leave."""

    name = "ship_transfer"
    path = "transfers/<uuid:transfer_id>/ship/"
    title = _("Ship")
    intro = _("The goods leave the stock of the source when you save. What its orders were promised stays there.")
    submit = _("They have left")
    done = _("Shipped.")

    def save(self, form: TransferUnitsForm) -> None:
        transferring.ship_transfer(transfer_id=self.transfer.pk, units=form.units(), at=now())


@page
class ReceiveTransfer(TransferPage):
    """Take the goods in."""

    name = "receive_transfer"
    path = "transfers/<uuid:transfer_id>/receive/"
    title = _("Receive")
    intro = _("Goods in good state are in stock at once. Damaged and missing ones are written down and not stocked.")
    submit = _("Received")
    done = _("Received. The page shows what is missing or too much.")
    is_receipt = True

    def save(self, form: TransferUnitsForm) -> None:
        transferring.receive_transfer(
            transfer_id=self.transfer.pk, received=form.units(), damaged=form.units("damaged"), at=now()
        )


@home_card(Capability.STOCK_WRITE, order=30)
def late_transfers(request: HttpRequest) -> HomeCard | None:
    """Transfers that have been on their way for more than three days."""
    late = TransferOrder.objects.filter(state=TransferState.SHIPPED, shipped_at__lte=now() - LATE)
    found = list(late.select_related("source", "destination").order_by("shipped_at")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.number} · {row.source.name} → {row.destination.name}",
            f"{row.shipped_at:%m-%d}" if row.shipped_at else "",
            reverse("console:inventory_transferorder_change", args=(row.pk,)),
        )
        for row in found
    ]
    url = reverse("console:inventory_transferorder_changelist") + "?state__exact=shipped"
    return HomeCard(_("Transfers on their way for long"), lines, url, _("All transfers"), "local_shipping", "warning")
