"""Every write of the catalog."""

from channels.catalog.services.categories import create_category, move_category, update_category
from channels.catalog.services.consistency import accept_deviation, fix_deviation, refresh_deviations, set_policy
from channels.catalog.services.cycles import create_price_cycle, end_price_cycle, unroll_cycles
from channels.catalog.services.listings import create_listing, set_visibility, update_listing
from channels.catalog.services.prices import (
    PriceWish,
    approve_price_change,
    publish_due_prices,
    refuse_price_change,
    set_price,
    set_prices,
    withdraw_price,
)
from channels.catalog.services.products import (
    add_barcode,
    create_product,
    create_variant,
    set_images,
    update_product,
    update_variant,
)

__all__ = [
    "PriceWish",
    "accept_deviation",
    "add_barcode",
    "approve_price_change",
    "create_category",
    "create_listing",
    "create_price_cycle",
    "create_product",
    "create_variant",
    "end_price_cycle",
    "fix_deviation",
    "move_category",
    "publish_due_prices",
    "refresh_deviations",
    "refuse_price_change",
    "set_images",
    "set_policy",
    "set_price",
    "set_prices",
    "set_visibility",
    "unroll_cycles",
    "update_category",
    "update_listing",
    "update_product",
    "update_variant",
    "withdraw_price",
]
