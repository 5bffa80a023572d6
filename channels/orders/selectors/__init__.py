"""Named reads of orders."""

from channels.orders.selectors.orders import orders_meant, orders_of_stores, returns_of_stores
from channels.orders.selectors.rules import rules_of_now, standing_of

__all__ = ["orders_meant", "orders_of_stores", "returns_of_stores", "rules_of_now", "standing_of"]
