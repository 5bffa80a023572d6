"""What can be promised, of a variant at a location and of a variant in a channel.

``free`` units of a level are those on hand that are neither allocated nor held by a hold that lives, beyond the safety
stock; none while the level is sold out. A channel can promise

    min( Σ free of the channel's locations − its unrouted demand,
         Σ free of all locations − what is left of the quotas of other channels,
         what is left of its own quota + what it may still take from the shared pool )

where the last two apply only to variants that have a quota in force. Exclusive units are counted over all locations.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

# Expired holds count in ``held`` until somebody ends them; there are few, and an index finds them.
FREE = """
SELECT level.variant_id, level.location_id,
       CASE WHEN level.sold_out_until > %(at)s THEN 0
            ELSE greatest(level.on_hand - level.allocated - level.held + coalesce(expired.quantity, 0)
                          - level.safety_stock, 0) END AS free
FROM inventory_stocklevel level
JOIN stores_stocklocation location ON location.id = level.location_id AND location.is_active
LEFT JOIN (
    SELECT hold.level_id, sum(hold.quantity)::int AS quantity FROM inventory_hold hold
    WHERE hold.state = 'active' AND hold.expires_at <= %(at)s GROUP BY hold.level_id
) AS expired ON expired.level_id = level.id
WHERE level.variant_id = ANY(%(variants)s::uuid[])
"""

# As texts: to make so many ids anew takes longer than the query itself, and the caller has them.
AT_LOCATIONS = f"""
SELECT variant_id::text, location_id::text, free
FROM ({FREE} AND level.location_id = ANY(%(locations)s::uuid[])) AS free
"""  # noqa: S608 - constants

# Channels that are served by the same locations share one sum: a chain has many channels and few such sets. Variants
# and channels are answered by their places in what was asked.
PROMISE = f"""
WITH free AS MATERIALIZED ({FREE}
), served AS (
    SELECT link.channel_id, array_agg(link.location_id ORDER BY link.location_id) AS locations,
           array_position(%(channels)s::uuid[], link.channel_id) AS place
    FROM stores_channellocation link
    JOIN stores_saleschannel channel ON channel.id = link.channel_id AND channel.is_active
    WHERE link.channel_id = ANY(%(channels)s::uuid[]) GROUP BY link.channel_id
), pattern AS (
    SELECT locations, row_number() OVER () AS number FROM (SELECT DISTINCT locations FROM served) AS distinct_sets
), pooled AS MATERIALIZED (
    SELECT pattern.number, free.variant_id, sum(free.free)::int AS free
    FROM pattern CROSS JOIN LATERAL unnest(pattern.locations) AS member (location_id)
    JOIN free ON free.location_id = member.location_id
    GROUP BY pattern.number, free.variant_id
), demand AS (
    SELECT variant_id, channel_id, sum(quantity)::int AS quantity FROM inventory_unrouteddemand
    WHERE variant_id = ANY(%(variants)s::uuid[]) GROUP BY variant_id, channel_id
), quota AS MATERIALIZED (
    SELECT variant_id, channel_id, greatest(exclusive - lent - used, 0) AS remaining,
           shared_limit - shared_used AS shared
    FROM inventory_channelquota
    WHERE variant_id = ANY(%(variants)s::uuid[])
      AND valid_from <= %(at)s AND (valid_until IS NULL OR valid_until > %(at)s)
), whole AS (
    SELECT quota.variant_id, quota.remaining, total.free
    FROM (SELECT variant_id, sum(remaining)::int AS remaining FROM quota GROUP BY variant_id) AS quota
    JOIN (SELECT variant_id, sum(free)::int AS free FROM free GROUP BY variant_id) AS total
      ON total.variant_id = quota.variant_id
)
SELECT variant.place, served.place,
       greatest(least(
           coalesce(pooled.free, 0) - coalesce(demand.quantity, 0),
           CASE WHEN whole.variant_id IS NOT NULL
                THEN whole.free - whole.remaining + coalesce(own.remaining, 0) END,
           CASE WHEN own.shared IS NOT NULL THEN own.remaining + own.shared END
       ), 0) AS quantity
FROM unnest(%(variants)s::uuid[]) WITH ORDINALITY AS variant (id, place)
CROSS JOIN served
JOIN pattern ON pattern.locations = served.locations
LEFT JOIN pooled ON pooled.number = pattern.number AND pooled.variant_id = variant.id
LEFT JOIN demand ON demand.variant_id = variant.id AND demand.channel_id = served.channel_id
LEFT JOIN whole ON whole.variant_id = variant.id
LEFT JOIN quota AS own ON own.variant_id = variant.id AND own.channel_id = served.channel_id
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Available:
    """Units of a variant that a channel can promise."""

    variant_id: uuid.UUID
    channel_id: uuid.UUID
    quantity: int


def available_at_locations(
    *, variant_ids: Collection[uuid.UUID], location_ids: Collection[uuid.UUID], at: datetime
) -> Mapping[tuple[uuid.UUID, uuid.UUID], int]:
    """Return the free units of each variant at each location. One query; places without a level are left out."""
    variants, locations = {str(pk): pk for pk in variant_ids}, {str(pk): pk for pk in location_ids}
    parameters: dict[str, Any] = {"variants": list(variants), "locations": list(locations), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(AT_LOCATIONS, parameters)
        return {(variants[variant], locations[location]): free for variant, location, free in cursor.fetchall()}


def available_to_promise(
    *, channel_ids: Collection[uuid.UUID], variant_ids: Collection[uuid.UUID], at: datetime
) -> list[Available]:
    """Return what each channel can promise of each variant. One query.

    Channels without a location are left out; a variant without stock has zero. One that may be sold beyond stock is
    counted like any other: what is promised beyond it is for the caller to say.
    """
    variants, channels = list(variant_ids), list(channel_ids)
    parameters: dict[str, Any] = {
        "channels": [str(pk) for pk in channels],
        "variants": [str(pk) for pk in variants],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(PROMISE, parameters)
        return [Available(variants[row - 1], channels[column - 1], units) for row, column, units in cursor.fetchall()]
