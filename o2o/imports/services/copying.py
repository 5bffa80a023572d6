"""Many rows in one go: by ``COPY`` into a table of the transaction, and from there by one statement.

PostgreSQL refuses ``COPY`` into a table with row-level security; the statement that follows passes its wall.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

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
