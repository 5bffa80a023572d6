"""Rows of several tables in one round trip: for acts that write a little of much, or much of it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Model
from django.db.models.base import ModelState
from django.utils import timezone

#: From so many rows of a table on they go as an array for each column: a statement that lists the values of many rows
#: costs client and server more than the rows themselves.
MANY = 8

Row = TypeVar("Row", bound=Model)
Text = Callable[[Any], str]
"""Returns a value as it stands in the text of a PostgreSQL array."""

#: Fields whose values say the same to PostgreSQL as ``str`` does, and need no quotes in an array.
BARE = (
    models.IntegerField, models.DecimalField, models.FloatField, models.BooleanField, models.DateTimeField,
    models.DateField, models.TimeField,
)  # fmt: skip


def insert_all(rows: Iterable[Model]) -> None:
    """Insert rows of any models, tables in the order in which they first come, a table's rows in theirs.

    As ``bulk_create`` for each model, with a statement for each table and one round trip for all. What only the
    database knows (``db_default``) is not read back. The database checks references at the commit, so that rows may
    come before those that they refer to.
    """
    tables: dict[type[Model], list[Model]] = defaultdict(list)
    for row in rows:
        tables[type(row)].append(row)
    if not tables:
        return
    statements: list[str] = []
    values: list[Any] = []
    for model, members in tables.items():
        table = _table_of(model)
        statement, of_table = table.by_arrays(members) if len(members) >= MANY else table.by_values(members)
        statements.append(statement)
        values += of_table
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(";\n".join(statements), values)
    for members in tables.values():
        for row in members:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def new_row(model: type[Row], **values: Any) -> Row:
    """Return a row that is not saved yet, named by columns (``order_id``), as the model itself would make it.

    For acts that make rows by the hundred, of which most of the time would go into ``Model.__init__``. No signal is
    sent. Raises ``TypeError`` for a name that is no column.
    """
    constant, made = _defaults_of(model)
    if not values.keys() <= constant.keys():
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(values.keys() - constant.keys()))}.")
    row = model.__new__(model)
    row.__dict__.update(constant)
    for name, make in made:
        if name not in values:
            row.__dict__[name] = make()
    row.__dict__.update(values)
    row._state = ModelState()
    return row


class _Table:
    """How rows of a model are written."""

    def __init__(self, model: type[Model]) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        quote = connection.ops.quote_name
        self.fields: list[Any] = [
            field for field in model._meta.local_concrete_fields if not field.generated and not field.has_db_default()
        ]
        self.texts = [_text_of(field) for field in self.fields]
        columns = ", ".join(quote(str(field.column)) for field in self.fields)
        # Without their lengths: to cast to these would cut a text that is too long, where the column refuses it.
        types = [str(field.db_type(connection)).partition("(")[0] for field in self.fields]
        self.beginning = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) "
        self.place = f"({', '.join(['%s'] * len(self.fields))})"
        self.arrays = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)})"  # noqa: S608 - names of types

    def by_values(self, rows: Sequence[Model]) -> tuple[str, list[Any]]:
        """Return the statement that lists the values of some rows, and these."""
        # The proxy would look for the connection of this thread at every value.
        connection = connections[DEFAULT_DB_ALIAS]
        values = [
            field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in self.fields
        ]
        return f"{self.beginning}VALUES {', '.join([self.place] * len(rows))}", values

    def by_arrays(self, rows: Sequence[Model]) -> tuple[str, list[Any]]:
        """Return the statement that takes an array for each column, and these. Other kinds of fields go by values."""
        if not all(self.texts):
            return self.by_values(rows)
        return self.beginning + self.arrays, [
            _array(_saved(field, rows), text) for field, text in zip(self.fields, self.texts, strict=True) if text
        ]


@cache
def _defaults_of(model: type[Model]) -> tuple[Mapping[str, Any], Sequence[tuple[str, Callable[[], Any]]]]:
    """Return the defaults of all columns of a model, and how those are made that are others each time."""
    fields: list[Any] = [*model._meta.concrete_fields]
    made = [(field.attname, field.get_default) for field in fields if callable(field.default)]
    names = {name for name, _make in made}
    return {field.attname: None if field.attname in names else field.get_default() for field in fields}, made


@cache
def _table_of(model: type[Model]) -> _Table:
    return _Table(model)


def _saved(field: Any, rows: Sequence[Model]) -> list[Any]:
    """Return the values of a column; a time that Django would set is the same in all rows."""
    if isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add):
        now = timezone.now()
        for row in rows:
            setattr(row, field.attname, now)
        return [now] * len(rows)
    if type(field).pre_save is models.Field.pre_save:
        return list(map(attrgetter(field.attname), rows))
    return [field.pre_save(row, True) for row in rows]


def _array(values: Sequence[Any], text: Text) -> str:
    """Return values as the text of a PostgreSQL array. In most columns of many rows there stands the same."""
    first = values[0]
    if all(value is first for value in values):
        texts = ["NULL" if first is None else text(first)] * len(values)
    else:
        texts = ["NULL" if value is None else text(value) for value in values]
    return f"{{{','.join(texts)}}}"


def _text_of(field: Any) -> Text | None:
    """Return how a value stands in an array; None for fields that prepare their values in a way of their own."""
    field = field.target_field if field.is_relation else field
    prepare = type(field).get_prep_value, type(field).get_db_prep_value
    if not all(method.__module__.startswith("django.db.models.") for method in prepare):
        return None
    if isinstance(field, models.JSONField):
        encode = json.JSONEncoder().encode if field.encoder is None else field.encoder().encode
        return lambda value: _quoted(encode(value))
    if isinstance(field, models.UUIDField):
        return _uuid
    if isinstance(field, BARE):
        return str
    return _quoted if isinstance(field, models.CharField | models.TextField) else None


def _uuid(value: Any) -> str:
    return value.hex if type(value) is UUID else str(value)


def _quoted(value: Any) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
