"""What orders, lines and units are worth: pure arithmetic, exact to the coin."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.drafts import LineDraft, OrderDraft
from o2o.kit.errors import InvalidError
from o2o.kit.money import Money, smallest_unit

MOST_UNITS = 1_000_000
MOST_LINES = 1000
LARGEST = Decimal(1_000_000_000)


class WrongTotalError(InvalidError):
    """Amounts of an order contradict each other."""

    code = "wrong_total"
    title = gettext_lazy("The amounts do not add up")


@dataclass(frozen=True, slots=True)
class LineTotals:
    """List total, discount and total of a line, in whole coins."""

    subtotal: Decimal
    discount: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """The totals of an order, in the order of its lines."""

    lines: Sequence[LineTotals]
    subtotal: Decimal
    discount: Decimal
    total: Decimal


def totals_of(draft: OrderDraft, currency: str) -> OrderTotals:
    """Work out what an order costs; the sender's figures count only as a check.

    Raises ``WrongTotalError`` for amounts that are not finite, negative, finer than a coin, beyond a billion, or not
    what they should sum to.
    """
    if not 0 < len(draft.lines) <= MOST_LINES:
        raise WrongTotalError(_("An order has from 1 to %(most)s lines.") % {"most": MOST_LINES}, field="lines")
    lines = [_line(line, currency) for line in draft.lines]
    subtotal = sum((line.subtotal for line in lines), Decimal(0))
    discount = sum((line.discount for line in lines), Decimal(0))
    shipping = coins(draft.shipping_total, currency, field="shipping_total")
    tax = coins(draft.tax_total, currency, field="tax_total")
    total = subtotal - discount + shipping + tax
    if draft.total is not None and draft.total != total:
        told = {"right": _told(total, currency), "given": _told(draft.total, currency)}
        raise WrongTotalError(_("The total is %(right)s, not %(given)s.") % told, field="total")
    return OrderTotals(lines, subtotal, discount, total)


def coins(amount: Decimal, currency: str, *, field: str) -> Decimal:
    """Return an amount that is finite, not negative, and no finer than a coin. Raises ``WrongTotalError``."""
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise WrongTotalError(_("%(amount)s is no amount between 0 and a billion.") % {"amount": amount}, field=field)
    # Past orders come by the million: an object for each amount would take longer than the rest.
    if amount == amount.quantize(smallest_unit(currency)):
        return amount
    try:
        return Money(amount, currency).amount
    except InvalidError as error:
        raise WrongTotalError(error.detail, field=field) from error


def worth(total: Decimal, quantity: int, *, taken: int, units: int, currency: str) -> Decimal:
    """Return what ``units`` of a line are worth after ``taken`` of its ``quantity`` units have been taken before.

    The first k units are worth ``total × k / quantity``, rounded down to a coin, all of them the total; units are worth
    the difference. So the worth of any partition sums to the total, and no unit is off by more than a coin.
    """
    if units <= 0 or taken + units > quantity:
        raise InvalidError(_("Units are taken once: of %(quantity)s, %(taken)s are gone.")
                           % {"quantity": quantity, "taken": taken})  # fmt: skip
    return _first(total, quantity, taken + units, currency) - _first(total, quantity, taken, currency)


def share(points: int, quantity: int, *, taken: int, units: int) -> int:
    """Return how many of a line's points belong to units, in the same way as ``worth``."""
    return points * (taken + units) // quantity - points * taken // quantity


def _told(amount: Decimal, currency: str) -> Decimal:
    """Return an amount with the places of its currency, or as it is where it has more."""
    if not amount.is_finite() or abs(amount) > LARGEST:
        return amount
    coin = amount.quantize(smallest_unit(currency))
    return coin if coin == amount else amount


def _first(total: Decimal, quantity: int, count: int, currency: str) -> Decimal:
    if count == quantity:
        return total
    return (total * count / quantity).quantize(smallest_unit(currency), ROUND_DOWN)


def _line(line: LineDraft, currency: str) -> LineTotals:
    if not 0 < line.quantity <= MOST_UNITS or not 0 <= line.cancelled <= line.quantity:
        raise WrongTotalError(_("A line has from 1 to a million units."), field="lines")
    price = line.unit_price
    if not price.is_finite() or not 0 <= price <= LARGEST or price != round(price, 6):
        raise WrongTotalError(_("“%(price)s” is no price of a unit.") % {"price": price}, field="lines")
    product = (price * line.quantity).quantize(smallest_unit(currency), ROUND_HALF_EVEN)
    subtotal = product if line.subtotal is None else coins(line.subtotal, currency, field="lines")
    if abs(subtotal - price * line.quantity) > 1:
        raise WrongTotalError(
            _("%(sku)s: %(quantity)s × %(price)s is not %(subtotal)s.")
            % {"sku": line.sku, "quantity": line.quantity, "price": price, "subtotal": subtotal},
            field="lines",
        )
    discount = sum((coins(part.amount, currency, field="lines") for part in line.adjustments), Decimal(0))
    if discount > subtotal:
        raise WrongTotalError(
            _("%(sku)s: the discounts of %(discount)s are more than its %(subtotal)s.")
            % {"sku": line.sku, "discount": discount, "subtotal": subtotal},
            field="lines",
        )
    return LineTotals(subtotal, discount, subtotal - discount)
