"""What is due for imports."""

from celery import shared_task

from o2o.imports import upkeep
from o2o.kit import clock


@shared_task(name="imports.settle", queue="critical")
def settle() -> None:
    """Bring imports to rest whose job was cancelled on the page of jobs."""
    upkeep.settle_stopped(at=clock.now())


@shared_task(name="imports.purge", queue="batch")
def purge() -> None:
    """Remove what is kept for long enough."""
    upkeep.purge(at=clock.now())
