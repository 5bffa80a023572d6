"""What a store does with a fulfilment: accept, make ready, hand over, ship, close. ``rejecting`` holds the refusal.

Each step locks the order and is one conditional update by state, so that of two that come at once one is refused.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from channels.inventory.services import ship_allocations
from channels.orders.enums import TimelineKind
from channels.orders.events.fulfillment import (
    FulfillmentAccepted,
    FulfillmentClosed,
    FulfillmentHandedOver,
    FulfillmentReady,
    FulfillmentShipped,
)
from channels.orders.models import FulfillmentLine, FulfillmentOrder, OrderLine
from channels.orders.services.completing import complete_if_done
from channels.orders.services.pickup_codes import PickupRefusedError, use_pickup_code
from channels.orders.services.pickup_deadlines import extend_pickup, set_pickup_deadline
from channels.orders.services.rejecting import Rejected, reject
from channels.orders.services.telling import names, note_step
from channels.orders.services.transitions import Step, get_fulfillment, lock_order_of, require_possible, take_step
from channels.stores.enums import FulfillmentMethod
from o2o.events import emit
from o2o.kit.errors import InvalidError

__all__ = [
    "HandOver",
    "Rejected",
    "accept",
    "close",
    "deliver",
    "extend_pickup",
    "hand_over",
    "mark_ready",
    "reject",
    "ship",
]


@dataclass(frozen=True, slots=True)
class HandOver:
    """What came of handing over: the fulfilment, and the refusal where the code did not fit."""

    fulfillment: FulfillmentOrder
    refusal: PickupRefusedError | None = None


def accept(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Take a fulfilment on: its clock stops. Raises ``FulfillmentStateError`` or ``NotFoundError``."""
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        stopped = {"accept_by": None, "remind_at": None, "escalate_at": None}
        fulfillment = take_step(Step.ACCEPT, fulfillment_id=fulfillment_id, at=at, accepted_at=at, **stopped)
        note_step(fulfillment, TimelineKind.ACCEPTED, at)
        emit(FulfillmentAccepted(**names(fulfillment)))
        return fulfillment


def mark_ready(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Say that everything is packed; a pickup then waits for the ``pickup_days`` of its location.

    Raises ``FulfillmentStateError`` or ``NotFoundError``.
    """
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        fulfillment = take_step(Step.MARK_READY, fulfillment_id=fulfillment_id, at=at, ready_at=at)
        if fulfillment.method == FulfillmentMethod.PICKUP and fulfillment.location is not None:
            until = at + timedelta(days=fulfillment.location.pickup_days)
            set_pickup_deadline(fulfillment, until=until, at=at)
        pickup_by = fulfillment.pickup_by
        note_step(fulfillment, TimelineKind.READY, at, pickup_by=pickup_by)
        method = FulfillmentMethod(fulfillment.method)
        emit(FulfillmentReady(**names(fulfillment), method=method, pickup_by=pickup_by))
        return fulfillment


def hand_over(*, fulfillment_id: uuid.UUID, at: datetime, code: str = "", override_reason: str = "") -> HandOver:
    """Give the goods to the customer; a pickup needs its code, which this uses up, or a manager's reason.

    ``code`` is the short code or the signed token. A code that does not fit is **returned** as ``refusal`` and not
    raised, because the count of wrong tries must be committed. Who may override is for the caller to check.
    Raises ``FulfillmentStateError``, before any code is looked at, ``NotFoundError``, or ``InvalidError`` for a code
    that is missing or mistyped.
    """
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        waiting = get_fulfillment(fulfillment_id)
        require_possible(Step.HAND_OVER, waiting)
        is_by_code = waiting.method == FulfillmentMethod.PICKUP and not override_reason
        if is_by_code and (refusal := use_pickup_code(fulfillment_id=fulfillment_id, code=code, at=at)):
            return HandOver(waiting, refusal)
        ended = {"handed_over_at": at, "ended_at": at, "pickup_by": None, "pickup_remind_at": None}
        fulfillment = take_step(Step.HAND_OVER, fulfillment_id=fulfillment_id, at=at, **ended)
        details = {"reason": override_reason} if override_reason else {"is_by_code": is_by_code}
        _leave_store(fulfillment, TimelineKind.HANDED_OVER, at, **details)
        emit(FulfillmentHandedOver(**names(fulfillment), is_by_code=is_by_code))
        complete_if_done(order_id=fulfillment.order_id, at=at)
        return HandOver(fulfillment)


def ship(*, fulfillment_id: uuid.UUID, at: datetime, carrier: str = "", tracking_number: str = "") -> FulfillmentOrder:
    """Give the goods to a carrier or a rider. A parcel (method ``ship``) names its carrier.

    Raises ``FulfillmentStateError``, ``NotFoundError`` or ``InvalidError``.
    """
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        carried = {"carrier": carrier, "tracking_number": tracking_number, "handed_over_at": at}
        fulfillment = take_step(Step.SHIP, fulfillment_id=fulfillment_id, at=at, **carried)
        if fulfillment.method == FulfillmentMethod.SHIP and not carrier:
            raise InvalidError(_("Say which carrier takes the parcel."), field="carrier")
        _leave_store(fulfillment, TimelineKind.SHIPPED, at, carrier=carrier, tracking_number=tracking_number)
        emit(FulfillmentShipped(**names(fulfillment), carrier=carrier, tracking_number=tracking_number))
        complete_if_done(order_id=fulfillment.order_id, at=at)
        return fulfillment


def deliver(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """Close a shipment because the goods arrived. Raises ``FulfillmentStateError`` or ``NotFoundError``."""
    return _close(Step.DELIVER, fulfillment_id, at, is_delivered=True)


def close(*, fulfillment_id: uuid.UUID, at: datetime) -> FulfillmentOrder:
    """End what was handed over or shipped. Raises ``FulfillmentStateError`` or ``NotFoundError``."""
    return _close(Step.CLOSE, fulfillment_id, at)


def _close(step: Step, fulfillment_id: uuid.UUID, at: datetime, *, is_delivered: bool = False) -> FulfillmentOrder:
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        fulfillment = take_step(step, fulfillment_id=fulfillment_id, at=at, ended_at=at)
        emit(FulfillmentClosed(**names(fulfillment), is_delivered=is_delivered))
        complete_if_done(order_id=fulfillment.order_id, at=at)
        return fulfillment


def _leave_store(fulfillment: FulfillmentOrder, kind: TimelineKind, at: datetime, **details: Any) -> None:
    lines = FulfillmentLine.objects.filter(fulfillment=fulfillment, quantity__gt=0)
    here = lines.filter(order_line=OuterRef("pk")).values("quantity")
    OrderLine.objects.filter(fulfillment_lines__in=lines).update(fulfilled=F("fulfilled") + Subquery(here))
    ship_allocations(lines=dict.fromkeys(lines.values_list("pk", flat=True)), at=at)
    note_step(fulfillment, kind, at, **details)
