"""Rows of the lists of orders in the console."""

from tests.channels.orders import fulfillment_rows

__all__ = ["fulfillment_rows"]
