"""The monitor: whether the channels say the same of a product, by its policy."""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from babel.numbers import list_currencies
from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.catalog.models import ConsistencyMark, Deviation, Product
from channels.catalog.selectors.calendar import merchant_zone
from channels.catalog.selectors.prices import winner
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.services import start_job
from o2o.kit.locks import lock_rows
from o2o.kit.models import uuid7
from o2o.kit.money import smallest_unit

LOOK_AT_ALL = "catalog.consistency"
NIGHT = 3
"""The hour, local to the merchant, from which on the nightly look begins."""

_until = f"""
    least((SELECT valid_until FROM {winner("judged.id", "%(at)s::timestamptz")} AS own),
          (SELECT valid_until FROM {winner("judged.reference_id", "%(at)s::timestamptz")} AS other))
"""  # noqa: S608 - constants

# Each listing of the products beside the listing of its variant in the reference channel of its policy. What is
# expected is worked out here and nowhere else, to the smallest coin, so that what was put right stays right. Nothing is
# expected below the floor. ``until`` is when the price that deviates, or the one it is measured by, ends by itself.
FOUND = f"""
WITH listed AS (
    SELECT listing.id, listing.merchant_id, listing.price, listing.currency, listing.is_visible, listing.awaits_price,
           coalesce(nullif(listing.title, ''), product.name) AS title,
           coalesce(nullif(listing.description, ''), product.description) AS description,
           policy.tolerance_percent, policy.compares_visibility, policy.compares_text,
           reference.id AS reference_id, reference.channel_id AS reference_channel_id,
           reference.price AS reference_price, reference.is_visible AS reference_visible,
           coalesce(nullif(reference.title, ''), product.name) AS reference_title,
           coalesce(nullif(reference.description, ''), product.description) AS reference_description,
           coalesce(difference.percent, 0) AS percent,
           CASE WHEN reference.currency = listing.currency
                THEN round(reference.price * (1 + coalesce(difference.percent, 0) / 100), coin.places) END AS wanted,
           greatest(policy.floor_price, round(variant.cost * policy.floor_percent_of_cost / 100, coin.places)) AS floor
    FROM catalog_channellisting listing
    JOIN catalog_variant variant ON variant.id = listing.variant_id
    JOIN catalog_product product ON product.id = variant.product_id AND product.is_active
    JOIN stores_saleschannel channel ON channel.id = listing.channel_id AND channel.is_active
    JOIN LATERAL (
        SELECT * FROM catalog_consistencypolicy policy
        WHERE policy.merchant_id = listing.merchant_id
          AND (policy.product_id = variant.product_id OR policy.product_id IS NULL)
        ORDER BY policy.product_id NULLS LAST LIMIT 1
    ) AS policy ON true
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT odd.places FROM unnest(%(currencies)s::text[], %(places)s::int[])
                         AS odd (currency, places) WHERE odd.currency = listing.currency), 2) AS places
    ) AS coin
    LEFT JOIN catalog_channellisting reference
      ON reference.variant_id = listing.variant_id AND reference.channel_id = policy.reference_channel_id
     AND reference.id <> listing.id AND NOT reference.awaits_price
    LEFT JOIN catalog_intendeddifference difference
      ON difference.policy_id = policy.id AND difference.channel_id = listing.channel_id
    WHERE variant.product_id = ANY(%(products)s::uuid[]) AND variant.is_active AND NOT listing.awaits_price
), judged AS (
    SELECT listed.*, greatest(wanted, floor) AS expected FROM listed
), found AS (
    SELECT id, 'below_floor' AS kind, jsonb_build_object(
        'price', trim_scale(price)::text, 'expected', trim_scale(expected)::text, 'floor', trim_scale(floor)::text,
        'currency', currency, 'until', {_until}
    ) AS evidence
    FROM judged WHERE price < floor AND is_visible
    UNION ALL
    SELECT id, 'price', jsonb_build_object(
        'price', trim_scale(price)::text, 'expected', trim_scale(expected)::text, 'currency', currency,
        'reference_price', trim_scale(reference_price)::text, 'reference_channel_id', reference_channel_id,
        'tolerance_percent', trim_scale(tolerance_percent)::text, 'difference_percent', trim_scale(percent)::text,
        'lowest', trim_scale(expected - expected * tolerance_percent / 100)::text,
        'highest', trim_scale(expected + expected * tolerance_percent / 100)::text, 'until', {_until}
    )
    FROM judged
    WHERE wanted IS NOT NULL AND is_visible AND price >= coalesce(floor, 0)
      AND abs(price - expected) > expected * tolerance_percent / 100
    UNION ALL
    SELECT id, 'visibility', jsonb_build_object('visible', false, 'reference_channel_id', reference_channel_id)
    FROM judged WHERE compares_visibility AND reference_visible AND NOT is_visible
    UNION ALL
    SELECT id, 'text', jsonb_build_object(
        'fields', array_remove(ARRAY[CASE WHEN title <> reference_title THEN 'title' END,
                                     CASE WHEN description <> reference_description THEN 'description' END], NULL),
        'title', title, 'expected', reference_title, 'description', left(description, 300),
        'expected_description', left(reference_description, 300), 'mark', md5(description || reference_description),
        'reference_channel_id', reference_channel_id
    )
    FROM judged
    WHERE compares_text AND reference_id IS NOT NULL AND is_visible
      AND (title, description) IS DISTINCT FROM (reference_title, reference_description)
)
SELECT id, kind, jsonb_strip_nulls(evidence) FROM found ORDER BY id, kind
"""  # noqa: S608 - constants


