"""The way of a fulfilment through a store: open → accepted → ready → handed over or shipped → closed, or rejected."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.inventory.enums import MovementReason
from channels.inventory.models import StockLevel
from channels.inventory.services import adjust_stock, release_allocations, ship_allocations
from channels.inventory.services.counting import ask_for_count
from channels.orders.enums import FulfillmentState, RejectionReason, StockEffect, TimelineKind
from channels.orders.events.fulfillment import FulfillmentMoved, PickupDue
from channels.orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from channels.orders.services.locking import lock_order, lock_stock_of
from channels.orders.services.pickup import (
    IssuedCode,
    WrongCodeError,
    count_wrong_code,
    issue_pickup_code,
    use_pickup_code,
)
from channels.orders.services.routing import route_order
from channels.orders.services.state import settle_state
from channels.orders.services.timeline import note
from channels.stores.enums import FulfillmentMethod
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows

S = FulfillmentState


class FulfillmentStateError(DomainError):
    """The fulfilment is in a state from which this is not possible."""

    code = "fulfillment_state"
    title = gettext_lazy("The fulfilment cannot do this now")


@dataclass(frozen=True, slots=True)
class Ready:
    """A fulfilment that lies ready; a pickup has a code, which is shown this once."""

    fulfillment: FulfillmentOrder
    code: IssuedCode | None = None


def accept(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Let the store take the order on. Raises ``FulfillmentStateError``, so that only one of two answers counts."""
    with _moving(fulfillment_id, {S.OPEN}, at) as part:
        part.state, part.accepted_at = S.ACCEPTED, at
        _stop_clocks(part)
    return part


def mark_ready(*, fulfillment_id: uuid.UUID, at: datetime) -> Ready:
    """Say that the goods lie ready; a pickup gets its code and its deadline. Raises ``FulfillmentStateError``."""
    with _moving(fulfillment_id, {S.ACCEPTED}, at) as part:
        part.state, part.ready_at = S.READY, at
        if part.method != FulfillmentMethod.PICKUP:
            return Ready(part)
        location = part.location
        days = location.pickup_days if location else 3
        part.pickup_by = at + timedelta(days=days)
        part.pickup_remind_at = at + timedelta(days=max(days - 1, 0), hours=0 if days else 1)
        return Ready(part, issue_pickup_code(fulfillment_id=part.pk, at=at))


def hand_over(
    *, fulfillment_id: uuid.UUID, at: datetime, code: str = "", override_reason: str = ""
) -> WrongCodeError | None:
    """Hand a pickup over for its code, or by a manager for a reason. The goods leave the stock.

    A wrong code is counted, and returned and not raised: the count must outlive the refusal, which a transaction that
    is undone would take back. Raises ``TooManyTriesError``, ``InvalidError`` or ``FulfillmentStateError``.
    """
    with transaction.atomic():
        # Out here, so that the lock outlives a refusal: nobody else tries before the wrong code is counted.
        lock_order(_order_of(fulfillment_id))
        try:
            with _moving(fulfillment_id, {S.READY}, at) as part:
                if part.method != FulfillmentMethod.PICKUP:
                    raise InvalidError(_("Only pickups are handed over for a code; hand this one to its carrier."))
                if not override_reason.strip():
                    use_pickup_code(fulfillment_id=part.pk, code=code, at=at)
                _leave(part, S.HANDED_OVER, at, text=override_reason.strip())
        except WrongCodeError as refusal:
            count_wrong_code(fulfillment_id=fulfillment_id)
            return refusal
        return None


def ship(*, fulfillment_id: uuid.UUID, at: datetime, carrier: str = "", tracking_number: str = "") -> FulfillmentOrder:
    """Hand the goods to a carrier or courier; they leave the stock. Raises ``FulfillmentStateError``."""
    with _moving(fulfillment_id, {S.ACCEPTED, S.READY}, at) as part:
        if part.method not in (FulfillmentMethod.SHIP, FulfillmentMethod.DELIVER):
            raise InvalidError(_("This one is fetched by the customer; hand it over for its code."))
        part.carrier, part.tracking_number = carrier, tracking_number
        _leave(part, S.SHIPPED, at)
    return part


