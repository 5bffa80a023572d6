"""Products, listings, prices and their consistency, on screen."""

# isort: off
from channels.catalog.console import products, listings, prices, consistency, categories

__all__ = ["categories", "consistency", "listings", "prices", "products"]
