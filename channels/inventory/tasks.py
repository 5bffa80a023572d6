"""Work on stock that the clock asks for. Each may run any number of times, and at once."""

from celery import shared_task

from channels.inventory.services import check_levels, end_expired_holds, end_sold_out
from o2o.kit import clock
from o2o.tenancy.acting import acting_for
from o2o.tenancy.rounds import each_merchant
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.selectors import active_merchant_ids


@shared_task(name="inventory.end_expired_holds", queue="sync", soft_time_limit=50, time_limit=60)
def sweep_holds() -> None:
    """End the holds that have expired, which nobody counts any more."""
    each_merchant(lambda: end_expired_holds(at=clock.now()), name="inventory.end_expired_holds")


@shared_task(name="inventory.end_sold_out", queue="sync", soft_time_limit=50, time_limit=60)
def sweep_sold_out() -> None:
    """Tell of what was sold out for a day and is back; channels that were told that it is gone are told so."""
    each_merchant(lambda: end_sold_out(at=clock.now()), name="inventory.end_sold_out")


@shared_task(name="inventory.self_check", queue="batch")
def self_check() -> None:
    """Look at every counter of every level, in batches, and put right what disagrees."""
    for merchant_id in active_merchant_ids():
        with acting_for(merchant_id, "inventory.self_check"):
            last, is_first = None, True
            while last is not None or is_first:
                is_first = False
                with tenant_transaction(merchant_id):
                    _repaired, last = check_levels(after=last, at=clock.now())
