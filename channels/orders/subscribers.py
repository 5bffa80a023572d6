"""What orders do when something happens to stock or catalog."""

from channels.inventory.events import StockAvailable
from channels.orders.services.retrying import retry_unrouted
from o2o.events import Envelope, subscriber
from o2o.kit import clock


@subscriber(StockAvailable, name="orders.retry_unrouted")
def route_what_waited(event: StockAvailable, _envelope: Envelope) -> None:
    """Route the orders that wait for a variant that has come."""
    retry_unrouted(variant_id=event.variant_id, at=clock.now())
