"""Conditions that Django has no words for."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Func, QuerySet


class IsAnyOf(Func):
    """That a column is one of the values that a query returns: ``column = ANY(ARRAY(query))``.

    The query runs once, before the rest. As ``IN (query)`` among alternatives it would keep PostgreSQL from looking
    into the indexes of any of them, so that rare rows were sought through the whole table.
    """

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field: Any = BooleanField()

    def __init__(self, column: str, query: QuerySet[Any, Any]) -> None:
        super().__init__(column, ArraySubquery(query))
