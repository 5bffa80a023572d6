"""Orders of the past out of files, and back into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.drafts import OrderDraft
from channels.orders.import_rows import Sale, payments_of, sale_of, shared_of, unknown_currency
from channels.orders.past_orders import past_order_lines
from channels.orders.services.importing import (
    Known,
    PastOrder,
    cancel_imported,
    import_orders,
    known_orders,
    restore_imported,
    retire_imported,
)
from channels.orders.totals import WrongTotalError
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import SalesChannel, StockLocation
from o2o.imports import (
    Applied,
    AppliedRow,
    Column,
    ColumnKind,
    ExportPage,
    ImportContext,
    ImportKind,
    Plan,
    Row,
    Undone,
    import_kind,
)
from o2o.tenancy.capabilities import Capability

PAGE = 200
#: In what an order that is there can differ from one of a file, by the fields of ``Content``.
TOLD = {
    "placed_at": gettext_lazy("Placed at"),
    "location_id": gettext_lazy("Store"),
    "customer": gettext_lazy("Customer"),
    "currency": gettext_lazy("Currency"),
    "subtotal": gettext_lazy("list total"),
    "total": gettext_lazy("total"),
    "lines": gettext_lazy("lines"),
    "units": gettext_lazy("units"),
}


@import_kind("orders.history", label=gettext_lazy("Past orders"))
class ImportOrders(ImportKind):
    """One row for each line of an order. An order that is there already is left as it is.

    The worth of a line is ``total``, or units times ``unit_price`` less its discounts. A row without units is no sale:
    with a value it is taken as an adjustment of one unit, without one it is rejected; so are rows with less than none,
    which are returns. Nothing is dropped without a word. An order that is there with other lines, amounts or times is
    rejected too, since an import changes no order.
    """

    demand = Capability.ORDERS_WRITE
    description = gettext_lazy("Orders of other systems, for reports and members. They move no stock.")
    icon = "receipt_long"
    columns = (
        Column(
            "order",
            gettext_lazy("Order"),
            is_required=True,
            is_code=True,
            max_length=60,
            example="366001",
            aliases=("Order Number", "basket_id", "订单号"),
        ),
        Column(
            "channel",
            gettext_lazy("Channel"),
            is_required=True,
            max_length=40,
            example="own-shop",
            help=gettext_lazy("Its code."),
            aliases=("渠道",),
        ),
        Column(
            "placed_at",
            gettext_lazy("Placed at"),
            ColumnKind.DATETIME,
            is_required=True,
            example="2026-01-31 18:30",
            aliases=("Order Date", "transaction_timestamp", "下单时间"),
        ),
        Column(
            "location", gettext_lazy("Store"), max_length=40, example="SH-001", aliases=("StoreKey", "store_id", "门店")
        ),
        Column(
            "sku",
            gettext_lazy("SKU"),
            is_required=True,
            is_code=True,
            max_length=60,
            example="TEA-JAS-L",
            aliases=("ProductKey", "product_id", "货号"),
        ),
        Column("name", gettext_lazy("Name"), max_length=300),
        Column(
            "quantity",
            gettext_lazy("Units"),
            ColumnKind.INTEGER,
            is_required=True,
            example="2",
            aliases=("Quantity", "数量"),
        ),
        Column(
            "unit_price",
            gettext_lazy("List price"),
            ColumnKind.MONEY,
            example="18.00",
            is_in_any_currency=True,
            aliases=("Unit Price", "Unit Price USD", "单价"),
        ),
        Column(
            "total",
            gettext_lazy("Total of the line"),
            ColumnKind.MONEY,
            is_in_any_currency=True,
            aliases=("sales_value", "实付"),
        ),
        Column(
            "discount",
            gettext_lazy("Discount"),
            ColumnKind.MONEY,
            minimum=0,
            is_in_any_currency=True,
            aliases=("retail_disc", "优惠"),
        ),
        Column(
            "coupon",
            gettext_lazy("Coupon"),
            ColumnKind.MONEY,
            minimum=0,
            is_in_any_currency=True,
            aliases=("coupon_match_disc", "优惠券"),
        ),
        Column("currency", gettext_lazy("Currency"), max_length=3, example="CNY", aliases=("Currency Code", "币种")),
        Column(
            "customer", gettext_lazy("Customer"), is_code=True, max_length=100, aliases=("CustomerKey", "household_id")
        ),
        Column("paid_by", gettext_lazy("Paid by"), max_length=40, example="wechat_pay"),
        Column(
            "paid_by_coupon",
            gettext_lazy("Paid by coupon"),
            ColumnKind.MONEY,
            minimum=0,
            help=gettext_lazy("What others give for a coupon, such as its maker: no discount."),
            is_in_any_currency=True,
            aliases=("coupon_disc",),
        ),
        Column("completed_at", gettext_lazy("Completed at"), ColumnKind.DATETIME, aliases=("Delivery Date",)),
    )
    group_by = ("channel", "order")
    has_export = True
    chunk_rows = 4000

    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        return [plan for order in _Orders(rows, context).read() for plan in order.plans()]

    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        """Write what is new; a row that the plan rejected comes along with its order and is rejected again."""
        read = _Orders(rows, context).read()
        retire_imported(order_ids=[one.known.order_id for one in read if one.known and one.is_other], at=context.at)
        restored = [one.known.order_id for one in read if one.known and one.is_undone and not one.is_other]
        restore_imported(order_ids=restored, at=context.at)
        new = [one for one in read if one.past is not None and (one.known is None or one.is_other)]
        made = import_orders(orders=[one.past for one in new if one.past is not None])
        for one, order_id in zip(new, made, strict=True):
            one.order_id = order_id
        return [result for one in read for result in one.results()]

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        """Let the orders count no more; they stay as cancelled, since their payments are a ledger."""
        order_ids = {UUID(order_id) for order_id in {row.undo["order_id"] for row in rows}}
        cancelled = {str(order_id) for order_id in cancel_imported(order_ids=order_ids, at=context.at)}
        done, refused = Undone.done(), Undone.refused(_("It was changed since."))
        return [done if row.undo["order_id"] in cancelled else refused for row in rows]

    def export(self, *, after: str | None, context: ImportContext) -> ExportPage:
        """Return the past orders that count, line by line, a page of whole orders."""
        rows, last = past_order_lines(after=after, location_ids=context.location_ids, size=PAGE)
        return ExportPage(rows, last)


@dataclass
class _Read:
    """An order of the file: its rows, what they come to, and what is there of it already."""

    rows: Sequence[Row]
    sale: Sale
    past: PastOrder | None = None
    refusal: str = ""
    known: Known | None = None
    order_id: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it is there, and counts."""
        return self.known is not None and not self.known.is_undone

    @property
    def is_undone(self) -> bool:
        """Whether it is there, and its import was undone."""
        return self.known is not None and self.known.is_undone

    @property
    def is_other(self) -> bool:
        """Whether another order was undone under the same id."""
        return self.is_undone and bool(self.differences())

    def differences(self) -> list[str]:
        """Return in what the order that is there differs from the one of the file."""
        if self.known is None or self.past is None:
            return []
        there, wanted = self.known.content, self.past.content
        return [str(label) for name, label in TOLD.items() if getattr(there, name) != getattr(wanted, name)]

    def plans(self) -> list[Plan]:
        """Return what would become of each row."""
        whole = self._whole_refusal()
        return [
            Plan.reject(reason) if (reason := self.sale.refusals.get(row.number) or whole) else self._plan(row)
            for row in self.rows
        ]

    def results(self) -> list[Applied]:
        """Return what became of each row."""
        whole = self._whole_refusal()
        order_id = self.order_id or str(self.known and self.known.order_id)
        fine = Applied.left() if self.is_there else Applied.done({"order_id": order_id})
        return [
            Applied.rejected(reason) if (reason := self.sale.refusals.get(row.number) or whole) else fine
            for row in self.rows
        ]

    def _whole_refusal(self) -> str:
        """Return why none of the rows can come in, or nothing."""
        if self.is_there and (names := self.differences()):
            return _("The order is there already and differs in: %(names)s. Undo its import before this one.") % {
                "names": ", ".join(names)
            }
        return self.refusal

    def _plan(self, row: Row) -> Plan:
        if self.is_there:
            return Plan.leave()
        told = {"sku": row["sku"], "quantity": row["quantity"]}
        if row.number in self.sale.adjustments:
            told |= {"name": row["name"] or _("Adjustment"), "total": str(row["total"])}
        return Plan.create(told)