def refresh_deviations(*, product_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Look at the listings of products; open what deviates, end what does no more; return how many are open.

    One that somebody accepted stays accepted until its evidence changes. The products are locked first, which keeps
    two looks at one product apart. A constant number of queries, however many products.
    """
    with transaction.atomic():
        rows = lock_rows(Product.objects.filter(pk__in=product_ids))
        return compare(product_ids=[row.pk for row in rows], at=at)


def look_again(*, at: datetime, limit: int = 500) -> int:
    """Look at products that were marked because something about them changed; return how many marks are done.

    Products that somebody is working on are left, with their marks, for the next time, so that this waits for nobody.
    A mark that is written meanwhile stays: whatever it tells of is looked at again.
    """
    with transaction.atomic():
        marks = dict(ConsistencyMark.objects.order_by("created_at").values_list("pk", "product_id")[: 4 * limit])
        products = list(dict.fromkeys(marks.values()))[:limit]
        taken, gone = _taken(products)
        compare(product_ids=taken, at=at)
        done = [pk for pk, product_id in marks.items() if product_id in taken or product_id in gone]
        ConsistencyMark.objects.filter(pk__in=done).delete()
        return len(done)


def look_at_batch(*, after: uuid.UUID | None, at: datetime, limit: int = 500) -> tuple[int, uuid.UUID | None]:
    """Look at the next products by id; return how many, and the last one or None at the end.

    Those that somebody is working on are marked, for ``look_again``.
    """
    with transaction.atomic():
        found = Product.objects.order_by("pk")
        rows = list((found.filter(pk__gt=after) if after else found).values_list("pk", flat=True)[:limit])
        taken, _gone = _taken(rows)
        compare(product_ids=taken, at=at)
        ConsistencyMark.objects.bulk_create(ConsistencyMark(product_id=pk) for pk in rows if pk not in taken)
        return len(rows), rows[-1] if len(rows) == limit else None


def look_at_all(*, night: str = "") -> Job:
    """Start the job that looks at every product of the merchant."""
    title = _("Consistency of all products")
    return start_job(kind=LOOK_AT_ALL, title=title, parameters={"night": night} if night else {})


def look_at_all_tonight(*, at: datetime) -> Job | None:
    """Start the nightly look where the merchant's night has come and it was not started yet."""
    local = at.astimezone(merchant_zone())
    night = local.date().isoformat()
    recent = Job.objects.filter(kind=LOOK_AT_ALL, created_at__gt=at - timedelta(days=2), parameters__night=night)
    return None if local.hour < NIGHT or recent.exists() else look_at_all(night=night)


def end_acceptances(*, at: datetime) -> int:
    """Let deviations be heard of again whose acceptance has run out; return how many."""
    over = Deviation.objects.filter(is_accepted=True, accepted_until__lte=at)
    return int(over.update(is_accepted=False, accepted_until=None, updated_at=at))


def compare(*, product_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Write what deviates now in the listings of locked products; return how many deviations are open."""
    if not product_ids:
        return 0
    open_rows = {
        (row.listing_id, row.kind): row
        for row in Deviation.objects.filter(listing__variant__product__in=product_ids, ended_at=None)
    }
    found = _found(product_ids, at)
    gone = [row.pk for key, row in open_rows.items() if key not in found]
    other = [row for key, row in open_rows.items() if key in found and row.evidence != found[key]]
    if gone:
        Deviation.objects.filter(pk__in=gone).update(ended_at=at, updated_at=at)
    for row in other:
        row.evidence, row.updated_at = found[row.listing_id, row.kind], at
        row.is_accepted, row.accepted_until = False, None
    Deviation.objects.bulk_update(other, ("evidence", "is_accepted", "accepted_until", "updated_at"))
    Deviation.objects.bulk_create(
        [
            Deviation(id=uuid7(), listing_id=listing_id, kind=kind, evidence=evidence, found_at=at)
            for (listing_id, kind), evidence in found.items()
            if (listing_id, kind) not in open_rows
        ]
    )
    return len(found)


def _taken(product_ids: Collection[uuid.UUID]) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Lock the products that nobody else holds; return them, and those that are no more."""
    if not product_ids:
        return set(), set()
    rows = Product.objects.filter(pk__in=product_ids).order_by("pk").select_for_update(skip_locked=True, no_key=True)
    taken = {row.pk for row in rows.only("pk")}
    there = set(Product.objects.filter(pk__in=product_ids).values_list("pk", flat=True))
    return taken, set(product_ids) - there


def _found(product_ids: Collection[uuid.UUID], at: datetime) -> dict[tuple[uuid.UUID, str], dict[str, Any]]:
    odd = _odd_currencies()
    asked: dict[str, Any] = {
        "products": [str(pk) for pk in product_ids],
        "at": at,
        "currencies": list(odd),
        "places": list(odd.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(FOUND, asked)
        return {
            (listing_id, kind): evidence if isinstance(evidence, dict) else json.loads(evidence)
            for listing_id, kind, evidence in cursor.fetchall()
        }


@cache
def _odd_currencies() -> Mapping[str, int]:
    """Return how many places the currencies have that do not have two."""
    places = {code: -int(smallest_unit(code).as_tuple().exponent) for code in sorted(list_currencies())}
    return {code: count for code, count in places.items() if count != 2}
