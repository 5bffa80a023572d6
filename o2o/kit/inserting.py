"""Rows of several tables in one round trip: for acts that write a little of much."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model


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
    # The proxy would look for the connection of this thread at every value.
    connection = connections[DEFAULT_DB_ALIAS]
    statements: list[str] = []
    values: list[Any] = []
    for model, members in tables.items():
        beginning, fields = _insert_into(model)
        place = f"({', '.join(['%s'] * len(fields))})"
        statements.append(beginning + ", ".join([place] * len(members)))
        for row in members:
            values += [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(statements), values)
    for members in tables.values():
        for row in members:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insert_into(model: type[Model]) -> tuple[str, Sequence[Any]]:
    """Return the beginning of a model's statement, and the fields whose values it takes."""
    fields = [
        field for field in model._meta.local_concrete_fields if not field.generated and not field.has_db_default()
    ]
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ", fields  # noqa: S608 - names of columns
