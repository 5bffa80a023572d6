"""Conditions that Django has no words for."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Func, Q, QuerySet, Subquery, UUIDField, Value

FEW = 1000
MANY = 50_000


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


class BeginsWith(Func):
    """That a column begins with a text: ``column ^@ text``, to be filtered by.

    Unlike ``LIKE``, of which Django makes ``startswith``, the operator gives no row away to whoever may not see it, so
    that PostgreSQL looks for it in an index although row-level security guards the table.
    """

    template = "(%(expressions)s)"
    arg_joiner = " ^@ "
    output_field: Any = BooleanField()

    def __init__(self, column: str, text: str) -> None:
        super().__init__(column, Value(text))


class IsOneOf(Func):
    """That a column is one of some ids, of which the planner sees neither value nor number.

    It looks each of them up. Of a plain list it would guess how soon rows are met on a walk, and what was made at one
    time lies together, far from the beginning.
    """

    template = "%(expressions)s)))"
    arg_joiner = " = ANY(ARRAY(SELECT unnest("
    output_field: Any = BooleanField()

    def __init__(self, column: str, ids: Sequence[uuid.UUID]) -> None:
        super().__init__(column, Value(list(ids), output_field=ArrayField(UUIDField())))


class IsHeldBy(Func):
    """That a column is one of the values of a query, which are put into a table of hashes first.

    A bare ``IN`` becomes a join, for which PostgreSQL looks into the other table at each row that it walks over. The
    values must fit into the memory of one operation: some tens of thousands do.
    """

    template = "(%(expressions)s) IS TRUE"
    arg_joiner = " IN "
    output_field: Any = BooleanField()

    def __init__(self, column: str, query: QuerySet[Any, Any]) -> None:
        super().__init__(column, Subquery(query))


def few_or_many(column: str, query: QuerySet[Any, Any]) -> Q:
    """Return the condition that a column is one of the ids that a query of one column returns.

    Two queries at most tell how many there are. Few are looked up one by one; of many some are met soon, in whatever
    order the rows are walked through, if each row on the way is only compared.
    """
    few = list(query[: FEW + 1])
    if len(few) <= FEW:
        return Q(IsOneOf(column, few))
    return Q(IsHeldBy(column, query)) if query[: MANY + 1].count() <= MANY else Q(**{f"{column}__in": query})
