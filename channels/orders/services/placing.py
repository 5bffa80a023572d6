"""New orders."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from channels.inventory.lines import SaleLine
from channels.inventory.services import sell_stock
from channels.orders.drafts import OrderDraft, PaymentDraft
from channels.orders.enums import FulfillmentState, OrderState, PaymentKind, TimelineKind
from channels.orders.events.orders import OrderCompleted, OrderPlaced
from channels.orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    OrderLine,
    TimelineEntry,
)
from channels.orders.numbers import new_number
from channels.orders.services.candidates import Wish
from channels.orders.services.payments import payment_state
from channels.orders.services.routing import route_new
from channels.orders.services.rows import Variants, adjustments_of, new_line, payment_of, refuse_unknown, variants_of
from channels.orders.services.timeline import News, entry_of, tell
from channels.orders.totals import OrderTotals, coins, totals_of, worth
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import SalesChannel, StockLocation
from channels.stores.network import Network, load_network
from o2o.kit.errors import InvalidError, UnknownReferenceError
from o2o.kit.inserting import insert_all, new_row
from o2o.tenancy.reference import ReferenceData, current_reference_data


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order that is not written yet, with its lines, and its discounts and payments as ``rows``."""

    order: Order
    lines: Sequence[OrderLine]
    rows: Sequence[Model]
    payments: Sequence[PaymentDraft]

    @property
    def is_sale(self) -> bool:
        """Whether it is a purchase over the counter, whose goods are taken along at once."""
        return bool(self.order.method == FulfillmentMethod.IN_STORE and self.order.state != OrderState.CANCELLED)


def place_order(
    *,
    draft: OrderDraft,
    at: datetime,
    version: int = 0,
    hold_reference: uuid.UUID | None = None,
    is_done: bool = False,
) -> Order:
    """Make an order with lines, payments and timeline, and route it or, bought over the counter, take it off the shelf.

    The server works the totals out. A constant number of round trips, whatever the number of lines; what the merchant
    seldom changes is taken from memory. ``hold_reference`` names the cart whose holds become the order's. ``is_done``:
    the goods of a purchase in a store are out of the door, so that missing stock cannot refuse it. Raises
    ``WrongTotalError``, ``InvalidError``, ``UnknownReferenceError`` or ``OutOfStockError``; then there is no order.
    """
    with transaction.atomic():
        reference = current_reference_data()
        new = new_order(draft, reference.get(load_network), variants_of(draft.lines), version=version, at=at)
        try:
            write_orders([new], reference, at=at, hold_reference=hold_reference, is_done=is_done)
        except IntegrityError as error:
            if "order_one_per_number" not in str(error):
                raise
            raise InvalidError(
                _("The number “%(number)s” is taken by another order.") % {"number": new.order.number}, field="number"
            ) from error
        return new.order


def new_order(draft: OrderDraft, network: Network, variants: Variants, *, version: int, at: datetime) -> NewOrder:
    """Return the order that a draft makes, or raise ``WrongTotalError`` or another ``InvalidError``."""
    draft = draft.cancelled_through()
    channel, location = _places(draft, network)
    currency = draft.currency or channel.currency
    totals = totals_of(draft, currency)
    refuse_unknown(draft.lines, variants)
    order = _order(draft, channel, location, currency, totals, version, at)
    lines = [
        new_line(order, position, line, line_totals, variants)
        for position, (line, line_totals) in enumerate(zip(draft.lines, totals.lines, strict=True), start=1)
    ]
    adjustments = adjustments_of(zip(lines, draft.lines, strict=True))
    payments = [payment_of(order, payment) for payment in draft.payments]
    return NewOrder(order, lines, [*adjustments, *payments], draft.payments)


def write_orders(
    new: Sequence[NewOrder],
    reference: ReferenceData,
    *,
    at: datetime,
    hold_reference: uuid.UUID | None = None,
    is_done: bool = False,
) -> None:
    """Write new orders of one channel, all purchases over the counter or none, and give them their goods.

    All or none of them, in a constant number of round trips. Raises ``OutOfStockError``, and ``IntegrityError`` where
    one has the number or the external id of another. The caller has opened the transaction.
    """
    news = News()
    for one in new:
        news.entries += [_placed(one.order, at), *(_paid(one.order, payment, at) for payment in one.payments)]
        news.events.append(_placed_event(one.order))
    sales = [one for one in new if one.is_sale]
    for one in sales:
        _complete(one.order, one.lines, news, at=at)
    # First of all, so that of two who make the same order the second waits here; and in the order of their names, so
    # that two who make the same orders do not wait for each other.
    orders = sorted((one.order for one in new), key=_name_in_channel)
    insert_all([*orders, *(row for one in new for row in (*one.lines, *one.rows))])
    _take_off_shelf(sales, at=at, is_done=is_done)
    wishes = [Wish.of(one.order, units) for one in new if (units := _remaining(one.lines))]
    route_new(wishes, news, reference, at=at, hold_reference=hold_reference)
    tell(news)


def _name_in_channel(order: Order) -> tuple[str, str]:
    return (str(order.connection_id), order.external_id)


