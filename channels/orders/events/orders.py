"""What happens to an order as a whole."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from o2o.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(DomainEvent):
    """An order came in."""

    event_type: ClassVar[str] = "order.placed"
    aggregate_type: ClassVar[str] = "order"

    number: str
    channel_id: uuid.UUID
    member_id: uuid.UUID | None
    total: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderChanged(DomainEvent):
    """The channel changed an order."""

    event_type: ClassVar[str] = "order.changed"
    aggregate_type: ClassVar[str] = "order"

    external_version: int
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(DomainEvent):
    """Units of an order were cancelled; ``is_whole`` where nothing of it is left."""

    event_type: ClassVar[str] = "order.cancelled"
    aggregate_type: ClassVar[str] = "order"

    units: int
    amount: Decimal
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(DomainEvent):
    """Nothing of an order remains to be done."""

    event_type: ClassVar[str] = "order.completed"
    aggregate_type: ClassVar[str] = "order"

    channel_id: uuid.UUID
    member_id: uuid.UUID | None
    total: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderPaid(DomainEvent):
    """Money came in for an order, or went back."""

    event_type: ClassVar[str] = "order.paid"
    aggregate_type: ClassVar[str] = "order"

    kind: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ReturnChanged(DomainEvent):
    """A return went a step further."""

    event_type: ClassVar[str] = "return.changed"
    aggregate_type: ClassVar[str] = "return"

    order_id: uuid.UUID
    state: str
    refund: Decimal
    points: int
