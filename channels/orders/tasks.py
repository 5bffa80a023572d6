"""The workers' side of fulfilment. Every task may run any number of times, and at once."""

import uuid

from celery import shared_task

from channels.orders.services.ticking import merchants_with_due_clocks, tick_merchant
from channels.orders.services.unrouted import merchants_with_unrouted, retry_unrouted
from o2o.kit import bell, clock
from o2o.tenancy.tasks import TenantTask

TICK, RETRY, RETRY_VARIANT = "orders.tick_merchant", "orders.retry_merchant", "orders.retry_variant"


@shared_task(name="orders.tick", queue="critical")
def tick() -> None:
    """Find the merchants for whom a clock has run out, and ring for each."""
    for merchant_id in merchants_with_due_clocks(at=clock.now()):
        bell.ring(TICK, merchant_id=str(merchant_id))


@shared_task(name=TICK, base=TenantTask, in_transaction=False, queue="critical")
def tick_one(*, merchant_id: uuid.UUID) -> None:
    """Remind, pass on, take back and release what is due for a merchant."""
    bell.answered(TICK, merchant_id=str(merchant_id))
    tick_merchant(merchant_id=merchant_id, at=clock.now())


@shared_task(name="orders.retry", queue="critical")
def retry() -> None:
    """Find the merchants whose orders wait for a location, and ring for each."""
    for merchant_id in merchants_with_unrouted():
        bell.ring(RETRY, queue="sync", merchant_id=str(merchant_id))


@shared_task(name=RETRY, base=TenantTask, in_transaction=False, queue="sync")
def retry_one(*, merchant_id: uuid.UUID) -> None:
    """Look for a location again: doors have opened, a day has begun, a bell was lost."""
    bell.answered(RETRY, merchant_id=str(merchant_id))
    retry_unrouted(merchant_id=merchant_id, at=clock.now())


@shared_task(name=RETRY_VARIANT, base=TenantTask, in_transaction=False, queue="critical")
def retry_variant(*, merchant_id: uuid.UUID, variant_id: str) -> None:
    """Look for a location for what waits for a variant of which there is stock again."""
    bell.answered(RETRY_VARIANT, merchant_id=str(merchant_id), variant_id=variant_id)
    retry_unrouted(merchant_id=merchant_id, variant_id=uuid.UUID(variant_id), at=clock.now())
