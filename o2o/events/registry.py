"""Who wants to hear of which events.

Filled while the apps load: ``receivers.py`` and ``subscribers.py`` of every app are imported for it.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from o2o.events.definition import DomainEvent

if TYPE_CHECKING:
    from o2o.events.models import OutboxEvent

Function = TypeVar("Function", bound=Callable[..., Any])
Receiver = Callable[[Any], None]
GroupReceiver = Callable[[Sequence[Any]], None]
FanOut = Callable[[uuid.UUID, Sequence["OutboxEvent"]], None]

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of an event beside what it says."""

    id: uuid.UUID
    position: int
    merchant_id: uuid.UUID
    occurred_at: datetime
    request_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A handler that runs in a worker, and the name under which its deliveries are kept."""

    name: str
    handler: Callable[[Any, Envelope], None]
    event_types: frozenset[str]
    max_attempts: int


class DuplicateSubscriberError(TypeError):
    """Two handlers claim the same name."""


_receivers: dict[type[DomainEvent], list[Receiver]] = {}
_group_receivers: dict[type[DomainEvent], list[GroupReceiver]] = {}
_subscribers: dict[str, Subscriber] = {}
_fan_outs: list[FanOut] = []


def receiver(*event_classes: type[DomainEvent]) -> Callable[[Function], Function]:
    """Call a function with each such event inside the transaction that emits it.

    Receivers run in the order of their registration. What one raises aborts the whole transaction, so that they
    are for what must hold together with the event, and must be quick and never speak to a network.
    """

    def register(function: Function) -> Function:
        for event_class in event_classes:
            _receivers.setdefault(event_class, []).append(function)
        return function

    return register


def group_receiver(event_class: type[DomainEvent]) -> Callable[[Function], Function]:
    """Call a function once with all events of a class that are emitted together, after the receivers of each one.

    For what would otherwise ask the database for each of a thousand events. Else as ``receiver``.
    """

    def register(function: Function) -> Function:
        _group_receivers.setdefault(event_class, []).append(function)
        return function

    return register


def subscriber(
    *event_classes: type[DomainEvent], name: str, max_attempts: int = MAX_ATTEMPTS
) -> Callable[[Function], Function]:
    """Call ``function(event, envelope)`` in a worker soon after the event's transaction.

    It runs in a transaction of the event's merchant together with the mark that it is done, so that what it writes
    to the database is written exactly once; what it does elsewhere may be repeated. Events of one aggregate come
    in order. After ``max_attempts`` deliveries that failed or did not end, the delivery is a dead letter.
    ``name`` (``"loyalty.earn"``) is kept in the database: to change it is to make a new subscriber.
    """

    def register(function: Function) -> Function:
        if name in _subscribers:
            raise DuplicateSubscriberError(f"Two subscribers are named {name!r}; give one of them another name.")
        types = frozenset(event_class.event_type for event_class in event_classes)
        _subscribers[name] = Subscriber(name, function, types, max_attempts)
        return function

    return register


def fan_out(function: Function) -> Function:
    """Call ``function(merchant_id, events)`` when the relay publishes a merchant's events, in its transaction.

    The function runs in the scope of the merchant and makes its rows (such as one per webhook endpoint) in bulk.
    What it raises leaves that merchant's events unpublished until it succeeds; other merchants are not held up.
    """
    _fan_outs.append(function)
    return function


def receivers_of(event_class: type[DomainEvent]) -> Sequence[Receiver]:
    """Return the in-transaction receivers of a class of events, in the order of their registration."""
    return _receivers.get(event_class, ())


def group_receivers_of(event_class: type[DomainEvent]) -> Sequence[GroupReceiver]:
    """Return the in-transaction receivers of all events of a class at once, in the order of their registration."""
    return _group_receivers.get(event_class, ())


def subscribers_of(event_type: str) -> Sequence[Subscriber]:
    """Return the subscribers of a type of events."""
    return [known for known in _subscribers.values() if event_type in known.event_types]


def find_subscriber(name: str) -> Subscriber | None:
    """Return the subscriber of that name, or None where no code of this program has it."""
    return _subscribers.get(name)


def subscriber_names() -> Sequence[str]:
    """Return the names of all subscribers, sorted."""
    return sorted(_subscribers)


def fan_outs() -> Sequence[FanOut]:
    """Return the functions that make further deliveries of published events."""
    return tuple(_fan_outs)
