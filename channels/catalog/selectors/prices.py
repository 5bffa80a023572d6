"""The price of listings at an instant."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from channels.catalog.enums import PriceLayer

# One entry of the index (listing, layer, valid_from DESC, id DESC) answers for the regular price, which has no end. Of
# the recurring ones those of a day may cover the instant (LONGEST_WINDOW); of the scheduled ones there are few.
_LAYER = """
    (SELECT interval.id, interval.layer, interval.price, interval.compare_at_price, interval.valid_until
     FROM catalog_priceinterval interval
     WHERE interval.listing_id = {listing} AND interval.layer = {layer} AND interval.valid_from <= {at} {bound}
       AND (interval.valid_until IS NULL OR interval.valid_until > {at})
       AND NOT EXISTS (SELECT FROM catalog_pricewithdrawal gone
                       WHERE gone.interval_id = interval.id AND gone.withdrawn_at <= {at})
     ORDER BY interval.valid_from DESC, interval.id DESC LIMIT 1)"""


def regular(listing: str, at: str) -> str:
    """Return the subquery for the regular price of a listing at an instant, each given as an SQL expression."""
    return _LAYER.format(listing=listing, at=at, layer=PriceLayer.BASE.value, bound="")


def winner(listing: str, at: str) -> str:
    """Return the subquery for the price of a listing at an instant, each given as an SQL expression."""
    recent = f"AND interval.valid_from > {at} - interval '26 hours'"
    cyclic = _LAYER.format(listing=listing, at=at, layer=PriceLayer.CYCLIC.value, bound=recent)
    scheduled = _LAYER.format(listing=listing, at=at, layer=PriceLayer.SCHEDULED.value, bound="")
    layers = f"{scheduled} UNION ALL {cyclic} UNION ALL {regular(listing, at)}"
    return f"(SELECT * FROM ({layers}) AS layers ORDER BY layer DESC LIMIT 1)"  # noqa: S608 - constants of this file


WINNERS = f"""
SELECT listing.id, winner.id, winner.layer, winner.price, winner.compare_at_price, winner.valid_until
FROM unnest(%(listings)s::uuid[]) AS listing (id)
CROSS JOIN LATERAL {winner("listing.id", "%(at)s::timestamptz")} AS winner
"""  # noqa: S608 - constants of this file

# Listings whose price begins or ends in the stretch, and is another one than the listing says.
DUE = f"""
SELECT listing.id
FROM (
    SELECT listing_id FROM catalog_priceinterval WHERE valid_from > %(since)s AND valid_from <= %(at)s
    UNION
    SELECT listing_id FROM catalog_priceinterval WHERE valid_until > %(since)s AND valid_until <= %(at)s
) AS moved
JOIN catalog_channellisting listing ON listing.id = moved.listing_id
CROSS JOIN LATERAL {winner("listing.id", "%(at)s::timestamptz")} AS winner
WHERE (listing.price, listing.compare_at_price) IS DISTINCT FROM (winner.price, winner.compare_at_price)
LIMIT %(limit)s
"""  # noqa: S608 - constants of this file


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a listing at an instant, and the interval that says so."""

    interval_id: uuid.UUID
    layer: PriceLayer
    price: Decimal
    compare_at_price: Decimal | None
    valid_until: datetime | None


def prices_at(*, listing_ids: Collection[uuid.UUID], at: datetime) -> Mapping[uuid.UUID, Price]:
    """Return the price of each listing at an instant, past or to come. One query; listings without one are left out."""
    with connection.cursor() as cursor:
        cursor.execute(WINNERS, {"listings": [str(pk) for pk in listing_ids], "at": at})
        return {row[0]: Price(row[1], PriceLayer(row[2]), *row[3:]) for row in cursor.fetchall()}


def due_listings(*, since: datetime, at: datetime, limit: int = 1000) -> list[uuid.UUID]:
    """Return listings with another price than they show, of those that begin or end one after ``since``. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"since": since, "at": at, "limit": limit})
        return [row[0] for row in cursor.fetchall()]
