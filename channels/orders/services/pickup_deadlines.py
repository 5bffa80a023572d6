"""How long goods wait for whoever fetches them: remind, extend once, release."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from channels.orders.enums import FulfillmentState, TimelineKind
from channels.orders.events.fulfillment import PickupExtended, PickupReleased, PickupReminderDue
from channels.orders.models import FulfillmentLine, FulfillmentOrder
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.telling import names, note_step
from channels.orders.services.transitions import Step, lock_order_of, take_step
from o2o.events import emit

REMIND_BEFORE = timedelta(days=1)


def set_pickup_deadline(fulfillment: FulfillmentOrder, *, until: datetime, at: datetime) -> None:
    """Write until when the goods wait from ``at`` on. The caller holds the order's lock.

    The customer is reminded a day before the end, or half-way where there are less than two days.
    """
    fulfillment.pickup_by = until
    fulfillment.pickup_remind_at = max(until - REMIND_BEFORE, at + (until - at) / 2)
    fulfillment.save(update_fields=["pickup_by", "pickup_remind_at", "updated_at"])


def extend_pickup(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Let the goods wait longer, once, by the days that their location grants; the customer is reminded again.

    Raises ``FulfillmentStateError`` or ``NotFoundError``.
    """
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        fulfillment = take_step(
            Step.EXTEND_PICKUP,
            fulfillment_id=fulfillment_id,
            at=at,
            where=Q(is_pickup_extended=False, pickup_by__gt=at),
            is_pickup_extended=True,
        )
        days = fulfillment.location.pickup_extension_days if fulfillment.location else 0
        until = (fulfillment.pickup_by or at) + timedelta(days=days)
        set_pickup_deadline(fulfillment, until=until, at=at)
        note_step(fulfillment, TimelineKind.PICKUP_EXTENDED, at, pickup_by=until)
        emit(PickupExtended(**names(fulfillment), pickup_by=until))
        return fulfillment


def remind_of_pickup(*, fulfillment_id: uuid.UUID, at: datetime) -> bool:
    """Say that the customer is to be reminded, if that is due; return whether it was. The order is locked."""
    due = FulfillmentOrder.objects.filter(
        pk=fulfillment_id, state=FulfillmentState.READY, pickup_remind_at__lte=at, pickup_by__gt=at
    )
    if not due.update(pickup_remind_at=None, updated_at=at):
        return False
    fulfillment = FulfillmentOrder.objects.get(pk=fulfillment_id)
    note_step(fulfillment, TimelineKind.PICKUP_REMINDED, at, pickup_by=fulfillment.pickup_by)
    emit(PickupReminderDue(**names(fulfillment), pickup_by=fulfillment.pickup_by))
    return True


def release_pickup(*, fulfillment_id: uuid.UUID, at: datetime) -> bool:
    """Put goods that nobody fetched back into stock and cancel their units, if that is due; return whether it was.

    ``cancel_order`` records the refund. The order is locked, and the pickup cannot be handed over any more.
    """
    due = FulfillmentOrder.objects.filter(pk=fulfillment_id, state=FulfillmentState.READY, pickup_by__lte=at)
    if not due.update(pickup_by=None, pickup_remind_at=None, updated_at=at):
        return False
    fulfillment = FulfillmentOrder.objects.get(pk=fulfillment_id)
    lines = dict(
        FulfillmentLine.objects.filter(fulfillment=fulfillment, quantity__gt=0).values_list("order_line", "quantity")
    )
    note_step(fulfillment, TimelineKind.PICKUP_RELEASED, at, units=sum(lines.values()))
    cancel_order(order_id=fulfillment.order_id, lines=lines, reason="pickup_expired", at=at)
    emit(PickupReleased(**names(fulfillment), units=sum(lines.values())))
    return True
