"""Whether the channels say the same of a product, by its policy, and putting it right in one step."""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.catalog.enums import DeviationKind
from channels.catalog.models import (
    ChannelListing,
    ConsistencyPolicy,
    Deviation,
    IntendedDifference,
    PriceChangeRequest,
    PriceInterval,
)
from channels.catalog.services.listings import set_visibility, update_listing
from channels.catalog.services.prices import PriceWish, set_price
from channels.catalog.services.products import locked
from o2o.kit.errors import InvalidError
from o2o.kit.models import uuid7
from o2o.kit.money import Money

# Each listing of the products beside the listing of its variant in the reference channel of its policy. What is
# expected is worked out here and nowhere else; prices are rounded to cents, since a tolerance follows them anyway.
FOUND = """
WITH judged AS (
    SELECT listing.id, listing.merchant_id, listing.price, listing.currency, listing.is_visible, listing.title,
           listing.description, variant.cost, policy.id AS policy_id, policy.tolerance_percent, policy.floor_price,
           policy.floor_percent_of_cost, policy.compares_visibility, policy.compares_text,
           reference.id AS reference_id, reference.price AS reference_price, reference.currency AS reference_currency,
           reference.is_visible AS reference_visible, reference.title AS reference_title,
           reference.description AS reference_description, coalesce(difference.percent, 0) AS percent,
           round(reference.price * (1 + coalesce(difference.percent, 0) / 100), 2) AS wanted,
           greatest(policy.floor_price, round(variant.cost * policy.floor_percent_of_cost / 100, 2)) AS floor
    FROM catalog_channellisting listing
    JOIN catalog_variant variant ON variant.id = listing.variant_id
    JOIN stores_saleschannel channel ON channel.id = listing.channel_id AND channel.is_active
    JOIN LATERAL (
        SELECT * FROM catalog_consistencypolicy policy
        WHERE policy.merchant_id = listing.merchant_id
          AND (policy.product_id = variant.product_id OR policy.product_id IS NULL)
        ORDER BY policy.product_id NULLS LAST LIMIT 1
    ) AS policy ON true
    LEFT JOIN catalog_channellisting reference
      ON reference.variant_id = listing.variant_id AND reference.channel_id = policy.reference_channel_id
    LEFT JOIN catalog_intendeddifference difference
      ON difference.policy_id = policy.id AND difference.channel_id = listing.channel_id
    WHERE variant.product_id = ANY(%(products)s::uuid[]) AND variant.is_active
), found AS (
    SELECT id, merchant_id, 'below_floor' AS kind,
           jsonb_build_object('price', price::text, 'floor', floor::text, 'currency', currency) AS evidence
    FROM judged WHERE floor IS NOT NULL AND price < floor AND is_visible
    UNION ALL
    SELECT id, merchant_id, 'price',
           jsonb_build_object('price', price::text, 'expected', wanted::text, 'currency', currency,
                              'tolerance_percent', tolerance_percent::text, 'difference_percent', percent::text)
    FROM judged
    WHERE reference_id IS NOT NULL AND reference_id <> id AND is_visible AND currency = reference_currency
      AND abs(price - wanted) > wanted * tolerance_percent / 100
    UNION ALL
    SELECT id, merchant_id, 'visibility', jsonb_build_object('visible', false)
    FROM judged WHERE compares_visibility AND reference_visible AND NOT is_visible
    UNION ALL
    SELECT id, merchant_id, 'text',
           jsonb_build_object('title', title, 'expected', coalesce(reference_title, ''))
    FROM judged
    WHERE compares_text AND reference_id IS NOT NULL AND reference_id <> id AND is_visible
      AND (title, description) IS DISTINCT FROM (reference_title, reference_description)
)
SELECT id, kind, evidence FROM found ORDER BY id, kind
"""


def set_policy(
    *,
    reference_channel_id: uuid.UUID,
    at: datetime,
    product_id: uuid.UUID | None = None,
    differences: Mapping[uuid.UUID, Decimal] | None = None,
    tolerance_percent: Decimal = Decimal(0),
    floor_price: Decimal | None = None,
    floor_percent_of_cost: Decimal | None = None,
    compares_visibility: bool = True,
    compares_text: bool = True,
) -> ConsistencyPolicy:
    """Set what a product's listings must have in common; without one, for all products that have no policy."""
    if tolerance_percent < 0:
        raise InvalidError(_("A tolerance is not negative."), field="tolerance_percent")
    with transaction.atomic():
        policy, _is_new = ConsistencyPolicy.objects.update_or_create(
            product_id=product_id,
            defaults={
                "reference_channel_id": reference_channel_id,
                "tolerance_percent": tolerance_percent,
                "floor_price": floor_price,
                "floor_percent_of_cost": floor_percent_of_cost,
                "compares_visibility": compares_visibility,
                "compares_text": compares_text,
            },
        )
        policy.differences.all().delete()
        IntendedDifference.objects.bulk_create(
            IntendedDifference(policy=policy, channel_id=channel_id, percent=percent)
            for channel_id, percent in sorted((differences or {}).items())
        )
        return policy


