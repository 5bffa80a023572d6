"""Channels, locations and hours, on screen."""

# isort: off
from channels.stores.console import locations, channels, pages, special_days

__all__ = ["channels", "locations", "pages", "special_days"]
