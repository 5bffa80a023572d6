"""Named reads of stock."""

from channels.inventory.selectors.availability import Available, available_at_locations, available_to_promise
from channels.inventory.selectors.explaining import Term, TermRow, Waterfall, explain_available

__all__ = [
    "Available",
    "Term",
    "TermRow",
    "Waterfall",
    "available_at_locations",
    "available_to_promise",
    "explain_available",
]
