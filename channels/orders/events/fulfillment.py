"""What happens to the part of an order that one location makes ready."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from o2o.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class FulfillmentEvent(DomainEvent):
    """Base: which order, and where."""

    aggregate_type: ClassVar[str] = "fulfillment"

    order_id: uuid.UUID
    location_id: uuid.UUID | None


@dataclass(frozen=True, kw_only=True)
class FulfillmentRouted(FulfillmentEvent):
    """A location was chosen; its tablets show the order."""

    event_type: ClassVar[str] = "fulfillment.routed"


@dataclass(frozen=True, kw_only=True)
class FulfillmentUnrouted(FulfillmentEvent):
    """No location can take these units now; they wait."""

    event_type: ClassVar[str] = "fulfillment.unrouted"

    queue: str


@dataclass(frozen=True, kw_only=True)
class AcceptanceDue(FulfillmentEvent):
    """The store has not answered: it is reminded, or its time is over."""

    event_type: ClassVar[str] = "fulfillment.acceptance_due"

    step: str


@dataclass(frozen=True, kw_only=True)
class FulfillmentMoved(FulfillmentEvent):
    """A store accepted, rejected, prepared or handed over."""

    event_type: ClassVar[str] = "fulfillment.moved"

    state: str


@dataclass(frozen=True, kw_only=True)
class PickupDue(FulfillmentEvent):
    """A pickup waits: the customer is reminded, has more time, or the goods go back."""

    event_type: ClassVar[str] = "fulfillment.pickup_due"

    step: str
