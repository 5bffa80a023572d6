"""Files and rows go after a while; imports whose job was cancelled elsewhere come to rest."""

from datetime import datetime

from django.db.models import Q

from o2o.imports.enums import BUSY, BatchState
from o2o.imports.limits import KEPT_FOR
from o2o.imports.models import ImportBatch, ImportFilePart, ImportRow
from o2o.imports.services.batches import stop
from o2o.kit.jobs.enums import JobState
from o2o.tenancy.scope import platform_transaction

BATCH = 10_000
PARTS = 50
AT_ONCE = 200


def settle_stopped(*, at: datetime) -> int:
    """Bring imports to rest whose job was cancelled on the page of jobs; return how many."""
    with platform_transaction():
        stopped = ImportBatch.objects.filter(state__in=BUSY, job__state=JobState.CANCELLED)
        return sum(stop(batch, from_states=BUSY, at=at) for batch in stopped.order_by("updated_at")[:AT_ONCE])


def purge(*, at: datetime, rounds: int = 100) -> int:
    """Remove files and rows of imports older than ``KEPT_FOR``; return how many imports were emptied.

    The import itself stays, with its counts. Each round is a transaction of its own.
    """
    emptied = 0
    for _round in range(rounds):
        with platform_transaction():
            old = ImportBatch.objects.filter(created_at__lt=at - KEPT_FOR, purged_at=None).exclude(state__in=BUSY)
            batch = old.order_by("created_at").first()
            if batch is None:
                return emptied
            emptied += _empty(batch, at)
    return emptied


def _empty(batch: ImportBatch, at: datetime) -> bool:
    """Remove some of the rows and parts of an import; say whether that was all."""
    rows = list(ImportRow.objects.filter(batch=batch).values_list("pk", flat=True)[:BATCH])
    parts = list(ImportFilePart.objects.filter(batch=batch).values_list("pk", flat=True)[:PARTS])
    ImportRow.objects.filter(pk__in=rows).delete()
    ImportFilePart.objects.filter(pk__in=parts).delete()
    if len(rows) == BATCH or len(parts) == PARTS:
        return False
    mine = ImportBatch.objects.filter(pk=batch.pk)
    mine.filter(Q(state__in=(BatchState.UPLOADED, BatchState.PLANNED, BatchState.FAILED))).update(
        state=BatchState.CANCELLED
    )
    return bool(mine.exclude(state__in=BUSY).update(purged_at=at))
