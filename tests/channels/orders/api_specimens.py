"""One thing of each kind that an address of orders names by its id."""

from tests.channels.orders.fulfillment_specimens import BODIES, SPECIMENS

__all__ = ["BODIES", "SPECIMENS"]
