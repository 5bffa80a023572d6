"""Pages of a list found by the values of the last row, so that page 10,000 costs what page 1 does.

No row is ever counted. The order must be total (it ends with the primary key), columns may be null: PostgreSQL puts
nulls last where it sorts upwards and first where it sorts downwards, and the conditions here say the same.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

Row = TypeVar("Row", bound=Model)


class BadCursorError(ValueError):
    """The cursor in the address was not made by this list in this order."""


@dataclass(frozen=True, slots=True)
class Key:
    """One column of the order."""

    path: str
    field: Field[Any, Any]
    is_descending: bool

    @property
    def may_be_null(self) -> bool:
        """Whether some rows have no value in this column."""
        return self.field.null or "__" in self.path

    def value_of(self, row: Model) -> Any:
        value: Any = row
        for name in self.path.split("__"):
            value = getattr(value, name, None)
        return value

    def beyond(self, value: Any, *, backwards: bool) -> Q | None:
        """Return the condition for rows that come after a value in this column, or None where none can."""
        descending = self.is_descending is not backwards
        if descending:
            return Q(**{f"{self.path}__isnull": False}) if value is None else Q(**{f"{self.path}__lt": value})
        if value is None:
            return None
        after = Q(**{f"{self.path}__gt": value})
        return after | Q(**{f"{self.path}__isnull": True}) if self.may_be_null else after

    def bound(self, value: Any, *, backwards: bool) -> Q:
        """Return what holds for all rows from a value on, where one comparison says it.

        It follows from the alternatives of ``beyond``, by which PostgreSQL looks for no place in an index: without it
        a page deep in a list would walk through all pages before it.
        """
        descending = self.is_descending is not backwards
        if value is None or (not descending and self.may_be_null):
            return Q()
        return Q(**{f"{self.path}__{'lte' if descending else 'gte'}": value})

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def ordering(self, *, backwards: bool) -> OrderBy:
        return OrderBy(F(self.path), descending=self.is_descending is not backwards)


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """The rows of one page and the cursors to its neighbours; a cursor is None where nothing lies beyond."""

    rows: list[Row]
    after: str | None
    before: str | None


def keys_of(model: type[Model], ordering: Sequence[Any]) -> list[Key]:
    """Read an ordering as Django writes it (``"-placed_at"``, ``OrderBy(F("pk"))``) into keys, the primary key last."""
    keys: list[Key] = []
    for part in [*ordering, "-pk"]:
        if isinstance(part, OrderBy):
            expression = part.expression
            name, descending = getattr(expression, "name", ""), part.descending
        elif isinstance(part, F):
            name, descending = getattr(part, "name", ""), False
        else:
            name, descending = part.removeprefix("-"), part.startswith("-")
        field = _field(model, name)
        if field is None:
            continue
        path = name if name != "pk" else field.name
        if all(key.path != path for key in keys):
            keys.append(Key(path, field, descending))
        if path == model._meta.pk.name:
            break
    return keys


def page_of(
    queryset: QuerySet[Row],
    keys: Sequence[Key],
    *,
    size: int,
    after: str | None = None,
    before: str | None = None,
    rows_of: QuerySet[Row] | None = None,
) -> KeysetPage[Row]:
    """Return the page of ``size`` rows that follows ``after`` or precedes ``before``, or the first one.

    Two queries: the ids of ``size + 1`` rows, for which an index alone often suffices, then these rows with all that
    is joined to them, taken from ``rows_of`` where that is given: the queryset without what need not be asked again.
    Raises ``BadCursorError`` for a cursor of another order.
    """
    backwards = before is not None
    cursor = before or after
    places = queryset.filter(beyond(keys, decode(cursor, keys), backwards=backwards)) if cursor else queryset
    ordered = places.order_by(*(key.ordering(backwards=backwards) for key in keys))
    ids = list(ordered.values_list("pk", flat=True)[: size + 1])
    found_by_id = (queryset if rows_of is None else rows_of).filter(pk__in=ids).order_by()
    by_id = {row.pk: row for row in found_by_id} if ids else {}
    found = [by_id[pk] for pk in ids if pk in by_id]
    has_more = len(found) > size
    rows = found[:size][::-1] if backwards else found[:size]
    if not rows:
        return KeysetPage([], None, None)
    has_next, has_previous = (True, has_more) if backwards else (has_more, after is not None)
    return KeysetPage(
        rows,
        after=encode(rows[-1], keys) if has_next else None,
        before=encode(rows[0], keys) if has_previous else None,
    )


def beyond(keys: Sequence[Key], values: Sequence[Any], *, backwards: bool = False) -> Q:
    """Return the condition for the rows that come after the given values of the keys."""
    condition, ties = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        further = key.beyond(value, backwards=backwards)
        if further is not None:
            condition |= ties & further
        ties &= key.equal(value)
    return keys[0].bound(values[0], backwards=backwards) & condition


def encode(row: Model, keys: Sequence[Key]) -> str:
    """Write the place of a row in the order as text for an address."""
    values = [None if (value := key.value_of(row)) is None else str(value) for key in keys]
    packed = json.dumps([[key.path for key in keys], values], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(cursor: str, keys: Sequence[Key]) -> list[Any]:
    """Read what ``encode`` wrote. Raises ``BadCursorError``."""
    try:
        paths, values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if paths != [key.path for key in keys] or len(values) != len(keys):
            raise BadCursorError("The list is in another order now.")
        return [None if value is None else key.field.to_python(value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, binascii.Error, ValidationError) as error:
        raise BadCursorError("This is not a place in this list.") from error


def _field(model: type[Model], path: str) -> Field[Any, Any] | None:
    current: type[Model] = model
    field: Any = None
    for name in path.split("__"):
        try:
            field = current._meta.pk if name == "pk" else current._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        current = getattr(field, "related_model", None) or current
    if field.is_relation:
        field = field.target_field
    return field
