"""Orders that other systems tell of, in messages that may come late, twice or in the wrong order.

A message holds the whole order as it was there at a version. What an order is here after any sequence of messages is
what the message with the highest version says, together with what happened to the order here.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.orders.drafts import LineDraft, OrderDraft
from channels.orders.enums import PaymentKind, TimelineKind
from channels.orders.events.orders import OrderChanged
from channels.orders.models import LineAdjustment, Order, OrderLine, Payment
from channels.orders.services.locking import lock_order, lock_stock_of
from channels.orders.services.payments import save_payment_state
from channels.orders.services.placing import place_order
from channels.orders.services.routing import route_order, uncovered
from channels.orders.services.rows import adjustments_of, new_line, payment_of, refuse_unknown, variants_of
from channels.orders.services.state import settle_state
from channels.orders.services.timeline import note
from channels.orders.services.withdrawing import withdraw_units
from channels.orders.totals import LineTotals, OrderTotals, totals_of, worth
from channels.stores.enums import FulfillmentMethod
from o2o.events import emit
from o2o.kit.errors import InvalidError


class Outcome(StrEnum):
    """What came of a message."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Ingested:
    """The order, and what the message did to it."""

    order: Order
    outcome: Outcome


def ingest_order(*, draft: OrderDraft, version: int, at: datetime) -> Ingested:
    """Take in what a channel says of an order; ``version`` grows with each change there.

    Idempotent by channel, connection and external id. A version that is known changes nothing; an older one is left
    aside, which the timeline says once. Lines are known by their id in the channel, else by SKU. Units that were handed
    over here stay handed over, and what was cancelled here stays cancelled. Raises as ``place_order``.
    """
    refuse_nameless(draft)
    with transaction.atomic():
        order_id = _find(draft)
        if order_id is None:
            made = _create(draft, version, at)
            if made is not None:
                return Ingested(made, Outcome.CREATED)
            order_id = _find(draft)
        if order_id is None:
            raise AssertionError("the order is there, or could be made")
        order = lock_order(order_id)
        if version == order.external_version:
            return Ingested(order, Outcome.UNCHANGED)
        if version < order.external_version:
            _note_outdated(order, version, at)
            return Ingested(order, Outcome.OUTDATED)
        _change(order, draft, version, at)
        return Ingested(order, Outcome.CHANGED)


def refuse_nameless(draft: OrderDraft) -> None:
    """Raise ``InvalidError`` where nothing names the order in its channel."""
    if not draft.external_id:
        raise InvalidError(_("An order from a channel needs its id there."), field="external_id")


def _find(draft: OrderDraft) -> uuid.UUID | None:
    found = Order.objects.filter(
        channel_id=draft.channel_id, connection_id=draft.connection_id, external_id=draft.external_id
    )
    order_id: uuid.UUID | None = found.values_list("pk", flat=True).first()
    return order_id


def _create(draft: OrderDraft, version: int, at: datetime) -> Order | None:
    """Make the order, or return None where somebody else makes it at this moment: the constraint decides who."""
    try:
        return place_order(draft=draft, at=at, version=version, is_done=True)
    except IntegrityError as error:
        if "order_one_per_external_id" not in str(error):
            raise
        return None


def _note_outdated(order: Order, version: int, at: datetime) -> None:
    kind = TimelineKind.OUTDATED
    if not order.timeline.filter(kind=kind, details__version=version).exists():
        note(order_id=order.pk, kind=kind, at=at, details={"version": version})


def _change(order: Order, draft: OrderDraft, version: int, at: datetime) -> None:
    draft = draft.cancelled_through()
    totals = totals_of(draft, order.currency)
    lines = list(order.lines.order_by("position"))
    named = variants_of(draft.lines)
    refuse_unknown(draft.lines, named)
    lock_stock_of(order, {line.variant_id for line in lines} | {variant.pk for variant in named.values()})
    _write_lines(order, lines, draft, totals, at)
    lines = list(order.lines.order_by("position"))
    _write_order(order, lines, draft, version, at)
    _add_payments(order, draft)
    save_payment_state(order, at)
    if order.method != FulfillmentMethod.IN_STORE and uncovered(order):
        settle_state(order, lines, at=at)
        route_order(order_id=order.pk, at=at, cause="changed by the channel")
    else:
        settle_state(order, lines, at=at)
    note(order_id=order.pk, kind=TimelineKind.UPDATED, at=at, details={"version": version})
    emit(OrderChanged(aggregate_id=order.pk, external_version=version, total=order.total))


