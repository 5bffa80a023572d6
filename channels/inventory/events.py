"""What happens to stock."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from o2o.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class StockAvailable(DomainEvent):
    """A level that had nothing to promise has something again."""

    event_type: ClassVar[str] = "stock.available"
    aggregate_type: ClassVar[str] = "stock_level"

    variant_id: uuid.UUID
    location_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class SoldOut(DomainEvent):
    """A level is sold out for today."""

    event_type: ClassVar[str] = "stock.sold_out"
    aggregate_type: ClassVar[str] = "stock_level"

    variant_id: uuid.UUID
    location_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class SoldOutEnded(DomainEvent):
    """A level that was sold out for a day can be promised again."""

    event_type: ClassVar[str] = "stock.sold_out_ended"
    aggregate_type: ClassVar[str] = "stock_level"

    variant_id: uuid.UUID
    location_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class CounterChecked(DomainEvent):
    """The self-check found a counter of a level that was wrong; where ``is_repaired``, it is right again."""

    event_type: ClassVar[str] = "stock.counter_checked"
    aggregate_type: ClassVar[str] = "stock_level"

    counter: str
    found: int
    expected: int
    is_repaired: bool


@dataclass(frozen=True, kw_only=True)
class TransferChanged(DomainEvent):
    """A transfer was requested, shipped, received, taken back or cancelled."""

    event_type: ClassVar[str] = "transfer.changed"
    aggregate_type: ClassVar[str] = "transfer"

    state: str


@dataclass(frozen=True, kw_only=True)
class CountPosted(DomainEvent):
    """The differences that a stock count found were posted."""

    event_type: ClassVar[str] = "stock_count.posted"
    aggregate_type: ClassVar[str] = "stock_count"

    variance: int
