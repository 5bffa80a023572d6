"""What must always hold for the catalog."""

from django.utils.translation import gettext_lazy as _

from o2o.kit.invariants import invariant


@invariant("catalog.price_is_that_in_force", _("A listing shows the price that is in force"))
def price_is_that_in_force() -> str:
    """Return the query for listings whose price has not followed its intervals for five minutes."""
    return """
        SELECT listing.id, listing.price, winner.price AS in_force
        FROM catalog_channellisting listing
        LEFT JOIN LATERAL (
            SELECT interval.price, interval.valid_from FROM catalog_priceinterval interval
            WHERE interval.listing_id = listing.id
              AND interval.valid_from <= clock_timestamp() - interval '5 minutes'
              AND (interval.valid_until IS NULL OR interval.valid_until > clock_timestamp())
              AND NOT EXISTS (SELECT FROM catalog_pricewithdrawal gone WHERE gone.interval_id = interval.id)
            ORDER BY interval.layer DESC, interval.id DESC LIMIT 1
        ) AS winner ON true
        WHERE winner.price IS NOT NULL AND winner.price <> listing.price
          AND listing.updated_at < clock_timestamp() - interval '5 minutes'"""


@invariant("catalog.gtins_are_right", _("Each GTIN has its right check digit"))
def gtins_are_right() -> str:
    """Return the query for variants whose GTIN has a wrong check digit."""
    return """
        SELECT id, sku, gtin FROM catalog_variant
        WHERE gtin <> '' AND (
            SELECT sum(substr(gtin, place, 1)::int * CASE WHEN place % 2 = 1 THEN 3 ELSE 1 END)
            FROM generate_series(1, 14) AS place
        ) % 10 <> 0"""


@invariant("catalog.rows_stay_with_their_merchant", _("Listings belong to the merchant of their variant"))
def rows_stay_with_their_merchant() -> str:
    """Return the query for listings of one merchant on a variant or channel of another."""
    return """
        SELECT listing.id FROM catalog_channellisting listing
        JOIN catalog_variant variant ON variant.id = listing.variant_id
        JOIN stores_saleschannel channel ON channel.id = listing.channel_id
        WHERE variant.merchant_id <> listing.merchant_id OR channel.merchant_id <> listing.merchant_id"""
