"""Work on orders that the clock or an event asks for. Each may run any number of times, and at once.

Each order is a transaction of its own: locks are short, and an order that fails takes no other with it.
"""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from celery import shared_task
from django.core.cache import cache

from channels.orders.services.clocks import due_steps
from channels.orders.services.retrying import waiting_orders
from channels.orders.services.routing import route_order
from o2o.kit import clock
from o2o.kit.locks import retried
from o2o.tenancy.acting import acting_for
from o2o.tenancy.scope import tenant_scope, tenant_transaction
from o2o.tenancy.selectors import active_merchant_ids
from o2o.tenancy.tasks import TenantTask

logger = structlog.get_logger(__name__)
AT_ONCE = 500
LIMITS: dict[str, Any] = {"soft_time_limit": 110, "time_limit": 120}


@shared_task(name="orders.tick", queue="critical", **LIMITS)
def tick() -> None:
    """Remind, pass on and take back what stores did not accept and customers did not fetch."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "orders.tick"):
            with tenant_transaction(merchant_id):
                steps = due_steps(at=clock.now())
            one_by_one(merchant_id, steps)


@shared_task(name="orders.retry_unrouted", queue="sync", **LIMITS)
def retry() -> None:
    """Try orders again that wait for a location: stores have opened, or have capacity again."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "orders.retry_unrouted"):
            _retry_next(merchant_id)


@shared_task(base=TenantTask, name="orders.retry_variant", queue="critical", **LIMITS)
def retry_variant(*, merchant_id: uuid.UUID, variant_id: str) -> None:
    """Route the orders that wait for a variant that has come."""
    with tenant_transaction(merchant_id):
        orders = waiting_orders(variant_id=uuid.UUID(variant_id))
    _route(merchant_id, orders)


retry_variant.in_transaction = False


def one_by_one(merchant_id: uuid.UUID, steps: Iterable[Callable[[], object]]) -> None:
    """Do each step in a transaction and scope of its own; one that fails is logged, and comes again with the clock."""
    for step in steps:

        def scoped() -> None:
            with tenant_scope(merchant_id):
                step()  # noqa: B023 - runs before the loop goes on

        try:
            retried(scoped)
        except Exception:
            logger.exception("order_step_failed")


def _retry_next(merchant_id: uuid.UUID) -> None:
    """Try the next orders; the round goes on behind them, so that those that wait in vain keep no others waiting."""
    place = f"orders.retry_unrouted:{merchant_id}"
    with tenant_transaction(merchant_id):
        orders = waiting_orders(after=cache.get(place), limit=AT_ONCE)
    cache.set(place, orders[-1] if len(orders) == AT_ONCE else None, timeout=None)
    _route(merchant_id, orders)


def _route(merchant_id: uuid.UUID, orders: Iterable[uuid.UUID]) -> None:
    one_by_one(
        merchant_id,
        [lambda pk=pk: route_order(order_id=pk, at=clock.now(), cause="tried again") for pk in orders],  # type: ignore[misc]
    )
