"""The clocks of fulfilments: how long a store may take to accept, and how long a pickup waits.

Each step claims its row by a conditional update, so that two rounds at once do it once. A round that comes late does
everything that is due, in the right order.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from channels.inventory.enums import MovementReason
from channels.inventory.lines import AllocationLine
from channels.inventory.services import OutOfStockError, allocate_stock, release_allocations
from channels.orders.enums import FulfillmentState, RejectionReason, TimelineKind
from channels.orders.events.fulfillment import AcceptanceDue, FulfillmentRouted, PickupDue
from channels.orders.models import AcceptancePolicy, FulfillmentLine, FulfillmentOrder
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.fulfilling import FulfillmentStateError, reject
from channels.orders.services.locking import lock_order
from channels.orders.services.timeline import note
from o2o.events import emit

Ids = list[tuple[uuid.UUID, uuid.UUID]]


def tick_acceptance(*, at: datetime, limit: int = 200) -> int:
    """Remind stores, ask backup stores and take orders from stores that did not answer; return how many steps."""
    open_parts = FulfillmentOrder.objects.filter(state=FulfillmentState.OPEN)
    done = sum(_remind(*ids, at=at) for ids in _due(open_parts, "remind_at", at, limit))
    done += sum(_escalate(*ids, at=at) for ids in _due(open_parts, "escalate_at", at, limit))
    return done + sum(_expire(*ids, at=at) for ids in _due(open_parts, "accept_by", at, limit))


def tick_pickups(*, at: datetime, limit: int = 200) -> int:
    """Remind customers, and take goods back that nobody fetched in time; return how many steps."""
    ready = FulfillmentOrder.objects.filter(state=FulfillmentState.READY)
    done = sum(_remind_pickup(*ids, at=at) for ids in _due(ready, "pickup_remind_at", at, limit))
    return done + sum(_release_pickup(*ids, at=at) for ids in _due(ready, "pickup_by", at, limit))


def _due(parts: QuerySet[FulfillmentOrder], field: str, at: datetime, limit: int) -> Ids:
    rows = parts.filter(**{f"{field}__lte": at}).order_by(field, "pk")
    return list(rows.values_list("pk", "order_id")[:limit])


def _claim(part_id: uuid.UUID, field: str, state: FulfillmentState, at: datetime) -> bool:
    rows = FulfillmentOrder.objects.filter(pk=part_id, state=state, **{f"{field}__lte": at})
    return bool(rows.update(**{field: None}, updated_at=at))


def _remind(part_id: uuid.UUID, order_id: uuid.UUID, *, at: datetime) -> int:
    with transaction.atomic():
        lock_order(order_id)
        if not _claim(part_id, "remind_at", FulfillmentState.OPEN, at):
            return 0
        part = FulfillmentOrder.objects.get(pk=part_id)
        note(order_id=order_id, kind=TimelineKind.REMINDED, at=at, details={"location_id": str(part.location_id)})
        emit(AcceptanceDue(aggregate_id=part_id, order_id=order_id, location_id=part.location_id, step="reminder"))
        return 1


def _escalate(part_id: uuid.UUID, order_id: uuid.UUID, *, at: datetime) -> int:
    """Give the part to the backup store, if it has everything; else the first store keeps it until its time is over."""
    with transaction.atomic():
        order = lock_order(order_id)
        if not _claim(part_id, "escalate_at", FulfillmentState.OPEN, at):
            return 0
        part = FulfillmentOrder.objects.get(pk=part_id)
        policies = AcceptancePolicy.objects.filter(channel_id=order.channel_id)
        own = policies.filter(location_id=part.location_id).first() or policies.filter(location=None).first()
        if own is None or own.backup_location_id in (None, part.location_id):
            return 0
        lines = list(FulfillmentLine.objects.filter(fulfillment=part, quantity__gt=0).select_related("order_line"))
        wanted = [
            AllocationLine(line.pk, line.order_line.variant_id, own.backup_location_id, line.quantity)
            for line in lines
            if line.order_line.variant_id is not None
        ]
        try:
            with transaction.atomic():
                release_allocations(
                    lines=dict.fromkeys((line.pk for line in lines), None), reason=MovementReason.REJECTION, at=at
                )
                allocate_stock(order_id=order_id, channel_id=order.channel_id, lines=wanted, at=at)
        except OutOfStockError:
            return 0
        FulfillmentOrder.objects.filter(pk=part_id).update(location_id=own.backup_location_id, updated_at=at)
        details = {"location_id": str(own.backup_location_id)}
        note(order_id=order_id, kind=TimelineKind.ESCALATED, at=at, details=details)
        emit(FulfillmentRouted(aggregate_id=part_id, order_id=order_id, location_id=own.backup_location_id))
        return 1


def _expire(part_id: uuid.UUID, order_id: uuid.UUID, *, at: datetime) -> int:
    with transaction.atomic():
        lock_order(order_id)
        if not _claim(part_id, "accept_by", FulfillmentState.OPEN, at):
            return 0
        try:
            reject(fulfillment_id=part_id, reason=RejectionReason.EXPIRED, at=at)
        except FulfillmentStateError:
            return 0
        return 1


def _remind_pickup(part_id: uuid.UUID, order_id: uuid.UUID, *, at: datetime) -> int:
    with transaction.atomic():
        lock_order(order_id)
        if not _claim(part_id, "pickup_remind_at", FulfillmentState.READY, at):
            return 0
        part = FulfillmentOrder.objects.get(pk=part_id)
        note(order_id=order_id, kind=TimelineKind.PICKUP_REMINDED, at=at)
        emit(PickupDue(aggregate_id=part_id, order_id=order_id, location_id=part.location_id, step="reminder"))
        return 1


def _release_pickup(part_id: uuid.UUID, order_id: uuid.UUID, *, at: datetime) -> int:
    """Put goods that nobody fetched back into stock and cancel their units; what was paid is then to be refunded."""
    with transaction.atomic():
        lock_order(order_id)
        if not _claim(part_id, "pickup_by", FulfillmentState.READY, at):
            return 0
        part = FulfillmentOrder.objects.get(pk=part_id)
        units = {
            line.order_line_id: line.quantity
            for line in FulfillmentLine.objects.filter(fulfillment=part, quantity__gt=0)
        }
        cancel_order(order_id=order_id, lines=units, reason="not picked up", at=at)
        note(order_id=order_id, kind=TimelineKind.PICKUP_RELEASED, at=at)
        emit(PickupDue(aggregate_id=part_id, order_id=order_id, location_id=part.location_id, step="released"))
        return 1
