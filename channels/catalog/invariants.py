"""What must always hold for the catalog."""

from django.utils.translation import gettext_lazy as _

from channels.catalog.selectors.prices import winner
from o2o.kit.invariants import invariant


@invariant("catalog.price_is_that_in_force", _("A listing shows the price that is in force"))
def price_is_that_in_force() -> str:
    """Return the query for listings whose price has not followed its intervals for five minutes."""
    return f"""
        SELECT listing.id, listing.price, winner.price AS in_force
        FROM catalog_channellisting listing
        CROSS JOIN LATERAL {winner("listing.id", "clock_timestamp()")} AS winner
        CROSS JOIN LATERAL {winner("listing.id", "(clock_timestamp() - interval '5 minutes')")} AS before
        WHERE winner.price <> listing.price AND before.price <> listing.price
          AND listing.updated_at < clock_timestamp() - interval '5 minutes'"""  # noqa: S608 - constants


@invariant("catalog.listings_have_a_price", _("Each listing has a price in force, or waits for its first one"))
def listings_have_a_price() -> str:
    """Return the query for listings that are offered for nothing known."""
    return f"""
        SELECT listing.id FROM catalog_channellisting listing
        WHERE NOT listing.awaits_price AND NOT EXISTS (
            SELECT FROM {winner("listing.id", "clock_timestamp()")} AS winner
        ) AND listing.created_at < clock_timestamp() - interval '5 minutes'"""  # noqa: S608 - constants


@invariant("catalog.monitor_keeps_up", _("Changed products are compared again within ten minutes"))
def monitor_keeps_up() -> str:
    """Return the query for products whose change the monitor has not looked at."""
    return """
        SELECT product_id, min(created_at) AS since FROM catalog_consistencymark
        WHERE created_at < clock_timestamp() - interval '10 minutes' GROUP BY product_id"""


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
