"""Names for what holds or moves stock. Apps above know them; they sign up here.

@explains("order")
def order_names(ids: Collection[UUID]) -> Mapping[UUID, tuple[str, str]]:  # number and address of its page
"""

import uuid
from collections.abc import Callable, Collection, Mapping

Names = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, tuple[str, str]]]

_names: dict[str, Names] = {}


def explains(kind: str) -> Callable[[Names], Names]:
    """Register what returns the name and the address of the page of things of a kind; one query for any number."""

    def register(names: Names) -> Names:
        _names[kind] = names
        return names

    return register


def names_of(kind: str, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[str, str]]:
    """Return name and address of things of a kind; those that nobody knows are left out."""
    return _names[kind](ids) if ids and kind in _names else {}
