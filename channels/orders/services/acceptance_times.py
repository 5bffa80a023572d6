"""When a store that got an order is reminded, when its backup gets it, and when it is routed anew.

Minutes count while the store is open. They begin at its first opening after the routing; an instant that would fall
into closed hours is counted anew, in full, from the next opening: nobody can answer between. A break that lies
wholly within the minutes is not noticed and counts, so that a store never has less than its minutes after an opening.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from channels.orders.models import AcceptancePolicy
from channels.stores.models import StockLocation
from channels.stores.selectors import opening_instants

Instant = tuple[uuid.UUID, str]
"""A location's id and the name of one of its instants."""


@dataclass(frozen=True, slots=True)
class Times:
    """The instants of one fulfilment; without any of them the store may take its time."""

    remind_at: datetime | None = None
    escalate_at: datetime | None = None
    accept_by: datetime | None = None
    accepts_automatically: bool = False


def times_to_accept(
    *,
    channel_id: uuid.UUID,
    opens_at: Mapping[uuid.UUID, datetime | None],
    locations: Mapping[uuid.UUID, StockLocation],
    at: datetime,
) -> dict[uuid.UUID, Times]:
    """Return the instants for each location of ``opens_at``; none for those of which no policy speaks.

    ``opens_at`` is the first instant from ``at`` on at which each is open. One query, and two for each different due.
    """
    policies = policies_for(channel_id=channel_id, location_ids=opens_at.keys())
    waits: dict[Instant, timedelta] = {}
    for location_id, policy in policies.items():
        if not policy.accepts_automatically:
            waits |= {(location_id, name): timedelta(minutes=minutes) for name, minutes in _minutes(policy).items()}
    due = _while_open(
        {instant: (opens_at[instant[0]] or at) + wait for instant, wait in waits.items()}, waits, locations
    )
    return {
        location_id: Times(
            accepts_automatically=policy.accepts_automatically,
            **{name: when for (place, name), when in due.items() if place == location_id},
        )
        for location_id, policy in policies.items()
    }


def policies_for(*, channel_id: uuid.UUID, location_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, AcceptancePolicy]:
    """Return the policy that holds at each location: its own, else the one of the whole channel. One query."""
    if not location_ids:
        return {}
    here = Q(location=None) | Q(location__in=list(location_ids))
    by_place = {policy.location_id: policy for policy in AcceptancePolicy.objects.filter(here, channel=channel_id)}
    found = {location_id: by_place.get(location_id) or by_place.get(None) for location_id in location_ids}
    return {location_id: policy for location_id, policy in found.items() if policy is not None}


def _minutes(policy: AcceptancePolicy) -> dict[str, int]:
    minutes = {
        "remind_at": policy.remind_minutes,
        "escalate_at": policy.escalate_minutes if policy.backup_location_id is not None else None,
        "accept_by": policy.accept_minutes,
    }
    return {name: count for name, count in minutes.items() if count is not None}


def _while_open(
    due: Mapping[Instant, datetime], waits: Mapping[Instant, timedelta], locations: Mapping[uuid.UUID, StockLocation]
) -> dict[Instant, datetime]:
    """Return the instants, those in closed hours counted from the next opening instead."""
    at_instant: dict[datetime, list[Instant]] = {}
    for instant, when in due.items():
        at_instant.setdefault(when, []).append(instant)
    moved = dict(due)
    for when, instants in at_instant.items():
        places = [locations[place] for place in dict.fromkeys(place for place, _name in instants)]
        opens = opening_instants(locations=places, at=when)
        for instant in instants:
            reopens_at = opens.get(instant[0])
            if reopens_at is not None and reopens_at > when:
                moved[instant] = reopens_at + waits[instant]
    return moved
