"""Orders that wait for a location, tried again."""

import uuid
from datetime import datetime

from channels.inventory.models import UnroutedDemand
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder
from channels.orders.services.routing import route_order


def retry_unrouted(*, at: datetime, variant_id: uuid.UUID | None = None, limit: int = 50) -> int:
    """Route the orders that wait once more, oldest first; return how many were tried.

    With a variant only those that want it. Each order is a savepoint of its own in the order of its lock.
    """
    waiting = FulfillmentOrder.objects.filter(location=None, state=FulfillmentState.OPEN)
    if variant_id is not None:
        waiting = waiting.filter(order_id__in=UnroutedDemand.objects.filter(variant_id=variant_id).values("order_id"))
    orders = list(dict.fromkeys(waiting.order_by("pk").values_list("order_id", flat=True)[: limit * 2]))[:limit]
    for order_id in sorted(orders):
        route_order(order_id=order_id, at=at, cause="tried again")
    return len(orders)
