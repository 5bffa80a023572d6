"""What happens to channels and locations."""

from dataclasses import dataclass
from typing import ClassVar

from o2o.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ChannelChanged(DomainEvent):
    """A channel was made or changed."""

    event_type: ClassVar[str] = "channel.changed"
    aggregate_type: ClassVar[str] = "channel"

    is_active: bool


@dataclass(frozen=True, kw_only=True)
class LocationChanged(DomainEvent):
    """A location, its hours or the channels that it serves were made or changed."""

    event_type: ClassVar[str] = "location.changed"
    aggregate_type: ClassVar[str] = "location"

    is_active: bool
