"""Orders that wait for a location, and looking for one again."""

import uuid
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db.models import F, Q, QuerySet

from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder
from channels.orders.services.routing import route_order
from channels.orders.services.transitions import claim_order
from o2o.kit.errors import DomainError
from o2o.kit.locks import retried
from o2o.tenancy.scope import platform_transaction, tenant_transaction

logger = structlog.get_logger(__name__)

BATCH = 100
# Stock that comes in rings at once; the rest (opening hours, capacity) changes slowly.
PAUSE = timedelta(minutes=1)


def merchants_with_unrouted() -> list[uuid.UUID]:
    """Return the merchants of whom an order waits for a location."""
    with platform_transaction():
        return list(_waiting().order_by("merchant").values_list("merchant", flat=True).distinct())


def retry_unrouted(
    *, merchant_id: uuid.UUID, at: datetime, variant_id: uuid.UUID | None = None, limit: int = BATCH
) -> int:
    """Look for a location again for up to ``limit`` orders; return for how many something changed.

    With ``variant_id``: for those that wait for it, the oldest first. Without: for those that were not tried within
    the last minute, the one tried longest ago first, so that no old order without hope keeps others from their turn.
    Each order is a transaction of its own, and one that somebody else works on is left to them.
    """
    with tenant_transaction(merchant_id):
        waiting = _waiting()
        if variant_id is None:
            waiting = waiting.filter(Q(tried_at=None) | Q(tried_at__lte=at - PAUSE))
            waiting = waiting.order_by(F("tried_at").asc(nulls_first=True), "pk")
        else:
            waiting = waiting.filter(lines__order_line__variant=variant_id, lines__quantity__gt=0).order_by("pk")
        order_ids = list(dict.fromkeys(waiting.values_list("order", flat=True)[:limit]))
    return sum(_retry(merchant_id, order_id, at) for order_id in order_ids)


def _retry(merchant_id: uuid.UUID, order_id: uuid.UUID, at: datetime) -> bool:
    try:
        return retried(partial(_route_claimed, merchant_id, order_id, at))
    except DomainError as error:
        # The others must not wait for an order that cannot be decided; the next round tries it again.
        logger.warning("order_not_routed", order_id=str(order_id), code=error.code, detail=str(error.detail))
        return False


def _route_claimed(merchant_id: uuid.UUID, order_id: uuid.UUID, at: datetime) -> bool:
    with tenant_transaction(merchant_id):
        return claim_order(order_id) and route_order(order_id=order_id, at=at, cause="retry") is not None


def _waiting() -> QuerySet[FulfillmentOrder]:
    waiting: QuerySet[FulfillmentOrder] = FulfillmentOrder.objects.filter(location=None, state=FulfillmentState.OPEN)
    return waiting
