"""Products, listings, prices and their consistency, on screen."""

# isort: off
from channels.catalog.console import (
    products,
    codes,
    images,
    listings,
    calendar,
    prices,
    consistency,
    policies,
    categories,
)

__all__ = ["calendar", "categories", "codes", "consistency", "images", "listings", "policies", "prices", "products"]
