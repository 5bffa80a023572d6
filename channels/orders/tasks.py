"""Work on orders that the clock asks for. Each may run any number of times, and at once."""

from celery import shared_task

from channels.orders.services.clocks import tick_acceptance, tick_pickups
from channels.orders.services.retrying import retry_unrouted
from o2o.kit import clock
from o2o.tenancy.rounds import each_merchant


@shared_task(name="orders.tick", queue="critical", soft_time_limit=50, time_limit=60)
def tick() -> None:
    """Remind, pass on and take back what stores did not accept and customers did not fetch."""
    each_merchant(lambda: tick_acceptance(at=clock.now()), name="orders.tick")
    each_merchant(lambda: tick_pickups(at=clock.now()), name="orders.tick")


@shared_task(name="orders.retry_unrouted", queue="sync", soft_time_limit=110, time_limit=120)
def retry() -> None:
    """Try orders again that wait for a location: stores have opened, or have capacity again."""
    each_merchant(lambda: retry_unrouted(at=clock.now()), name="orders.retry_unrouted")