def refresh_deviations(*, product_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Look at the listings of products; open what deviates, end what does no more; return how many are open.

    One that somebody accepted stays accepted until its evidence changes. Four queries, however many products.
    """
    with transaction.atomic():
        listings = list(ChannelListing.objects.filter(variant__product_id__in=product_ids).values_list("pk", flat=True))
        open_rows = {
            (row.listing_id, row.kind): row
            for row in Deviation.objects.select_for_update().filter(listing__in=listings, ended_at=None).order_by("pk")
        }
        found = _found(product_ids)
        gone = [row.pk for key, row in open_rows.items() if key not in found]
        other = [row for key, row in open_rows.items() if key in found and row.evidence != found[key]]
        Deviation.objects.filter(pk__in=gone).update(ended_at=at, updated_at=at)
        for row in other:
            row.evidence, row.is_accepted, row.updated_at = found[row.listing_id, row.kind], False, at
        Deviation.objects.bulk_update(other, ("evidence", "is_accepted", "updated_at"))
        Deviation.objects.bulk_create(
            [
                Deviation(id=uuid7(), listing_id=listing_id, kind=kind, evidence=evidence, found_at=at)
                for (listing_id, kind), evidence in found.items()
                if (listing_id, kind) not in open_rows
            ],
            # Two at once may find the same; the constraint keeps one.
            ignore_conflicts=True,
        )
        return len(found)


def fix_deviation(*, deviation_id: uuid.UUID, at: datetime) -> PriceInterval | PriceChangeRequest | None:
    """Put a listing right: its price, visibility or text as its policy wants it.

    A price goes the way of all prices, so the alarm may hold it. Raises ``InvalidError`` where it was put right before.
    """
    with transaction.atomic():
        deviation = locked(Deviation, deviation_id)
        if deviation.ended_at is not None:
            raise InvalidError(_("It has been put right already."))
        listing = ChannelListing.objects.select_related("variant").get(pk=deviation.listing_id)
        done = _fix(deviation, listing, at)
        refresh_deviations(product_ids=[listing.variant.product_id], at=at)
        return done


def accept_deviation(*, deviation_id: uuid.UUID, at: datetime) -> Deviation:
    """Say that a deviation is meant; it is quiet until its evidence changes."""
    with transaction.atomic():
        deviation = locked(Deviation, deviation_id)
        deviation.is_accepted = True
        deviation.save(update_fields=["is_accepted", "updated_at"])
        return deviation


def _fix(deviation: Deviation, listing: ChannelListing, at: datetime) -> PriceInterval | PriceChangeRequest | None:
    match deviation.kind:
        case DeviationKind.VISIBILITY:
            set_visibility(listing_ids=[listing.pk], is_visible=True, at=at)
        case DeviationKind.TEXT:
            reference = _reference_of(listing)
            update_listing(listing_id=listing.pk, at=at, title=reference.title, description=reference.description)
        case _price:
            wanted = deviation.evidence.get("expected") or deviation.evidence["floor"]
            amount = Money.rounded(Decimal(wanted), listing.currency).amount
            return set_price(wish=PriceWish(listing.pk, amount, listing.compare_at_price, reason="consistency"), at=at)
    return None


def _reference_of(listing: ChannelListing) -> ChannelListing:
    own = ConsistencyPolicy.objects.filter(product_id=listing.variant.product_id)
    policy: Any = own.first() or ConsistencyPolicy.objects.get(product_id=None)
    found: ChannelListing = ChannelListing.objects.get(
        variant_id=listing.variant_id, channel_id=policy.reference_channel_id
    )
    return found


def _found(product_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, str], dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {"products": [str(pk) for pk in product_ids]})
        return {
            (listing_id, kind): evidence if isinstance(evidence, dict) else json.loads(evidence)
            for listing_id, kind, evidence in cursor.fetchall()
        }