def _places(draft: OrderDraft, network: Network) -> tuple[SalesChannel, StockLocation | None]:
    channel = network.channels.get(draft.channel_id)
    if channel is None:
        raise UnknownReferenceError(_("There is no channel %(id)s.") % {"id": draft.channel_id}, field="channel_id")
    needs_store = draft.method in (FulfillmentMethod.IN_STORE, FulfillmentMethod.PICKUP)
    if draft.location_id is None:
        if needs_store:
            raise InvalidError(_("A purchase or pickup in a store needs its location."), field="location_id")
        return channel, None
    location = network.locations.get(draft.location_id)
    if location is None:
        raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": draft.location_id}, field="location_id")
    return channel, location


def _order(
    draft: OrderDraft,
    channel: SalesChannel,
    location: StockLocation | None,
    currency: str,
    totals: OrderTotals,
    version: int,
    at: datetime,
) -> Order:
    paid, refunded = _paid_totals(draft, currency)
    order = new_row(
        Order,
        channel_id=channel.pk,
        number=draft.number or new_number(at=at),
        connection_id=draft.connection_id,
        external_id=draft.external_id,
        external_version=version,
        state=OrderState.CANCELLED if draft.wants_nothing else OrderState.OPEN,
        cancelled_at=at if draft.wants_nothing else None,
        method=draft.method,
        location_id=location and location.pk,
        member_id=draft.member_id,
        customer_reference=draft.customer_reference,
        currency=currency,
        subtotal=totals.subtotal,
        discount_total=totals.discount,
        shipping_total=draft.shipping_total,
        tax_total=draft.tax_total,
        total=totals.total,
        paid_total=paid,
        refunded_total=refunded,
        cancelled_total=cancelled_total(draft, totals, currency),
        recipient=draft.recipient.sealed(),
        latitude=draft.latitude,
        longitude=draft.longitude,
        note=draft.note,
        placed_at=draft.placed_at,
        promised_at=draft.promised_at,
    )
    order.payment_state = payment_state(order)
    return order


def cancelled_total(draft: OrderDraft, totals: OrderTotals, currency: str) -> Decimal:
    """Return what the units that the channel cancelled are worth; where that is all of them, the whole order."""
    if draft.wants_nothing:
        return totals.total
    amounts = [
        worth(line_totals.total, line.quantity, taken=0, units=line.cancelled, currency=currency)
        for line, line_totals in zip(draft.lines, totals.lines, strict=True)
        if line.cancelled
    ]
    return sum(amounts, Decimal(0))


def _paid_totals(draft: OrderDraft, currency: str) -> tuple[Decimal, Decimal]:
    sums: dict[PaymentKind, Decimal] = defaultdict(Decimal)
    for payment in draft.payments:
        sums[payment.kind] += coins(payment.amount, currency, field="payments")
    paid, refunded = sums[PaymentKind.PAYMENT], sums[PaymentKind.REFUND]
    if refunded > paid:
        raise InvalidError(_("More was refunded than paid."), field="payments")
    return paid, refunded


def _complete(order: Order, lines: Sequence[OrderLine], news: News, *, at: datetime) -> None:
    """Make of a new order one that was bought and taken along in a store."""
    sold = [line for line in lines if line.remaining]
    part = FulfillmentOrder(
        order=order,
        location_id=order.location_id,
        method=order.method,
        state=FulfillmentState.CLOSED,
        accepted_at=at,
        ready_at=at,
        handed_over_at=at,
        ended_at=at,
    )
    news.rows.append(part)
    news.rows += [FulfillmentLine(fulfillment=part, order_line=line, quantity=line.remaining) for line in sold]
    for line in sold:
        line.fulfilled = line.remaining
    order.state, order.completed_at = OrderState.COMPLETED, at
    news.entries.append(entry_of(order_id=order.pk, kind=TimelineKind.COMPLETED, at=at))
    news.events.append(
        OrderCompleted(
            aggregate_id=order.pk,
            channel_id=order.channel_id,
            member_id=order.member_id,
            total=order.total - order.cancelled_total,
            currency=order.currency,
        )
    )


def _take_off_shelf(sales: Sequence[NewOrder], *, at: datetime, is_done: bool) -> None:
    lines = [
        SaleLine(one.order.pk, line.variant_id, _store_of(one.order), line.fulfilled)
        for one in sales
        for line in one.lines
        if line.variant_id is not None and line.fulfilled
    ]
    if lines:
        sell_stock(lines=lines, at=at, is_done=is_done)


def _store_of(order: Order) -> uuid.UUID:
    if order.location_id is None:
        raise AssertionError("a purchase in a store has a location")
    return order.location_id


def _remaining(lines: Sequence[OrderLine]) -> dict[OrderLine, int]:
    return {line: line.remaining for line in lines if line.remaining}


def _placed(order: Order, at: datetime) -> TimelineEntry:
    details = {"total": str(order.total), "currency": order.currency}
    return entry_of(order_id=order.pk, kind=TimelineKind.PLACED, at=at, details=details)


def _paid(order: Order, payment: PaymentDraft, at: datetime) -> TimelineEntry:
    kind = TimelineKind.PAID if payment.kind == PaymentKind.PAYMENT else TimelineKind.REFUNDED
    return entry_of(
        order_id=order.pk, kind=kind, at=at, details={"amount": str(payment.amount), "method": payment.method}
    )


def _placed_event(order: Order) -> OrderPlaced:
    return OrderPlaced(
        aggregate_id=order.pk,
        number=order.number,
        channel_id=order.channel_id,
        member_id=order.member_id,
        total=order.total,
        currency=order.currency,
    )
