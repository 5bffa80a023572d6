"""One order book for all channels: orders, fulfilment, routing, pickup, returns."""
