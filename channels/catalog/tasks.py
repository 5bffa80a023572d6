"""Work on prices and listings that the clock asks for. Each may run any number of times, and at once."""

from datetime import timedelta

from celery import shared_task

from channels.catalog.services import publish_due_prices, unroll_cycles
from o2o.kit import clock
from o2o.tenancy.rounds import each_merchant

# After a longer silence the stretch is longer too: it is found by comparing, so that nothing is published twice.
LOOK_BACK = timedelta(hours=26)
BATCH = 1000


@shared_task(name="catalog.publish_prices", queue="sync", soft_time_limit=55, time_limit=60)
def publish_prices() -> None:
    """Put into force the prices that begin or end now."""
    at = clock.now()
    each_merchant(lambda: publish_due_prices(since=at - LOOK_BACK, at=at, limit=BATCH), name="catalog.publish_prices")


@shared_task(name="catalog.unroll_cycles", queue="batch")
def unroll_price_cycles() -> None:
    """Unroll recurring prices 60 days ahead."""
    each_merchant(lambda: unroll_cycles(at=clock.now()), name="catalog.unroll_cycles")