class _Orders:
    """The orders of some rows. Four queries, however many there are."""

    def __init__(self, rows: Sequence[Row], context: ImportContext) -> None:
        self.rows, self.context = rows, context
        codes = {row["location"] for row in rows if row["location"]}
        self.channels = {
            one.code: one for one in SalesChannel.objects.filter(code__in={row["channel"] for row in rows})
        }
        self.locations = dict(StockLocation.objects.filter(code__in=codes).values_list("code", "pk"))

    def read(self) -> list[_Read]:
        """Return the orders in the order of their rows; rows of one order lie together."""
        found = [self._order(list(rows)) for _group, rows in groupby(self.rows, key=lambda row: row.group)]
        keys = {one.past.key for one in found if one.past is not None}
        known = known_orders(keys) if keys else {}
        for one in found:
            one.known = known.get(one.past.key) if one.past else None
        return found

    def _order(self, rows: Sequence[Row]) -> _Read:
        shared, refusal = shared_of(rows)
        channel = self.channels.get(rows[0]["channel"])
        if channel is None:
            refusal = _("There is no channel with the code “%(code)s”.") % {"code": rows[0]["channel"]}
            return _Read(rows, Sale(), refusal=refusal)
        currency = shared.get("currency", channel.currency).upper()
        refusal = refusal or self._wrong_place(shared.get("location")) or unknown_currency(currency)
        if refusal:
            return _Read(rows, Sale(), refusal=refusal)
        sale = sale_of(rows, currency)
        if not sale.lines:
            return _Read(rows, sale)
        draft = self._draft(channel, rows, shared, sale, currency)
        try:
            past = PastOrder.of(draft)
        except WrongTotalError as error:
            return _Read(rows, sale, refusal=str(error.detail))
        payments = payments_of(sale, past.totals.total, paid_by=shared.get("paid_by", ""), at=draft.placed_at)
        return _Read(rows, sale, past=past.with_payments(payments))

    def _wrong_place(self, code: str | None) -> str:
        """Return why the person may bring in no order of a store, or nothing."""
        location_id = self.locations.get(code or "")
        if code and location_id is None:
            return _("There is no location with the code “%(code)s”.") % {"code": code}
        if self.context.location_ids is not None and (location_id is None or not self.context.may_at(location_id)):
            return _("You work in other stores than this one.")
        return ""

    def _draft(self, channel: SalesChannel, rows: Sequence[Row], shared: Any, sale: Sale, currency: str) -> OrderDraft:
        location_id = self.locations.get(shared.get("location", ""))
        is_in_store = location_id is not None and channel.kind == "pos"
        completed = [row["completed_at"] for row in rows if row["completed_at"] is not None]
        order = rows[0]["order"]
        return OrderDraft(
            channel_id=channel.pk,
            method=FulfillmentMethod.IN_STORE if is_in_store else FulfillmentMethod.SHIP,
            lines=sale.lines,
            placed_at=min(row["placed_at"] for row in rows),
            external_id=order,
            number=f"{channel.code}-{order}"[:60],
            location_id=location_id,
            currency=currency,
            customer_reference=shared.get("customer", ""),
            promised_at=max(completed, default=None),
        )
