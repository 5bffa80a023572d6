"""Orders of the past out of files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.drafts import AdjustmentDraft, LineDraft, OrderDraft, PaymentDraft
from channels.orders.enums import AdjustmentKind
from channels.orders.services.importing import cancel_imported, import_orders, known_orders, restore_imported
from channels.orders.totals import WrongTotalError, totals_of
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import SalesChannel, StockLocation
from o2o.imports import (
    Applied,
    AppliedRow,
    Column,
    ColumnKind,
    ImportContext,
    ImportKind,
    Plan,
    Row,
    Undone,
    import_kind,
)
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

FINEST = Decimal("0.000001")


@import_kind("orders.history", label=gettext_lazy("Past orders"))
class ImportOrders(ImportKind):
    """One row for each line of an order. An order that is there already is left as it is.

    The worth of a line is ``total``, or units times ``unit_price`` less its discounts. A row without units is no sale:
    with a value it is taken as an adjustment of one unit, without one it is rejected; so are rows with less than none,
    which are returns. Nothing is dropped without a word.
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
            minimum=0,
            example="18.00",
            is_in_any_currency=True,
            aliases=("单价",),
        ),
        Column(
            "total",
            gettext_lazy("Total of the line"),
            ColumnKind.MONEY,
            minimum=0,
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
        Column("completed_at", gettext_lazy("Completed at"), ColumnKind.DATETIME, aliases=("Delivery Date",)),
    )
    group_by = ("channel", "order")
    chunk_rows = 2000

    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        orders = _Orders(rows, context)
        return [plan for order in orders.read() for plan in order.plans()]

    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        """Write what is new; a row that the plan rejected comes along with its order and is rejected again."""
        read = _Orders(rows, context).read()
        new = [order for order in read if order.draft is not None and order.known is None]
        undone = [order.known.order_id for order in read if order.known is not None and order.known.is_undone]
        made = iter(import_orders(drafts=[order.draft for order in new if order.draft is not None], at=context.at))
        restore_imported(order_ids=undone, at=context.at)
        ids = {order.key: next(made) for order in new}
        return [result for order in read for result in order.results(ids.get(order.key))]

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        """Let the orders count no more; they stay as cancelled, since their payments are a ledger."""
        cancel_imported(order_ids=sorted({row.undo["order_id"] for row in rows}), at=context.at)
        return [Undone.done() for _row in rows]


@dataclass
class _Read:
    """An order of the file: its rows, what they come to, and what is there of it already."""

    key: Any
    rows: Sequence[Row]
    refusals: Mapping[int, str]
    draft: OrderDraft | None
    known: Any = None
    refusal: str = ""

    def plans(self) -> list[Plan]:
        """Return what would become of each row."""
        return [self._plan(row) for row in self.rows]

    def results(self, order_id: Any) -> list[Applied]:
        """Return what became of each row."""
        results = []
        for row in self.rows:
            plan = self._plan(row)
            if plan.action == "reject":
                results.append(Applied.rejected(plan.reason))
            elif plan.action == "leave":
                results.append(Applied.left())
            else:
                results.append(Applied.done({"order_id": str(order_id or self.known.order_id)}))
        return results

    def _plan(self, row: Row) -> Plan:
        if reason := self.refusal or self.refusals.get(row.number):
            return Plan.reject(reason)
        if self.known is not None and not self.known.is_undone:
            return Plan.leave()
        return Plan.create({"sku": row["sku"], "quantity": row["quantity"]})


class _Orders:
    """The orders of some rows. Three queries, however many there are."""

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
        keys = [order.key for order in found if order.draft is not None]
        known = known_orders(keys) if keys else {}
        for order in found:
            order.known = known.get(order.key)
        return found

    def _order(self, rows: Sequence[Row]) -> _Read:
        first = rows[0]
        channel = self.channels.get(first["channel"])
        if channel is None:
            reason = _("There is no channel with the code “%(code)s”.") % {"code": first["channel"]}
            return _Read(None, rows, {}, None, refusal=reason)
        key = (channel.pk, first["order"])
        location_id = self.locations.get(first["location"] or "")
        if first["location"] and location_id is None:
            reason = _("There is no location with the code “%(code)s”.") % {"code": first["location"]}
            return _Read(key, rows, {}, None, refusal=reason)
        if location_id is not None and not self.context.may_at(location_id):
            return _Read(key, rows, {}, None, refusal=_("You work in other stores than this one."))
        currency = first["currency"] or channel.currency
        refusals = {row.number: reason for row in rows if (reason := no_sale(row))}
        lines = [line_of(row, currency) for row in rows if row.number not in refusals]
        if not lines:
            return _Read(key, rows, refusals, None)
        draft = self._draft(channel, location_id, first, lines, currency)
        try:
            total = totals_of(draft, currency).total
        except WrongTotalError as error:
            return _Read(key, rows, refusals, None, refusal=str(error.detail))
        payment = PaymentDraft(total, first["paid_by"] or "unknown", draft.placed_at)
        return _Read(key, rows, refusals, _paid(draft, payment))

    def _draft(
        self, channel: SalesChannel, location_id: Any, first: Row, lines: Sequence[LineDraft], currency: str
    ) -> OrderDraft:
        is_in_store = location_id is not None and channel.kind == "pos"
        return OrderDraft(
            channel_id=channel.pk,
            method=FulfillmentMethod.IN_STORE if is_in_store else FulfillmentMethod.SHIP,
            lines=lines,
            placed_at=first["placed_at"],
            external_id=first["order"],
            number=f"{channel.code}-{first['order']}"[:60],
            location_id=location_id,
            currency=currency,
            customer_reference=first["customer"] or "",
            promised_at=first["completed_at"],
        )


def no_sale(row: Row) -> str:
    """Return why a row is no line of a sale, or nothing where it is one."""
    worth = row["total"] if row["total"] is not None else row["unit_price"]
    if row["quantity"] < 0:
        return _("It is a return, of %(units)s units; returns are taken in at the returns desk.") % {
            "units": -row["quantity"]
        }
    if row["quantity"] == 0 and not worth:
        has_discount = any(row[name] for name in ("discount", "coupon"))
        return _("It is a discount without goods.") if has_discount else _("It has neither units nor a value.")
    if worth is None:
        return _("It has neither a list price nor a total.")
    return ""


def line_of(row: Row, currency: str) -> LineDraft:
    """Return the line of a row. Its amounts are rounded to coins, its list price to a millionth."""
    quantity = row["quantity"] or 1
    parts = [
        (AdjustmentKind.PROMOTION, row["discount"]),
        (AdjustmentKind.VOUCHER, row["coupon"]),
    ]
    adjustments = [AdjustmentDraft(kind, Money.rounded(amount, currency).amount) for kind, amount in parts if amount]
    if row["total"] is not None:
        total = Money.rounded(row["total"], currency).amount
        subtotal = total + sum((part.amount for part in adjustments), Decimal(0))
        unit_price = (subtotal / quantity).quantize(FINEST, ROUND_HALF_EVEN)
    else:
        unit_price = row["unit_price"]
        subtotal = Money.rounded(unit_price * quantity, currency).amount
    return LineDraft(
        quantity=quantity,
        unit_price=unit_price,
        subtotal=subtotal,
        sku=row["sku"],
        name=row["name"] or "",
        external_id="",
        adjustments=adjustments,
    )


def _paid(draft: OrderDraft, payment: PaymentDraft) -> OrderDraft:
    return replace(draft, payments=(payment,) if payment.amount else ())
