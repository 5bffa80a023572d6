"""What is due by the clock: reminders, backup stores, answers that never came, pickups that nobody fetched.

Any number of tickers may run at once: an order is claimed with ``SKIP LOCKED``, and each act is a conditional update
that looks at its instant again.
"""

import uuid
from datetime import datetime
from functools import partial

import structlog
from django.db.models import Q, QuerySet

from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder
from channels.orders.services.acceptance import escalate, expire, remind_store
from channels.orders.services.pickup_deadlines import release_pickup, remind_of_pickup
from channels.orders.services.transitions import claim_order
from o2o.kit.errors import DomainError
from o2o.kit.locks import retried
from o2o.tenancy.scope import platform_transaction, tenant_transaction

logger = structlog.get_logger(__name__)

BATCH = 100


def merchants_with_due_clocks(*, at: datetime) -> list[uuid.UUID]:
    """Return the merchants for whom anything is due."""
    with platform_transaction():
        return list(_due(at).order_by("merchant").values_list("merchant", flat=True).distinct())


def tick_merchant(*, merchant_id: uuid.UUID, at: datetime, limit: int = BATCH) -> int:
    """Do what is due for up to ``limit`` orders of a merchant, each in a transaction of its own; return how many acts.

    An order that another ticker has claimed is left to it.
    """
    with tenant_transaction(merchant_id):
        # Oldest first would need a sort over three indexes; which order comes first matters to nobody.
        order_ids = list(_due(at).values_list("order", flat=True).distinct()[:limit])
    done = 0
    for order_id in order_ids:
        try:
            done += retried(partial(_tick_claimed, merchant_id, order_id, at))
        except DomainError as error:
            # The clocks of the other orders go on; the next tick tries this one again.
            logger.warning("order_not_ticked", order_id=str(order_id), code=error.code, detail=str(error.detail))
    return done


def tick_order(*, order_id: uuid.UUID, at: datetime) -> int:
    """Do what is due for an order whose row the caller has locked; return how many acts.

    In the order in which it fell due: the reminder, then the backup store. Where the time to accept is over as well,
    as after a pause of the tickers, the backup store is passed over: it would get no time to answer.
    """
    done = 0
    for fulfillment in FulfillmentOrder.objects.filter(_is_due(at), order=order_id).order_by("pk"):
        names = {"fulfillment_id": fulfillment.pk, "at": at}
        if fulfillment.state == FulfillmentState.READY:
            done += release_pickup(**names) or remind_of_pickup(**names)
            continue
        done += remind_store(**names)
        done += expire(**names) or escalate(**names)
    return done


def _tick_claimed(merchant_id: uuid.UUID, order_id: uuid.UUID, at: datetime) -> int:
    with tenant_transaction(merchant_id):
        return tick_order(order_id=order_id, at=at) if claim_order(order_id) else 0


def _due(at: datetime) -> QuerySet[FulfillmentOrder]:
    due: QuerySet[FulfillmentOrder] = FulfillmentOrder.objects.filter(_is_due(at))
    return due


def _is_due(at: datetime) -> Q:
    waits_for_answer = Q(remind_at__lte=at) | Q(escalate_at__lte=at) | Q(accept_by__lte=at)
    waits_for_customer = Q(pickup_remind_at__lte=at) | Q(pickup_by__lte=at)
    return Q(state=FulfillmentState.OPEN) & waits_for_answer | Q(state=FulfillmentState.READY) & waits_for_customer
