"""Every write of the catalog."""

from channels.catalog.services.approving import approve_price_change, expire_held_prices, refuse_price_change
from channels.catalog.services.bulk import ListingOutcome, ListingWish, upsert_listings
from channels.catalog.services.categories import create_category, move_category, update_category
from channels.catalog.services.cycles import create_price_cycle, end_price_cycle, unroll_cycles
from channels.catalog.services.fixing import accept_deviation, fix_deviation, undo_fix
from channels.catalog.services.images import add_image_link, add_images, remove_image, set_images, update_image
from channels.catalog.services.listings import create_listing, set_visibility, update_listing
from channels.catalog.services.monitoring import (
    end_acceptances,
    look_again,
    look_at_all,
    look_at_all_tonight,
    look_at_batch,
    refresh_deviations,
)
from channels.catalog.services.picture_files import sweep_pictures
from channels.catalog.services.policies import remove_policy, set_policy
from channels.catalog.services.prices import PriceWish, publish_due_prices, set_price, set_prices, withdraw_price
from channels.catalog.services.products import (
    add_barcode,
    create_product,
    create_variant,
    set_barcodes,
    update_product,
    update_variant,
)

__all__ = [
    "ListingOutcome",
    "ListingWish",
    "PriceWish",
    "accept_deviation",
    "add_barcode",
    "add_image_link",
    "add_images",
    "approve_price_change",
    "create_category",
    "create_listing",
    "create_price_cycle",
    "create_product",
    "create_variant",
    "end_acceptances",
    "end_price_cycle",
    "expire_held_prices",
    "fix_deviation",
    "look_again",
    "look_at_all",
    "look_at_all_tonight",
    "look_at_batch",
    "move_category",
    "publish_due_prices",
    "refresh_deviations",
    "refuse_price_change",
    "remove_image",
    "remove_policy",
    "set_barcodes",
    "set_images",
    "set_policy",
    "set_price",
    "set_prices",
    "set_visibility",
    "sweep_pictures",
    "undo_fix",
    "unroll_cycles",
    "update_category",
    "update_image",
    "update_listing",
    "update_product",
    "update_variant",
    "upsert_listings",
    "withdraw_price",
]