def _write_lines(
    order: Order, lines: Sequence[OrderLine], draft: OrderDraft, totals: OrderTotals, at: datetime
) -> None:
    """Bring the lines to what the message says; units that nobody wants any more come off the fulfilments first."""
    drafts = {line.key: (line, line_totals) for line, line_totals in zip(draft.lines, totals.lines, strict=True)}
    known = {(line.external_id or line.sku): line for line in lines}
    withdrawn: dict[uuid.UUID, int] = {}
    for key, line in known.items():
        before = line.remaining
        if key in drafts:
            _apply(line, *drafts[key])
        else:
            _take_off(line)
        if line.remaining < before:
            withdrawn[line.pk] = before - line.remaining
    if withdrawn:
        withdraw_units(order=order, units=withdrawn, at=at)
    OrderLine.objects.bulk_update(
        lines,
        ("quantity", "unit_price", "subtotal", "discount", "total", "name", "cancelled", "cancelled_in_channel"),
    )
    fresh = [(line, line_totals) for key, (line, line_totals) in drafts.items() if key not in known]
    variants = variants_of([line for line, _totals in fresh]) if fresh else {}
    last = max((line.position for line in lines), default=0)
    made = [
        new_line(order, last + number, line, line_totals, variants)
        for number, (line, line_totals) in enumerate(fresh, start=1)
    ]
    OrderLine.objects.bulk_create(made)
    LineAdjustment.objects.filter(line__in=lines).delete()
    rows = [(line, drafts[key][0]) for key, line in known.items() if key in drafts]
    rows += list(zip(made, (line for line, _totals in fresh), strict=True))
    LineAdjustment.objects.bulk_create(adjustments_of(rows))


def _apply(line: OrderLine, draft: LineDraft, totals: LineTotals) -> None:
    here = line.cancelled - line.cancelled_in_channel
    # What has left the store cannot be ordered less, and what was cancelled here stays so.
    quantity = max(draft.quantity, line.fulfilled)
    if quantity != draft.quantity:
        # The money follows the goods: what was handed over is charged at the price of the message.
        subtotal = draft.unit_price * quantity
        totals = LineTotals(subtotal, min(totals.discount, subtotal), subtotal - min(totals.discount, subtotal))
    line.quantity, line.unit_price, line.name = quantity, draft.unit_price, draft.name or line.name
    line.subtotal, line.discount, line.total = totals.subtotal, totals.discount, totals.total
    line.cancelled_in_channel = min(draft.cancelled, quantity - line.fulfilled)
    line.cancelled = min(here + line.cancelled_in_channel, quantity - line.fulfilled)


def _take_off(line: OrderLine) -> None:
    """Leave of a line that the channel took off the order only what has been handed over."""
    line.quantity = line.fulfilled
    line.subtotal = line.unit_price * line.fulfilled
    line.discount = min(line.discount, line.subtotal) if line.fulfilled else Decimal(0)
    line.total = line.subtotal - line.discount
    line.cancelled = line.cancelled_in_channel = 0


def _write_order(order: Order, lines: Sequence[OrderLine], draft: OrderDraft, version: int, at: datetime) -> None:
    order.external_version = version
    order.subtotal = sum((line.subtotal for line in lines), Decimal(0))
    order.discount_total = sum((line.discount for line in lines), Decimal(0))
    order.shipping_total, order.tax_total = draft.shipping_total, draft.tax_total
    order.total = order.subtotal - order.discount_total + order.shipping_total + order.tax_total
    order.recipient = draft.recipient.sealed() or order.recipient
    order.latitude, order.longitude = draft.latitude, draft.longitude
    order.note, order.promised_at = draft.note, draft.promised_at
    order.member_id = draft.member_id or order.member_id
    order.customer_reference = draft.customer_reference or order.customer_reference
    order.cancelled_total = _cancelled_total(order, lines)
    order.updated_at = at
    order.save()


def _cancelled_total(order: Order, lines: Sequence[OrderLine]) -> Decimal:
    if all(line.cancelled == line.quantity for line in lines):
        return order.total
    amounts = (
        worth(line.total, line.quantity, taken=0, units=line.cancelled, currency=order.currency)
        for line in lines
        if line.cancelled
    )
    return sum(amounts, Decimal(0))


def _add_payments(order: Order, draft: OrderDraft) -> None:
    """Add the payments of a message that are not known yet; those without an id are known by what they say."""
    known = {_payment_key(payment) for payment in order.payments.all()}
    fresh = [payment_of(order, payment) for payment in draft.payments]
    fresh = [payment for payment in fresh if _payment_key(payment) not in known]
    for payment in fresh:
        if payment.kind == PaymentKind.PAYMENT:
            order.paid_total += payment.amount
        else:
            order.refunded_total += payment.amount
    if order.refunded_total > order.paid_total:
        raise InvalidError(_("More was refunded than paid."), field="payments")
    Payment.objects.bulk_create(fresh)


def _payment_key(payment: Payment) -> tuple[object, ...]:
    if payment.external_id:
        return (payment.kind, payment.external_id)
    return (payment.kind, payment.method, payment.amount, payment.paid_at)
