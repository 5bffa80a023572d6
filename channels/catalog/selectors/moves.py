"""What a wished price is measured by: the price that it replaces, and how the variant's prices moved before."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection

from channels.catalog.selectors.prices import regular

# The regular price of a day before the new one begins: many small steps within a day weigh as one. What a colleague
# approved since then stands in its place; a listing younger than that is measured by its first price.
MEASURES = f"""
SELECT asked.place, coalesce(approved.price, before.price, first.price)
FROM unnest(%(listings)s::uuid[], %(instants)s::timestamptz[]) WITH ORDINALITY AS asked (listing, at, place)
LEFT JOIN LATERAL (
    SELECT price FROM catalog_priceinterval
    WHERE listing_id = asked.listing AND layer = 0 AND is_approved
      AND valid_from > asked.at - interval '1 day' AND valid_from <= asked.at
    ORDER BY valid_from DESC, id DESC LIMIT 1
) AS approved ON true
LEFT JOIN LATERAL {regular("asked.listing", "(asked.at - interval '1 day')")} AS before ON true
LEFT JOIN LATERAL (
    SELECT price FROM catalog_priceinterval WHERE listing_id = asked.listing AND layer = 0 AND valid_from <= asked.at
    ORDER BY valid_from, id LIMIT 1
) AS first ON true
"""  # noqa: S608 - constants

# The latest moves of the regular price in each channel, and how far prices for a time lay from the regular one.
MOVES = f"""
SELECT listing.variant_id, moves.is_for_a_time, moves.move::float8
FROM catalog_channellisting listing
CROSS JOIN LATERAL (
    SELECT false AS is_for_a_time, ln(steps.price / steps.before) AS move FROM (
        SELECT price, lag(price) OVER (ORDER BY valid_from, id) AS before FROM (
            SELECT id, price, valid_from FROM catalog_priceinterval
            WHERE listing_id = listing.id AND layer = 0 AND valid_from <= %(at)s AND price > 0
            ORDER BY valid_from DESC, id DESC LIMIT %(most)s
        ) AS recent
    ) AS steps WHERE steps.before IS NOT NULL AND steps.price <> steps.before
    UNION ALL
    SELECT true, ln(dated.price / base.price) FROM (
        (SELECT price, valid_from FROM catalog_priceinterval
         WHERE listing_id = listing.id AND layer = 2 AND valid_from <= %(at)s AND price > 0
         ORDER BY valid_from DESC LIMIT %(most)s)
        UNION ALL
        (SELECT price, created_at FROM catalog_pricecycle
         WHERE listing_id = listing.id AND NOT is_held AND price > 0 ORDER BY id DESC LIMIT %(most)s)
    ) AS dated (price, since)
    CROSS JOIN LATERAL {regular("listing.id", "dated.since")} AS base
    WHERE base.price > 0
) AS moves
WHERE listing.variant_id = ANY(%(variants)s::uuid[])
"""  # noqa: S608 - constants

# What the variants cost in the other channels, by currency.
USUAL = """
SELECT variant_id, currency, percentile_disc(0.5) WITHIN GROUP (ORDER BY price)
FROM catalog_channellisting WHERE variant_id = ANY(%(variants)s::uuid[]) AND NOT awaits_price AND price > 0
GROUP BY variant_id, currency
"""
MOST_MOVES = 12


def measures(*, asked: Sequence[tuple[uuid.UUID, datetime]]) -> Sequence[Decimal | None]:
    """Return by which price each change is measured, given its listing and the instant at which it begins. One query.

    That is the regular price a day before, or the one that was approved since; None where there was no price.
    """
    with connection.cursor() as cursor:
        listings, instants = [str(pk) for pk, _at in asked], [at for _pk, at in asked]
        cursor.execute(MEASURES, {"listings": listings, "instants": instants})
        found = dict(cursor.fetchall())
    return [found.get(place) for place in range(1, len(asked) + 1)]


def moves_of(
    *, variant_ids: Collection[uuid.UUID], at: datetime
) -> tuple[Mapping[uuid.UUID, Sequence[float]], Mapping[uuid.UUID, Sequence[float]]]:
    """Return the moves of each variant's regular prices over all channels, and those with prices for a time. One query.

    They are logarithms of new over old price; at most twelve of each listing count.
    """
    regular_moves: dict[uuid.UUID, list[float]] = defaultdict(list)
    all_moves: dict[uuid.UUID, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        variants = [str(pk) for pk in variant_ids]
        cursor.execute(MOVES, {"variants": variants, "at": at, "most": MOST_MOVES + 1})
        for variant_id, is_for_a_time, move in cursor.fetchall():
            all_moves[variant_id].append(move)
            if not is_for_a_time:
                regular_moves[variant_id].append(move)
    return regular_moves, all_moves


def usual_prices(*, variant_ids: Collection[uuid.UUID]) -> Mapping[tuple[uuid.UUID, str], Decimal]:
    """Return the median price of each variant over its channels, by variant and currency. One query."""
    with connection.cursor() as cursor:
        cursor.execute(USUAL, {"variants": [str(pk) for pk in variant_ids]})
        return {(variant_id, currency): price for variant_id, currency, price in cursor.fetchall()}
