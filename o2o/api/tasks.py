"""Background work of the API."""

from celery import shared_task

from o2o.api.services import check_invariants, store_results
from o2o.events.idempotency.services import purge_answers
from o2o.kit import clock


@shared_task(name="api.check_invariants")
def check_invariants_and_store() -> int:
    """Ask what must always hold; return how many invariants are broken."""
    results = check_invariants()
    store_results(results=results, at=clock.now())
    return sum(not result.holds for result in results)


@shared_task(name="api.purge_stored_answers")
def purge_stored_answers() -> int:
    """Forget answers to writes that are older than 48 hours."""
    return purge_answers(at=clock.now())
