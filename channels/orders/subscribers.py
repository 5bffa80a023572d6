"""What orders do when something happens to stock or catalog."""

from functools import partial

from django.db import transaction

from channels.inventory.events import StockAvailable
from o2o.events import Envelope, subscriber
from o2o.kit import bell
from o2o.tenancy.scope import current_merchant_id


@subscriber(StockAvailable, name="orders.retry_unrouted")
def route_what_waited(event: StockAvailable, _envelope: Envelope) -> None:
    """Ask a worker to route the orders that wait for a variant that has come.

    Not here: each order is to be a transaction of its own. A lost bell costs five minutes, until the clock tries all.
    """
    ring = partial(
        bell.ring, "orders.retry_variant", queue="critical", merchant_id=str(current_merchant_id()),
        variant_id=str(event.variant_id),
    )  # fmt: skip
    transaction.on_commit(ring, robust=True)
