"""What the rows of a file of past orders say: sales, adjustments, and what is neither. Pure; nothing is asked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from babel.numbers import list_currencies
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.drafts import AdjustmentDraft, LineDraft, PaymentDraft
from channels.orders.enums import AdjustmentKind
from o2o.imports import Row, wrong_currency
from o2o.kit.money import smallest_unit

FINEST = Decimal("0.000001")
NOISE = Decimal("0.000001")
AMOUNTS = ("total", "discount", "coupon", "paid_by_coupon")
#: What all rows of an order say alike.
SHARED = {
    "location": gettext_lazy("Store"),
    "currency": gettext_lazy("Currency"),
    "customer": gettext_lazy("Customer"),
    "paid_by": gettext_lazy("Paid by"),
}
NOTHING = Decimal(0)
BY_COUPON = "coupon"
UNKNOWN = "unknown"


@dataclass(slots=True)
class Sale:
    """The rows of one order that are sales or adjustments, as lines, and why each of the others is not."""

    lines: list[LineDraft] = field(default_factory=list)
    adjustments: set[int] = field(default_factory=set)
    refusals: dict[int, str] = field(default_factory=dict)
    by_coupon: Decimal = Decimal(0)


def sale_of(rows: Sequence[Row], currency: str) -> Sale:
    """Sort the rows of an order. Each is in ``refusals`` by its number, or a line; of these some are adjustments."""
    sale = Sale()
    unit = smallest_unit(currency)
    for row in rows:
        amounts, reason = _amounts(row.values, unit, currency)
        if reason := reason or no_sale(row.values, amounts):
            sale.refusals[row.number] = reason
            continue
        if row.values["quantity"] == 0:
            sale.adjustments.add(row.number)
        sale.lines.append(_line(row.values, amounts, unit))
        sale.by_coupon += amounts.get("paid_by_coupon", 0)
    return sale


def shared_of(rows: Sequence[Row]) -> tuple[Mapping[str, Any], str]:
    """Return what an order has once, and what is wrong where rows say it differently; an empty cell says nothing."""
    shared: dict[str, Any] = {}
    told: dict[str, int] = {}
    for row in rows:
        for name in SHARED:
            value = row.values.get(name)
            if value is None or value == shared.get(name):
                continue
            if name in shared:
                return shared, _(
                    "Rows %(first)d and %(other)d are of one order and differ in “%(column)s”: “%(one)s”, “%(two)s”."
                ) % {
                    "first": told[name],
                    "other": row.number,
                    "column": SHARED[name],
                    "one": shared[name],
                    "two": value,
                }
            shared[name], told[name] = value, row.number
    return shared, ""


def unknown_currency(code: str) -> str:
    """Return what is wrong with the code of a currency, or nothing."""
    if code in list_currencies():
        return ""
    return _("There is no currency “%(code)s”; write its ISO 4217 code, such as CNY.") % {"code": code}


def no_sale(values: Mapping[str, Any], amounts: Mapping[str, Decimal]) -> str:
    """Return why a row is neither a sale nor an adjustment, or nothing where it is one."""
    quantity, worth = values["quantity"], amounts.get("total")
    if worth is None and quantity:
        worth = values.get("unit_price")
    if quantity < 0:
        return _("It is a return, of %(units)s units; returns are taken in at the returns desk.") % {"units": -quantity}
    if worth is not None and worth < 0:
        return _("It takes %(amount)s off; enter it as a discount of the line that it belongs to, or as a return.") % {
            "amount": -worth
        }
    if quantity == 0 and not worth:
        is_discount = any(amounts.get(name) for name in ("discount", "coupon", "paid_by_coupon"))
        return _("It is a discount without goods.") if is_discount else _("It has neither units nor a value.")
    if worth is None:
        return _("It has neither a list price nor a total.")
    return ""


def payments_of(sale: Sale, total: Decimal, *, paid_by: str, at: datetime) -> list[PaymentDraft]:
    """Return how an order was paid: by coupons of others as far as they go, the rest as the file says.

    A coupon that is worth more than the order pays no more than that.
    """
    by_coupon = min(sale.by_coupon, total)
    parts = ((by_coupon, BY_COUPON), (total - by_coupon, paid_by or UNKNOWN))
    return [PaymentDraft(amount, method, at) for amount, method in parts if amount]


def _line(values: Mapping[str, Any], amounts: Mapping[str, Decimal], unit: Decimal) -> LineDraft:
    """Return the line of a row. Its list price is kept to a millionth; what it comes to is rounded to a coin."""
    quantity = values["quantity"] or 1
    parts = ((AdjustmentKind.PROMOTION, amounts.get("discount")), (AdjustmentKind.VOUCHER, amounts.get("coupon")))
    discounts = [AdjustmentDraft(kind, amount) for kind, amount in parts if amount]
    total = amounts.get("total")
    if total is None:
        unit_price = values["unit_price"]
        subtotal = (unit_price * quantity).quantize(unit, ROUND_HALF_EVEN)
    else:
        subtotal = total
        for part in discounts:
            subtotal += part.amount
        unit_price = subtotal / quantity
    return LineDraft(
        quantity=quantity,
        unit_price=unit_price.quantize(FINEST, ROUND_HALF_EVEN),
        subtotal=subtotal,
        sku=values["sku"],
        name=values.get("name") or ("" if values["quantity"] else _("Adjustment")),
        adjustments=discounts,
    )


def _amounts(values: Mapping[str, Any], unit: Decimal, currency: str) -> tuple[Mapping[str, Decimal], str]:
    """Return the amounts of a row in whole coins, and what is wrong where no coins make one up.

    What a program adds that keeps amounts as binary fractions (0.30000000000000004) does not count.
    """
    amounts: dict[str, Decimal] = {}
    if reason := wrong_currency(values.get("unit_price") or NOTHING, currency):
        return amounts, reason
    for name in AMOUNTS:
        amount = values.get(name)
        if amount is not None:
            if reason := wrong_currency(amount, currency):
                return amounts, reason
            amounts[name] = amount.quantize(unit, ROUND_HALF_EVEN)
            if amounts[name] != amount and abs(amounts[name] - amount) > NOISE:
                return amounts, _("%(amount)s is finer than the smallest coin of %(currency)s. Round it first.") % {
                    "amount": f"{amount:f}", "currency": currency,
                }  # fmt: skip
    return amounts, ""