def close(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Say that a parcel has arrived. Raises ``FulfillmentStateError``."""
    with _moving(fulfillment_id, {S.SHIPPED, S.HANDED_OVER}, at) as part:
        part.state, part.ended_at = S.CLOSED, part.ended_at or at
    return part


def reissue_pickup_code(*, fulfillment_id: uuid.UUID, at: datetime) -> IssuedCode:
    """Make a new code for a pickup that lies ready; the old one ends. Raises ``FulfillmentStateError``."""
    with _moving(fulfillment_id, {S.READY}, at, is_told=False) as part:
        if part.method != FulfillmentMethod.PICKUP:
            raise InvalidError(_("Only pickups have a code."))
        return issue_pickup_code(fulfillment_id=part.pk, at=at)


def extend_pickup(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Let a pickup wait longer, once, by the days that the store allows. Raises ``InvalidError``."""
    with _moving(fulfillment_id, {S.READY}, at, is_told=False) as part:
        if part.pickup_by is None or part.is_pickup_extended:
            raise InvalidError(_("This pickup has been extended before, or is none."))
        days = part.location.pickup_extension_days if part.location else 0
        part.pickup_by += timedelta(days=days)
        part.is_pickup_extended = True
        until = part.pickup_by.isoformat()
        note(order_id=part.order_id, kind=TimelineKind.PICKUP_EXTENDED, at=at, details={"until": until})
        emit(PickupDue(aggregate_id=part.pk, order_id=part.order_id, location_id=part.location_id, step="extended"))
    return part


def reject(
    *,
    fulfillment_id: uuid.UUID,
    reason: RejectionReason | str,
    at: datetime,
    stock_effect: StockEffect | str = StockEffect.NONE,
    lines: Mapping[uuid.UUID, int] | None = None,
) -> FulfillmentOrder:
    """Let a store refuse its part, or the units of ``lines`` (order line → units); return what was rejected.

    Possible until the goods leave. The units are routed anew without the store, and its stock follows. ``THIS_UNIT``:
    these units are gone. ``WHOLE_VARIANT``: nothing that is free is left of the variants, and a count is asked for. Of
    some units a rejected fulfilment of its own is split off, and the rest stays. Raises ``FulfillmentStateError`` or
    ``InvalidError``.
    """
    with transaction.atomic():
        with _moving(fulfillment_id, {S.OPEN, S.ACCEPTED, S.READY}, at, is_told=False) as part:
            taken = _rejected_units(_lines(part), lines)
            is_all = all(line.quantity == taken.get(line, 0) for line in _lines(part))
            lock_stock_of(part.order, {line.order_line.variant_id for line in taken})
            release_allocations(
                lines={line.pk: None if units == line.quantity else units for line, units in taken.items()},
                reason=MovementReason.REJECTION,
                at=at,
            )
            _follow(part, taken, StockEffect(stock_effect), at)
            rejected = part if is_all else _split_off(part, taken)
            rejected.state, rejected.rejection_reason, rejected.ended_at = S.REJECTED, RejectionReason(reason), at
            _stop_clocks(rejected)
            rejected.save()
            _tell(rejected, part.order, at)
        route_order(order_id=part.order_id, at=at, cause="rejected")
    return rejected


def _stop_clocks(part: FulfillmentOrder) -> None:
    part.accept_by = part.remind_at = part.escalate_at = part.pickup_remind_at = part.pickup_by = None


def _rejected_units(
    lines: Sequence[FulfillmentLine], wanted: Mapping[uuid.UUID, int] | None
) -> dict[FulfillmentLine, int]:
    if wanted is None:
        return {line: line.quantity for line in lines}
    by_line = {line.order_line_id: line for line in lines}
    if not wanted or any(
        line_id not in by_line or not 0 < units <= by_line[line_id].quantity for line_id, units in wanted.items()
    ):
        raise InvalidError(_("The fulfilment does not have these units; load it again."), field="lines")
    return {by_line[line_id]: units for line_id, units in wanted.items()}


def _split_off(part: FulfillmentOrder, taken: Mapping[FulfillmentLine, int]) -> FulfillmentOrder:
    """Move units into a fulfilment of their own at the same location; what held them was released before."""
    split = FulfillmentOrder(order=part.order, location=part.location, method=part.method, attempt=part.attempt)
    split.save()
    FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment=split, order_line_id=line.order_line_id, quantity=units)
        for line, units in taken.items()
    )
    for line, units in taken.items():
        line.quantity -= units
    FulfillmentLine.objects.bulk_update(list(taken), ("quantity",))
    return split


