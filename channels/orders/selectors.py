"""Which orders and returns concern whom."""

import uuid
from collections.abc import Collection

from django.db.models import Q

from channels.orders.models import FulfillmentOrder


def orders_of_stores(location_ids: Collection[uuid.UUID] | None) -> Q:
    """Return the condition for orders that were placed for some stores or have a part there (None: all orders)."""
    if location_ids is None:
        return Q()
    parts = FulfillmentOrder.objects.filter(location__in=location_ids).values("order_id")
    return Q(location__in=location_ids) | Q(pk__in=parts)


def returns_of_stores(location_ids: Collection[uuid.UUID] | None) -> Q:
    """Return the condition for returns to some stores (None: all returns); one that may go anywhere is everybody's."""
    return Q() if location_ids is None else Q(location__in=location_ids) | Q(location=None)
