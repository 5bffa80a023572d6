"""What must always hold, as questions to the database whose right answer is nothing.

    @invariant("stock.on_hand_is_the_sum_of_movements", _("On hand is the sum of the movements"))
    def on_hand() -> str:
        return "SELECT ... FROM ... WHERE level.on_hand <> moved.quantity"

The function returns one ``SELECT`` over all merchants; each row of its answer is a violation. Apps keep them in
``invariants.py``, which is found by itself. ``manage.py check_invariants`` asks all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

Query = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must always hold, and the query for the rows for which it does not."""

    name: str
    label: str | Promise
    query: Query


_invariants: dict[str, Invariant] = {}


def invariant(name: str, label: str | Promise) -> Callable[[Query], Query]:
    """Register a function that returns the query for the violations; ``name`` reads ``app.what_holds``."""

    def register(query: Query) -> Query:
        _invariants[name] = Invariant(name, label, query)
        return query

    return register


def invariants() -> tuple[Invariant, ...]:
    """Return every registered invariant, by name."""
    return tuple(_invariants[name] for name in sorted(_invariants))
