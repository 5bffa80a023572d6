"""What happens to the part of an order that one location makes ready.

Their aggregate is the order, so that whoever listens hears of one order's routing, acceptance, handing over and
completion in the order in which they happened.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from channels.orders.enums import RejectionReason, StockEffect, UnroutedQueue
from channels.stores.enums import FulfillmentMethod
from o2o.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class FulfillmentEvent(DomainEvent):
    """Something that happened to a fulfilment; ``aggregate_id`` is its order."""

    aggregate_type: ClassVar[str] = "order"

    fulfillment_id: uuid.UUID
    location_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class FulfillmentRouted(FulfillmentEvent):
    """A location is to make units of an order ready; ``accept_by`` is None where it may take its time."""

    event_type: ClassVar[str] = "fulfillment.routed"

    method: FulfillmentMethod
    attempt: int
    accept_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OrderUnrouted(DomainEvent):
    """Units of an order wait in a queue: no location can fulfil them now."""

    event_type: ClassVar[str] = "order.unrouted"
    aggregate_type: ClassVar[str] = "order"

    fulfillment_id: uuid.UUID
    queue: UnroutedQueue
    units: int


@dataclass(frozen=True, kw_only=True)
class FulfillmentReminded(FulfillmentEvent):
    """A location has not answered yet; it has until ``accept_by``."""

    event_type: ClassVar[str] = "fulfillment.reminded"

    accept_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FulfillmentEscalated(FulfillmentEvent):
    """``location_id`` did not answer, and its backup store got the units as ``passed_to_id``."""

    event_type: ClassVar[str] = "fulfillment.escalated"

    backup_location_id: uuid.UUID
    passed_to_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class FulfillmentAccepted(FulfillmentEvent):
    """A location will fulfil."""

    event_type: ClassVar[str] = "fulfillment.accepted"


@dataclass(frozen=True, kw_only=True)
class FulfillmentRejected(FulfillmentEvent):
    """A location does not fulfil these units; they are routed anew."""

    event_type: ClassVar[str] = "fulfillment.rejected"

    reason: RejectionReason
    stock_effect: StockEffect
    units: int


@dataclass(frozen=True, kw_only=True)
class FulfillmentReady(FulfillmentEvent):
    """Everything is packed. Whoever tells the customer of a pickup asks ``issue_pickup_code`` for the code."""

    event_type: ClassVar[str] = "fulfillment.ready"

    method: FulfillmentMethod
    pickup_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FulfillmentHandedOver(FulfillmentEvent):
    """The customer has the goods."""

    event_type: ClassVar[str] = "fulfillment.handed_over"

    is_by_code: bool


@dataclass(frozen=True, kw_only=True)
class FulfillmentShipped(FulfillmentEvent):
    """The goods left with a carrier or a rider."""

    event_type: ClassVar[str] = "fulfillment.shipped"

    carrier: str
    tracking_number: str


@dataclass(frozen=True, kw_only=True)
class FulfillmentClosed(FulfillmentEvent):
    """Nothing remains to be done; ``is_delivered`` where the goods are known to have arrived."""

    event_type: ClassVar[str] = "fulfillment.closed"

    is_delivered: bool


@dataclass(frozen=True, kw_only=True)
class FulfillmentReduced(DomainEvent):
    """Units were taken off a fulfilment, because the order was changed or cancelled; 0 remaining: it is cancelled."""

    event_type: ClassVar[str] = "fulfillment.reduced"
    aggregate_type: ClassVar[str] = "order"

    fulfillment_id: uuid.UUID
    location_id: uuid.UUID | None
    units: int
    remaining: int


@dataclass(frozen=True, kw_only=True)
class PickupReminderDue(FulfillmentEvent):
    """The customer is to be reminded: the goods wait until ``pickup_by``."""

    event_type: ClassVar[str] = "pickup.reminder_due"

    pickup_by: datetime


@dataclass(frozen=True, kw_only=True)
class PickupExtended(FulfillmentEvent):
    """The goods wait longer, until ``pickup_by``."""

    event_type: ClassVar[str] = "pickup.extended"

    pickup_by: datetime


@dataclass(frozen=True, kw_only=True)
class PickupReleased(FulfillmentEvent):
    """Nobody came: the goods are back in stock and the units cancelled."""

    event_type: ClassVar[str] = "pickup.released"

    units: int
