"""What happens to orders, for whoever listens."""

# isort: off
from channels.orders.events import fulfillment, orders

__all__ = ["fulfillment", "orders"]
