"""Work on prices and listings that the clock asks for. Each may run any number of times, and at once.

Each step is a transaction of its own, so that locks are short and what is done stays done.
"""

import uuid
from collections.abc import Callable
from datetime import datetime

import structlog
from celery import shared_task

from channels.catalog.services import (
    end_acceptances,
    expire_held_prices,
    look_again,
    look_at_all_tonight,
    publish_due_prices,
    sweep_pictures,
    unroll_cycles,
)
from o2o.kit import clock
from o2o.kit.locks import retried
from o2o.tenancy.acting import acting_for
from o2o.tenancy.rounds import each_merchant
from o2o.tenancy.scope import tenant_scope
from o2o.tenancy.selectors import active_merchant_ids

logger = structlog.get_logger(__name__)
BATCH = 1000
MARKS = 500


@shared_task(name="catalog.publish_prices", queue="sync", soft_time_limit=55, time_limit=60)
def publish_prices() -> None:
    """Put into force the prices that begin or end now, and end what has waited too long."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "catalog.publish_prices"):
            until_done(merchant_id, lambda at: publish_due_prices(at=at, limit=BATCH), full=BATCH)
            until_done(merchant_id, lambda at: expire_held_prices(at=at, limit=BATCH), full=BATCH)
            until_done(merchant_id, lambda at: end_acceptances(at=at))


@shared_task(name="catalog.look_again", queue="sync", soft_time_limit=110, time_limit=120)
def look_at_marks() -> None:
    """Look at the products again about which something changed."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "catalog.look_again"):
            until_done(merchant_id, lambda at: look_again(at=at, limit=MARKS), full=1)


@shared_task(name="catalog.look_tonight", queue="batch")
def look_tonight() -> None:
    """Start the nightly look at all products where the night has come."""
    each_merchant(lambda: look_at_all_tonight(at=clock.now()), name="catalog.look_tonight")


@shared_task(name="catalog.unroll_cycles", queue="batch")
def unroll_price_cycles() -> None:
    """Unroll recurring prices 60 days ahead."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "catalog.unroll_cycles"):
            until_done(merchant_id, lambda at: unroll_cycles(at=at), full=500)


@shared_task(name="catalog.sweep_pictures", queue="batch")
def sweep_unused_pictures() -> None:
    """Remove files of pictures that no product shows."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "catalog.sweep_pictures"):
            try:
                sweep_pictures(merchant_id=merchant_id, at=clock.now())
            except Exception:
                logger.exception("catalog_step_failed")


def until_done(merchant_id: uuid.UUID, step: Callable[[datetime], int], *, full: int | None = None) -> None:
    """Do a step in a transaction and scope of its own, and again as long as it had its hands ``full``.

    One that fails is logged, and comes again with the clock.
    """

    def scoped() -> int:
        with tenant_scope(merchant_id):
            return step(clock.now())

    try:
        done = retried(scoped)
        while full is not None and done >= full:
            done = retried(scoped)
    except Exception:
        logger.exception("catalog_step_failed")
