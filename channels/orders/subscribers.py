"""What orders do when something happened elsewhere."""

from functools import partial

from django.db import transaction

from channels.inventory.events import StockAvailable
from o2o.events import Envelope, subscriber
from o2o.kit import bell


@subscriber(StockAvailable, name="orders.retry_unrouted")
def retry_what_waits(event: StockAvailable, envelope: Envelope) -> None:
    """Ring for what waits for the variant. Each order is routed in a transaction of its own, so not in this one."""
    names = {"merchant_id": str(envelope.merchant_id), "variant_id": str(event.variant_id)}
    transaction.on_commit(partial(bell.ring, "orders.retry_variant", **names), robust=True)
