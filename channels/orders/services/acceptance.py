"""How long a store may take to answer, from the moment a fulfilment is given to it."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from channels.orders.enums import FulfillmentState
from channels.orders.models import AcceptancePolicy, FulfillmentOrder
from channels.stores.hours import Calendar, add_open_time, next_opening

Policies = Mapping[tuple[uuid.UUID, uuid.UUID | None], AcceptancePolicy]
"""By channel and location; the one of the whole channel has no location."""


def load_policies() -> Policies:
    """Read all times to accept of the merchant in scope, for ``ReferenceData.get``. One query."""
    return {(row.channel_id, row.location_id): row for row in AcceptancePolicy.objects.all()}


def start_clock(
    fulfillment: FulfillmentOrder, policy: AcceptancePolicy | None, calendar: Calendar, *, at: datetime
) -> None:
    """Set when a store is reminded, when its backup is asked and when its time is over; or let it accept by itself.

    The clock runs while the store is open: it begins at the next opening and stands still overnight. One that does not
    open for 14 days is given the time from ``at`` on.
    """
    if policy is None:
        return
    if policy.accepts_automatically:
        fulfillment.state = FulfillmentState.ACCEPTED
        fulfillment.accepted_at = next_opening(calendar, at=at) or at
        return

    def after(minutes: int) -> datetime:
        duration = timedelta(minutes=minutes)
        return add_open_time(calendar, at=at, duration=duration) or at + duration

    fulfillment.accept_by = after(policy.accept_minutes)
    if policy.remind_minutes is not None:
        fulfillment.remind_at = after(policy.remind_minutes)
    if policy.escalate_minutes is not None and policy.backup_location_id not in (None, fulfillment.location_id):
        fulfillment.escalate_at = after(policy.escalate_minutes)
