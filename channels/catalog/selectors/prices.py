"""The price of listings at an instant, and what it was before."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from channels.catalog.enums import PriceLayer

# The index (listing, layer DESC, id DESC) is read from its first entry for each listing until one covers the instant.
WINNERS = """
SELECT listing.id, winner.id, winner.layer, winner.price, winner.compare_at_price, winner.valid_until
FROM unnest(%(listings)s::uuid[]) AS listing (id)
CROSS JOIN LATERAL (
    SELECT interval.id, interval.layer, interval.price, interval.compare_at_price, interval.valid_until
    FROM catalog_priceinterval interval
    WHERE interval.listing_id = listing.id
      AND interval.valid_from <= %(at)s AND (interval.valid_until IS NULL OR interval.valid_until > %(at)s)
      AND NOT EXISTS (SELECT FROM catalog_pricewithdrawal gone WHERE gone.interval_id = interval.id)
    ORDER BY interval.layer DESC, interval.id DESC
    LIMIT 1
) AS winner
"""

HISTORY = """
SELECT listing_id, price FROM (
    SELECT listing_id, price, id, row_number() OVER (PARTITION BY listing_id ORDER BY id DESC) AS place
    FROM catalog_priceinterval WHERE listing_id = ANY(%(listings)s::uuid[]) AND layer = %(base)s
) AS recent WHERE place <= %(most)s ORDER BY listing_id, id
"""

# What the listings say and what the intervals say, for those whose price begins or ends in the stretch.
DUE = """
SELECT DISTINCT listing_id FROM (
    (SELECT listing_id FROM catalog_priceinterval
     WHERE valid_from > %(since)s AND valid_from <= %(at)s ORDER BY valid_from LIMIT %(limit)s)
    UNION ALL
    (SELECT listing_id FROM catalog_priceinterval
     WHERE valid_until > %(since)s AND valid_until <= %(at)s ORDER BY valid_until LIMIT %(limit)s)
) AS moved
"""


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


def regular_history(*, listing_ids: Collection[uuid.UUID], most: int = 30) -> Mapping[uuid.UUID, Sequence[Decimal]]:
    """Return the latest regular prices of each listing, oldest first. One query."""
    found: dict[uuid.UUID, list[Decimal]] = defaultdict(list)
    with connection.cursor() as cursor:
        ids = [str(pk) for pk in listing_ids]
        cursor.execute(HISTORY, {"listings": ids, "base": PriceLayer.BASE.value, "most": most})
        for listing_id, price in cursor.fetchall():
            found[listing_id].append(price)
    return found


def due_listings(*, since: datetime, at: datetime, limit: int = 1000) -> list[uuid.UUID]:
    """Return listings with an interval that begins or ends after ``since`` and not after ``at``. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"since": since, "at": at, "limit": limit})
        return [row[0] for row in cursor.fetchall()]
