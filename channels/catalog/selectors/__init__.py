"""Named reads of the catalog."""

from channels.catalog.selectors.prices import Price, due_listings, prices_at

__all__ = ["Price", "due_listings", "prices_at"]
