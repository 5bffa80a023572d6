"""The prices of a variant over time and over channels."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from channels.catalog.models import ChannelListing, PriceInterval
from channels.catalog.selectors.prices import winner
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import current_merchant_id

COURSE = f"""
SELECT listing.id, moment.place, winner.price
FROM unnest(%(listings)s::uuid[]) AS listing (id)
CROSS JOIN unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS moment (at, place)
CROSS JOIN LATERAL {winner("listing.id", "moment.at")} AS winner
"""  # noqa: S608 - constants
MOST_PLANNED = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """A price that is to begin, or that runs and is to end."""

    interval: PriceInterval
    is_running: bool


def merchant_zone() -> ZoneInfo:
    """Return the time zone of the active merchant. One query."""
    name: str = Merchant.objects.values_list("time_zone", flat=True).get(pk=str(current_merchant_id()))
    return ZoneInfo(name)


def course(
    *, listings: Sequence[ChannelListing], moments: Sequence[datetime]
) -> Mapping[uuid.UUID, list[Decimal | None]]:
    """Return the price of each listing at each of some moments; None where it had none. One query."""
    found: dict[uuid.UUID, list[Decimal | None]] = {row.pk: [None] * len(moments) for row in listings}
    with connection.cursor() as cursor:
        cursor.execute(COURSE, {"listings": [str(row.pk) for row in listings], "moments": list(moments)})
        for listing_id, place, price in cursor.fetchall():
            found[listing_id][place - 1] = price
    return found


def planned_prices(*, listings: Sequence[ChannelListing], at: datetime, until: datetime) -> list[Planned]:
    """Return the prices that begin in a stretch, and those for a time that run, in order. One query."""
    ahead = Q(valid_from__gt=at, valid_from__lte=until)
    running = Q(valid_from__lte=at, valid_until__gt=at)
    rows = (
        PriceInterval.objects.filter(ahead | running, listing__in=listings, withdrawal=None)
        .select_related("listing__channel")
        .order_by("valid_from", "pk")[:MOST_PLANNED]
    )
    return [Planned(row, row.valid_from <= at) for row in rows]
