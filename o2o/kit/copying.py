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

NULL = "\\N"


def copy_then(
    *, columns: Mapping[str, str], rows: Iterable[Sequence[Any]], statement: str, parameters: Sequence[Any] = ()
) -> None:
    """Copy rows into the temporary table ``incoming`` with these columns and types, run the statement, drop the table.

    Names, types and statement are constants of the program. Values are None, numbers, UUIDs and texts, JSON included.
    """
    lines = io.StringIO()
    csv.writer(lines).writerows([NULL if value is None else value for value in row] for row in rows)
    lines.seek(0)
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE incoming ({declared}) ON COMMIT DROP")
        cursor.copy_expert(f"COPY pg_temp.incoming FROM STDIN (FORMAT csv, NULL '{NULL}')", lines)
        cursor.execute(statement, list(parameters))
        cursor.execute("DROP TABLE pg_temp.incoming")


def as_json(value: Any) -> str:
    """Return a value as the database keeps it: no NUL, no half of a surrogate pair."""
    return json.dumps(value, ensure_ascii=False, default=str)


def storable(text: str) -> str:
    """Return a text that PostgreSQL takes: a NUL becomes its picture, half a surrogate pair a question mark."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")


def copy_rows(rows: Sequence[Model]) -> None:
    """Insert rows of one model by ``COPY``: for thousands at a time, where ``bulk_create`` spends its time on text.

    The rows have their keys and all that the database demands; times that Django would set are set here.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]
    columns = {connection.ops.quote_name(str(field.column)): str(field.db_type(connection)) for field in fields}
    names = ", ".join(columns)
    table = connection.ops.quote_name(model._meta.db_table)
    copy_then(
        columns=columns,
        rows=([_copied(field, row) for field in fields] for row in rows),
        statement=f"INSERT INTO {table} ({names}) SELECT {names} FROM pg_temp.incoming",  # noqa: S608 - names of columns
    )


def _copied(field: Any, row: Model) -> Any:
    value = field.pre_save(row, add=True)
    if value is None or (isinstance(value, int | float | str) and not isinstance(value, bool)):
        return value
    if isinstance(value, dict | list):
        return as_json(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
