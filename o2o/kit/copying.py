"""Many rows in one go: by ``COPY`` into a table of the transaction, and from there by one statement.

PostgreSQL refuses ``COPY`` into a table with row-level security; the statement that follows passes its wall.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

# ``json.dumps`` with these options would make an encoder for each call.
_encoded = json.JSONEncoder(ensure_ascii=False, default=str).encode


def copy_then(
    *, columns: Mapping[str, str], rows: Iterable[Sequence[Any]], statement: str, parameters: Sequence[Any] = ()
) -> None:
    """Copy rows into the temporary table ``incoming`` with these columns and types, run the statement, drop the table.

    Names, types and statement are constants of the program. Values are None, numbers, truth values, UUIDs, times
    and texts, JSON included. A column of texts holds no NULL: there None is the empty text, as everywhere in Django.
    """
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    lines.seek(0)
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    texts = ", ".join(name for name, kind in columns.items() if kind.startswith(("text", "varchar")))
    options = f"FORMAT csv, FORCE_NOT_NULL ({texts})" if texts else "FORMAT csv"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE incoming ({declared}) ON COMMIT DROP")
        cursor.copy_expert(f"COPY pg_temp.incoming FROM STDIN ({options})", lines)
        cursor.execute(statement, list(parameters))
        cursor.execute("DROP TABLE pg_temp.incoming")


def as_json(value: Any) -> str:
    """Return a value as JSON; what JSON has no word for as its text."""
    return _encoded(value)


def storable(text: str) -> str:
    """Return a text that PostgreSQL takes: a NUL becomes its picture, half a surrogate pair a question mark."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")


def copy_rows(model: type[Model], *, names: Sequence[str], rows: Iterable[Sequence[Any]], **same: Any) -> None:
    """Insert rows of a model by ``COPY``: for thousands at a time, where to make objects would take most of the time.

    ``names`` are the columns in which rows differ, the key among them, in the order of each row's values; ``same``
    holds what all rows share. Any other column has the default of its field, and a time that Django would set is now.
    """
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    shared = {
        name: same[name] if name in same else _default(field) for name, field in fields.items() if name not in names
    }
    quoted = [connection.ops.quote_name(name) for name in (*names, *shared)]
    values = [*quoted[: len(names)], *(f"%s::{fields[name].db_type(connection)}" for name in shared)]
    table = connection.ops.quote_name(model._meta.db_table)
    copy_then(
        columns={quoted[place]: str(fields[name].db_type(connection)) for place, name in enumerate(names)},
        rows=rows,
        statement=f"INSERT INTO {table} ({', '.join(quoted)}) SELECT {', '.join(values)} FROM pg_temp.incoming",  # noqa: S608 - names of columns
        parameters=[fields[name].get_db_prep_save(value, connection) for name, value in shared.items()],
    )


def copy_changes(model: type[Model], *, objects: Sequence[Model], fields: Sequence[str]) -> None:
    """Write some fields of objects that are there already, by ``COPY``; nothing where there are no objects.

    ``bulk_update`` writes the same by a ``CASE`` of as many branches as there are objects for each field: with a
    thousand of them most of the time goes into that statement. None of the fields may hold JSON or a list.
    """
    if not objects:
        return
    written: list[Any] = [model._meta.pk, *map(model._meta.get_field, fields)]
    key, *quoted = [connection.ops.quote_name(field.column) for field in written]
    table = connection.ops.quote_name(model._meta.db_table)
    settings = ", ".join(f"{column} = incoming.{column}" for column in quoted)
    copy_then(
        columns={column: str(field.db_type(connection)) for column, field in zip((key, *quoted), written, strict=True)},
        rows=[[getattr(each, field.attname) for field in written] for each in objects],
        statement=f"UPDATE {table} AS kept SET {settings} FROM pg_temp.incoming WHERE kept.{key} = incoming.{key}",  # noqa: S608 - names of columns
    )


def _default(field: Any) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    return field.get_default()
