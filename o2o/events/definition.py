"""What a domain event is."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

from o2o.events import payload as payloads

_types: dict[str, type["DomainEvent"]] = {}
EVENT_TYPES: Mapping[str, type["DomainEvent"]] = MappingProxyType(_types)


class DuplicateEventTypeError(TypeError):
    """Two classes claim the same ``event_type``."""


class UnknownEventTypeError(LookupError):
    """No class of this installation has the ``event_type``."""


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that happened to one aggregate, named in the past tense.

    A subclass is a ``@dataclass(frozen=True, kw_only=True)`` that declares ``event_type`` (``"order.placed"``) and
    ``aggregate_type`` (``"order"``) and a few thin fields: ids, times, amounts, never a person's details, since
    events are kept, replayed and sent to partners. A change that old readers cannot read raises ``version``, and
    ``upgraded`` brings payloads of older versions up to date.
    """

    event_type: ClassVar[str]
    aggregate_type: ClassVar[str]
    version: ClassVar[int] = 1

    aggregate_id: uuid.UUID

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "event_type" not in vars(cls):
            return  # a base of other events
        known = _types.setdefault(cls.event_type, cls)
        if known is not cls:
            raise DuplicateEventTypeError(
                f"{cls.__module__}.{cls.__qualname__} and {known.__module__}.{known.__qualname__} both claim the"
                f" event type {cls.event_type!r}; give one of them another."
            )

    def to_payload(self) -> dict[str, Any]:
        """Return the fields but ``aggregate_id`` as JSON-able values."""
        return payloads.encode(self)

    @classmethod
    def from_payload(cls, payload: Any, *, aggregate_id: uuid.UUID, version: int | None = None) -> Self:
        """Make the event again from what ``to_payload`` gave, at whatever version. Raises ``PayloadError``."""
        if version is not None and version < cls.version:
            payload = cls.upgraded(payload, version)
        fields = payloads.decode(cls, payload)
        try:
            return cls(aggregate_id=aggregate_id, **fields)
        except TypeError as error:
            raise payloads.PayloadError(f"the payload does not fit {cls.__qualname__}: {error}") from error

    @classmethod
    def upgraded(cls, payload: dict[str, Any], version: int) -> dict[str, Any]:
        """Return a payload of an older version as one of the present version; override it with the version."""
        return payload


def event_class(event_type: str) -> type[DomainEvent]:
    """Return the class of an event type. Raises ``UnknownEventTypeError``."""
    try:
        return _types[event_type]
    except KeyError:
        raise UnknownEventTypeError(f"No event of type {event_type!r} is known to this program.") from None
