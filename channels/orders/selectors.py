"""Which orders and returns concern whom."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from channels.orders.models import FulfillmentOrder

FEW = 1000


def orders_of_stores(location_ids: Collection[uuid.UUID] | None) -> Q:
    """Return the condition for orders that were placed for some stores or have a part there (None: all orders).

    Asks one query for a handful of ids first, so that the condition fits stores with few orders and with many.
    """
    if location_ids is None:
        return Q()
    placed = Q(location__in=location_ids)
    parts = FulfillmentOrder.objects.filter(location__in=location_ids).order_by()
    # Few are looked up one by one. Of many some are met soon, in whatever order the orders are walked through.
    few = list(parts.values_list("order_id", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return placed | Q(pk__in=few)
    return placed | Q(Exists(parts.filter(order=OuterRef("pk"))))


def returns_of_stores(location_ids: Collection[uuid.UUID] | None) -> Q:
    """Return the condition for returns to some stores (None: all returns); one that may go anywhere is everybody's."""
    return Q() if location_ids is None else Q(location__in=location_ids) | Q(location=None)
