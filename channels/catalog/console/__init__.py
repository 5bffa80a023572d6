"""Products, listings, prices and their consistency, on screen."""

# isort: off
from channels.catalog.console import products, codes, listings, calendar, prices, consistency, policies, categories

__all__ = ["calendar", "categories", "codes", "consistency", "listings", "policies", "prices", "products"]
