"""Orders that wait for a location, tried again."""

import uuid
from datetime import datetime

from channels.inventory.models import UnroutedDemand
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder
from channels.orders.services.routing import route_order


def waiting_orders(
    *, variant_id: uuid.UUID | None = None, after: uuid.UUID | None = None, limit: int = 200
) -> list[uuid.UUID]:
    """Return the orders that wait, oldest first, from behind one on; with a variant only those that want it."""
    waiting = FulfillmentOrder.objects.filter(location=None, state=FulfillmentState.OPEN)
    if variant_id is not None:
        waiting = waiting.filter(order_id__in=UnroutedDemand.objects.filter(variant_id=variant_id).values("order_id"))
    if after is not None:
        waiting = waiting.filter(order_id__gt=after)
    return list(waiting.order_by("order_id").values_list("order_id", flat=True).distinct()[:limit])


def retry_unrouted(*, at: datetime, variant_id: uuid.UUID | None = None, limit: int = 200) -> int:
    """Route the orders that wait once more, oldest first; return how many were tried.

    Call it outside a transaction: then each order is one of its own, and one that fails takes no other with it.
    """
    orders = waiting_orders(variant_id=variant_id, limit=limit)
    for order_id in orders:
        route_order(order_id=order_id, at=at, cause="tried again")
    return len(orders)
