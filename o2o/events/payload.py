"""Fields of events to JSON and back, by their declared types and nothing else."""

import dataclasses
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from o2o.kit.money import Money


class PayloadError(ValueError):
    """A payload does not fit the event's fields, or a field has a type that events cannot carry."""


class Codec(NamedTuple):
    """How a value of one type becomes JSON, and how it comes back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _exactly(kind: type) -> Codec:
    def checked(value: Any) -> Any:
        # bool is an int to Python, but not to whoever reads the payload
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise PayloadError(f"{value!r} is not of type {kind.__name__}")
        return value

    return Codec(checked, checked)


SIMPLE: dict[Any, Codec] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    uuid.UUID: Codec(str, uuid.UUID),
    datetime: Codec(datetime.isoformat, datetime.fromisoformat),
    date: Codec(date.isoformat, date.fromisoformat),
    Decimal: Codec(str, Decimal),
    Money: Codec(
        lambda money: {"amount": str(money.amount), "currency": money.currency},
        lambda data: Money(Decimal(data["amount"]), data["currency"]),
    ),
}


def codec_for(declared: Any) -> Codec:
    """Return the codec of a declared type.

    Known are str, int, bool, UUID, datetime, date, Decimal, Money, enums of strings, ``X | None`` and
    ``tuple[X, ...]``. Anything else raises ``PayloadError``: events are thin, and floats lose cents.
    """
    if declared in SIMPLE:
        return SIMPLE[declared]
    if isinstance(declared, type) and issubclass(declared, str) and issubclass(declared, Enum):
        return Codec(lambda member: str(member.value), declared)
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if origin in (typing.Union, types.UnionType) and len(arguments) == 2 and type(None) in arguments:
        inner = codec_for(next(kind for kind in arguments if kind is not type(None)))
        return Codec(
            lambda value: None if value is None else inner.encode(value),
            lambda value: None if value is None else inner.decode(value),
        )
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        inner = codec_for(arguments[0])
        return Codec(
            lambda values: [inner.encode(value) for value in values],
            lambda values: tuple(inner.decode(value) for value in values),
        )
    raise PayloadError(f"events cannot carry {declared!r}; see o2o.events.payload for what they can")


@cache
def codecs_of(event_class: Any) -> Mapping[str, Codec]:
    """Return the codecs of an event's own fields, by name; ``aggregate_id`` has a column of its own.

    Raises ``PayloadError`` where the class is no dataclass itself or a field cannot be carried.
    """
    if "__dataclass_fields__" not in vars(event_class):
        raise PayloadError(f"{event_class.__qualname__} needs @dataclass(frozen=True, kw_only=True)")
    hints = typing.get_type_hints(event_class)
    names = [field.name for field in dataclasses.fields(event_class) if field.name != "aggregate_id"]
    return {name: codec_for(hints[name]) for name in names}


def encode(event: Any) -> dict[str, Any]:
    """Return the fields of an event as JSON-able values."""
    return {name: codec.encode(getattr(event, name)) for name, codec in _codecs_of_instance(event).items()}


def _codecs_of_instance(event: Any) -> Mapping[str, Codec]:
    return codecs_of(type(event))  # type: ignore[arg-type]  # the cache wants what classes are: hashable


def decode(event_class: type, payload: Any) -> dict[str, Any]:
    """Return the fields of an event as their declared types; unknown keys are left out.

    A field that is missing takes the default of its declaration, if it has one. Raises ``PayloadError``.
    """
    if not isinstance(payload, Mapping):
        raise PayloadError(f"the payload is a {type(payload).__name__}, not an object")
    codecs = codecs_of(event_class)
    try:
        return {name: codecs[name].decode(value) for name, value in payload.items() if name in codecs}
    except (ArithmeticError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise PayloadError(f"the payload does not fit {event_class.__qualname__}: {error!r}") from error
