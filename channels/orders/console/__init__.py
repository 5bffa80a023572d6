"""Orders, what stores have to do for them, and what comes back, on screen."""

# isort: off
from channels.orders.console import orders, order_pages, fulfillments, fulfillment_pages, returns, return_pages, rules
from channels.orders.console import acceptance

__all__ = [
    "acceptance",
    "fulfillment_pages",
    "fulfillments",
    "order_pages",
    "orders",
    "return_pages",
    "returns",
    "rules",
]
