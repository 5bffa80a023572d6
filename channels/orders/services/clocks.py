"""The clocks of fulfilments: how long a store may take to accept, and how long a pickup waits.

Each step claims its row by a conditional update, so that two rounds at once do it once. A round that comes late does
everything that is due, in the right order.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction

from channels.inventory.enums import MovementReason
from channels.inventory.lines import AllocationLine
from channels.inventory.services import OutOfStockError, allocate_stock, release_allocations
from channels.orders.enums import FulfillmentState, RejectionReason, TimelineKind
from channels.orders.events.fulfillment import AcceptanceDue, FulfillmentRouted, PickupDue
from channels.orders.models import AcceptancePolicy, FulfillmentLine, FulfillmentOrder, Order
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.fulfilling import FulfillmentStateError, reject
from channels.orders.services.locking import lock_order, lock_stock_of
from channels.orders.services.timeline import note
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import StockLocation
from o2o.events import emit

Step = Callable[[], int]
"""Something that is due; it returns 1 where it was still to be done, else 0."""


def due_steps(*, at: datetime, limit: int = 500) -> list[Step]:
    """Return what is due, in the order in which it is to be done. Six queries; nothing is locked."""
    open_parts = FulfillmentOrder.objects.filter(state=FulfillmentState.OPEN)
    ready = FulfillmentOrder.objects.filter(state=FulfillmentState.READY)
    clocks = (
        (_remind, open_parts, "remind_at"),
        (_escalate, open_parts, "escalate_at"),
        (_expire, open_parts, "accept_by"),
        (_remind_pickup, ready, "pickup_remind_at"),
        (_release_pickup, ready, "pickup_by"),
    )
    return [
        partial(act, part_id, order_id, at=at)
        for act, parts, field in clocks
        for part_id, order_id in parts.filter(**{f"{field}__lte": at})
        .order_by(field, "pk")
        .values_list("pk", "order_id")[:limit]
    ]


def tick(*, at: datetime, limit: int = 500) -> int:
    """Do everything that is due and return how many steps that was.

    Each step is a transaction of its own where none is open, so that one that fails takes nothing with it.
    """
    return sum(step() for step in due_steps(at=at, limit=limit))


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
        backup = _backup_of(part, order)
        if backup is None:
            return 0
        lines = list(FulfillmentLine.objects.filter(fulfillment=part, quantity__gt=0).select_related("order_line"))
        lock_stock_of(order, {line.order_line.variant_id for line in lines})
        wanted = [
            AllocationLine(order_id, line.pk, line.order_line.variant_id, backup.pk, line.quantity)
            for line in lines
            if line.order_line.variant_id is not None
        ]
        try:
            with transaction.atomic():
                release_allocations(
                    lines=dict.fromkeys((line.pk for line in lines), None), reason=MovementReason.REJECTION, at=at
                )
                allocate_stock(channel_id=order.channel_id, lines=wanted, at=at)
        except OutOfStockError:
            return 0
        FulfillmentOrder.objects.filter(pk=part_id).update(location_id=backup.pk, updated_at=at)
        details = {"location_id": str(backup.pk)}
        note(order_id=order_id, kind=TimelineKind.ESCALATED, at=at, details=details)
        emit(FulfillmentRouted(aggregate_id=part_id, order_id=order_id, location_id=backup.pk))
        return 1


def _backup_of(part: FulfillmentOrder, order: Order) -> StockLocation | None:
    """Return the backup store, if it works, hands over in this way and has not refused the order; pickups have none."""
    policies = AcceptancePolicy.objects.filter(channel_id=order.channel_id).select_related("backup_location")
    own = policies.filter(location_id=part.location_id).first() or policies.filter(location=None).first()
    backup = own.backup_location if own else None
    if backup is None or backup.pk == part.location_id or part.method == FulfillmentMethod.PICKUP:
        return None
    has_refused = FulfillmentOrder.objects.filter(
        order=order, location=backup, state=FulfillmentState.REJECTED
    ).exists()
    return backup if backup.is_active and part.method in backup.methods and not has_refused else None


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
        cancel_order(order_id=order_id, lines=units, reason="not picked up", first=part_id, at=at)
        note(order_id=order_id, kind=TimelineKind.PICKUP_RELEASED, at=at)
        emit(PickupDue(aggregate_id=part_id, order_id=order_id, location_id=part.location_id, step="released"))
        return 1
