"""Which orders and returns concern whom, and which ones a text means."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from channels.orders.models import FulfillmentOrder, Order
from o2o.kit.expressions import FEW, MANY, BeginsWith, IsAnyOf

SHORTEST_BEGINNING = 3


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


def orders_meant(text: str) -> Q:
    """Return the condition for orders whose number, id in the channel or customer there begins with a text.

    Fewer than three characters mean only the whole. Up to six queries tell how many orders begin so. Few are named by
    their ids. More are gathered before they are sorted, for numbers that begin alike are of one time, and a walk from
    the newest order would pass all later ones. Of very many, some are near.
    """
    text = text.replace("\0", "").strip()
    if not text:
        return Q()
    looks = [_named(column, text) for column in ("number", "external_id", "customer_reference")]
    found = [Order.objects.filter(look).order_by().values_list("pk", flat=True) for look in looks]
    few = [pk for ids in found for pk in ids[: FEW + 1]]
    if len(few) <= FEW:
        return Q(pk__in=few)
    if all(ids[: MANY + 1].count() <= MANY for ids in found):
        return Q(IsAnyOf("pk", found[0])) | Q(IsAnyOf("pk", found[1])) | Q(IsAnyOf("pk", found[2]))
    return looks[0] | looks[1] | looks[2]


def _named(column: str, text: str) -> Q:
    # The indexes leave out orders without an id there, and are sought only where the condition says so too.
    if len(text) < SHORTEST_BEGINNING:
        return Q(**{column: text})
    begins = Q(BeginsWith(column, text)) & ~Q(**{column: ""})
    return begins if text == text.upper() else begins | (Q(BeginsWith(column, text.upper())) & ~Q(**{column: ""}))
