"""When a store that got an order is reminded, when its backup gets it, and when it is routed anew."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from channels.orders.models import AcceptancePolicy
from channels.stores.models import StockLocation


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
    """Return the instants for each location of ``opens_at``; none for those of which no policy speaks. One query."""
    policies = policies_for(channel_id=channel_id, location_ids=opens_at.keys())
    return {
        location_id: _times(policies[location_id], opens_at[location_id] or at)
        for location_id in opens_at
        if location_id in policies
    }


def policies_for(*, channel_id: uuid.UUID, location_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, AcceptancePolicy]:
    """Return the policy that holds at each location: its own, else the one of the whole channel. One query."""
    if not location_ids:
        return {}
    here = Q(location=None) | Q(location__in=list(location_ids))
    by_place = {policy.location_id: policy for policy in AcceptancePolicy.objects.filter(here, channel=channel_id)}
    found = {location_id: by_place.get(location_id) or by_place.get(None) for location_id in location_ids}
    return {location_id: policy for location_id, policy in found.items() if policy is not None}


def _times(policy: AcceptancePolicy, begins_at: datetime) -> Times:
    if policy.accepts_automatically:
        return Times(accepts_automatically=True)

    def after(minutes: int | None) -> datetime | None:
        return None if minutes is None else begins_at + timedelta(minutes=minutes)

    has_backup = policy.backup_location_id is not None
    return Times(
        remind_at=after(policy.remind_minutes),
        escalate_at=after(policy.escalate_minutes) if has_backup else None,
        accept_by=after(policy.accept_minutes),
    )
