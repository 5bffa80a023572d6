"""The stores that a form may offer. Stores live in a package above; it tells here how to list them."""

import uuid
from collections.abc import Callable, Sequence

from o2o.tenancy.actor import Actor

LocationNames = Callable[[], Sequence[tuple[uuid.UUID, str]]]

_providers: list[LocationNames] = []


def provide_locations(provider: LocationNames) -> LocationNames:
    """Register what lists the stock locations of the merchant in scope, as pairs of id and name."""
    _providers[:] = [provider]
    return provider


def location_choices(actor: Actor | None = None) -> list[tuple[str, str]]:
    """Return the choices of a form field, only the stores of an actor who is named and bound to some.

    Empty while no app with stores is installed.
    """
    return [
        (str(location_id), name)
        for provider in _providers
        for location_id, name in provider()
        if actor is None or actor.may_at(location_id)
    ]


def location_names(ids: Sequence[uuid.UUID]) -> str:
    """Return the names of some stores; nothing, and no query, where there are none."""
    if not ids:
        return ""
    names = dict(location_choices())
    return ", ".join(names.get(str(location_id), str(location_id)[-6:]) for location_id in ids)