@contextmanager
def _moving(
    fulfillment_id: uuid.UUID, allowed: Collection[FulfillmentState], at: datetime, *, is_told: bool = True
) -> Iterator[FulfillmentOrder]:
    """Lock the order and its fulfilment, check the state, and save and tell what the block made of it."""
    with transaction.atomic():
        order = lock_order(_order_of(fulfillment_id))
        part: FulfillmentOrder = lock_rows(
            FulfillmentOrder.objects.select_related("location").filter(pk=fulfillment_id)
        )[0]
        part.order = order
        if part.state not in allowed or part.location_id is None:
            raise FulfillmentStateError(
                _("The fulfilment of %(order)s is “%(state)s”; this is not possible then.")
                % {"order": order.number, "state": part.get_state_display()},
                state=part.state,
            )
        yield part
        part.updated_at = at
        part.save()
        if is_told:
            _tell(part, order, at)


def _order_of(fulfillment_id: uuid.UUID) -> uuid.UUID:
    order_id: uuid.UUID | None = (
        FulfillmentOrder.objects.filter(pk=fulfillment_id).values_list("order_id", flat=True).first()
    )
    if order_id is None:
        raise NotFoundError(_("There is no fulfilment %(id)s.") % {"id": fulfillment_id})
    return order_id


def _tell(part: FulfillmentOrder, order: Order, at: datetime) -> None:
    details = {"location_id": str(part.location_id), "text": part.get_rejection_reason_display()}
    if part.state != S.CLOSED:
        note(
            order_id=order.pk, kind=TimelineKind(part.state), at=at, details=details if part.state == S.REJECTED else {}
        )
    emit(
        FulfillmentMoved(
            aggregate_id=part.pk, order_id=order.pk, location_id=part.location_id, state=FulfillmentState(part.state)
        )
    )


def _leave(part: FulfillmentOrder, state: FulfillmentState, at: datetime, *, text: str = "") -> None:
    """Let the goods of a fulfilment leave the store, and the order be completed where nothing else remains."""
    lines = _lines(part)
    ship_allocations(lines=dict.fromkeys((line.pk for line in lines), None), at=at)
    for line in lines:
        line.order_line.fulfilled += line.quantity
    OrderLine.objects.bulk_update([line.order_line for line in lines], ("fulfilled",))
    part.state, part.handed_over_at, part.ended_at = state, at, at
    if text:
        note(order_id=part.order_id, kind=TimelineKind.NOTE, at=at, details={"text": text})
    settle_state(part.order, part.order.lines.all(), at=at)


def _lines(part: FulfillmentOrder) -> list[FulfillmentLine]:
    rows = FulfillmentLine.objects.filter(fulfillment=part, quantity__gt=0).select_related("order_line")
    return list(rows.order_by("pk"))


def _follow(part: FulfillmentOrder, taken: Mapping[FulfillmentLine, int], effect: StockEffect, at: datetime) -> None:
    if effect == StockEffect.NONE or part.location_id is None:
        return
    location_id = part.location_id
    units: dict[uuid.UUID, int] = defaultdict(int)
    for line, quantity in taken.items():
        if line.order_line.variant_id is not None:
            units[line.order_line.variant_id] += quantity
    levels = StockLevel.objects.filter(location_id=location_id, variant_id__in=units)
    changes = []
    for level in lock_rows(levels):
        free = max(level.on_hand - level.allocated - level.held, 0)
        gone = free if effect == StockEffect.WHOLE_VARIANT else min(units[level.variant_id], free)
        if gone:
            changes.append((level.variant_id, location_id, -gone))
    if changes:
        adjust_stock(
            changes=changes, reason=MovementReason.LOSS, at=at, reference_kind="order", reference_id=part.order_id
        )
    if effect == StockEffect.WHOLE_VARIANT:
        ask_for_count(location_id=location_id, variant_ids=list(units), reason=_("Not found for an order"), at=at)
