"""Run jobs: batch by batch, each batch together with the progress that it makes."""

import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any

import structlog
from django.db.models import F, Q
from django.utils.translation import gettext as _

from o2o.kit import clock
from o2o.kit.jobs.enums import ACTIVE, JobState
from o2o.kit.jobs.kinds import Batch, JobKind, UnknownKindError, find_kind
from o2o.kit.jobs.models import Job, JobError
from o2o.kit.locks import retried
from o2o.tenancy.acting import acting_for
from o2o.tenancy.scope import platform_transaction, tenant_scope, tenant_transaction

logger = structlog.get_logger(__name__)

MAX_STALLS = 3
ERRORS_KEPT = 10_000


class Ran(Enum):
    """How a run ended."""

    BUSY = "somebody else runs it, or there is nothing to run"
    MORE = "time is up and there is more to do"
    OVER = "finished, failed, paused or cancelled"


class _LostLeaseError(Exception):
    """Somebody else runs the job by now, or it was cancelled."""


def run_job(*, merchant_id: uuid.UUID, job_id: uuid.UUID, seconds: float = 20.0) -> Ran:
    """Run batches of a job for about so many seconds. Call it again on ``Ran.MORE``."""
    lease = uuid.uuid4()
    job = _take(merchant_id, job_id, lease)
    if job is None:
        return Ran.BUSY
    deadline = time.monotonic() + seconds
    try:
        kind = find_kind(job.kind)
        with acting_for(merchant_id, job.kind, request_id=job.request_id, job_id=str(job_id), **_actor(job)):
            return _run_batches(job, kind, deadline)
    except _LostLeaseError:
        return Ran.BUSY
    except UnknownKindError as error:
        _fail(job, str(error))
    except Exception as error:
        logger.exception("job_failed", job_id=str(job_id), kind=job.kind)
        _fail(job, f"{type(error).__name__}: {error}")
    return Ran.OVER


def jobs_to_run(*, at: datetime, limit: int = 200) -> list[tuple[str, uuid.UUID, uuid.UUID]]:
    """Return kind, merchant and id of the jobs of all merchants that nobody runs and somebody should."""
    with platform_transaction():
        waiting = Job.objects.filter(Q(leased_until=None) | Q(leased_until__lte=at), state__in=ACTIVE)
        return list(waiting.order_by("leased_until", "id").values_list("kind", "merchant_id", "pk")[:limit])


def _take(merchant_id: uuid.UUID, job_id: uuid.UUID, lease: uuid.UUID) -> Job | None:
    """Take the lease if it is free, and settle what needs no batch: a cancelled job, one that always kills."""
    at = clock.now()
    with tenant_transaction(merchant_id):
        free = Job.objects.filter(Q(leased_until=None) | Q(leased_until__lte=at), pk=job_id)
        free.filter(state=JobState.CANCELLING).update(state=JobState.CANCELLED, finished_at=at)
        free.filter(state__in=ACTIVE, stalls__gte=MAX_STALLS).update(
            state=JobState.FAILED,
            finished_at=at,
            error=_("The worker died %(times)s times in the same batch.") % {"times": MAX_STALLS},
        )
        taken = free.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).update(
            state=JobState.RUNNING,
            lease=lease,
            # A kind that is unknown here gives the job back at once.
            leased_until=at + timedelta(seconds=30),
            stalls=F("stalls") + 1,
        )
        if not taken:
            return None
        Job.objects.filter(pk=job_id, started_at=None).update(started_at=at)
        job: Job = Job.objects.get(pk=job_id)
        return job


def _run_batches(job: Job, kind: JobKind, deadline: float) -> Ran:
    if job.cursor is None and job.total is None:
        retried(partial(_note_total, job, kind))
    while True:
        _renew(job, kind)
        batch = retried(partial(_one_batch, job, kind))
        state = _state_of(job)
        if batch.cursor is None or state in (JobState.PAUSED, JobState.CANCELLING):
            _give_back(job)
            return Ran.OVER
        if time.monotonic() >= deadline:
            _give_back(job)
            return Ran.MORE


def _note_total(job: Job, kind: JobKind) -> None:
    with tenant_scope(job.merchant_id):
        Job.objects.filter(pk=job.pk, lease=job.lease).update(total=kind.total(parameters=job.parameters))


def _renew(job: Job, kind: JobKind) -> None:
    """Renew the lease before a batch, in a transaction of its own, so that others see it meanwhile."""
    with tenant_transaction(job.merchant_id):
        until = clock.now() + timedelta(seconds=kind.lease_seconds)
        # Queued: it was paused and resumed while this worker was busy with a batch of it.
        mine = Job.objects.filter(pk=job.pk, lease=job.lease, state__in=(JobState.RUNNING, JobState.QUEUED))
        is_mine = mine.update(leased_until=until, state=JobState.RUNNING)
    if not is_mine:
        _give_back(job)
        raise _LostLeaseError


def _one_batch(job: Job, kind: JobKind) -> Batch:
    began = time.monotonic()
    with tenant_scope(job.merchant_id):
        batch = kind.batch(parameters=job.parameters, cursor=job.cursor, at=clock.now())
        kept = max(0, ERRORS_KEPT - job.failed)
        JobError.objects.bulk_create(
            JobError(job_id=job.pk, row_number=error.row_number, key=error.key[:200], message=error.message,
                     raw=dict(error.raw))
            for error in batch.errors[:kept]
        )  # fmt: skip
        # Last, so that the row is locked for a moment only and nobody who pauses or cancels has to wait for a batch.
        changes: dict[str, Any] = {
            "cursor": None if batch.cursor is None else dict(batch.cursor),
            "done": F("done") + batch.done,
            "failed": F("failed") + len(batch.errors),
            "result": {**job.result, **batch.result},
            "worked_seconds": F("worked_seconds") + (time.monotonic() - began),
            "stalls": 0,
            **(_finished() if batch.cursor is None else {}),
        }
        unended = Job.objects.filter(pk=job.pk, lease=job.lease).exclude(state=JobState.CANCELLED)
        if not unended.update(**changes):
            raise _LostLeaseError
    job.cursor = changes["cursor"]
    job.result = changes["result"]
    job.failed += len(batch.errors)
    return batch


def _finished() -> Mapping[str, Any]:
    return {"state": JobState.SUCCEEDED, "finished_at": clock.now()}


def _state_of(job: Job) -> str:
    with tenant_transaction(job.merchant_id):
        state: str = Job.objects.values_list("state", flat=True).get(pk=job.pk)
        return state


def _give_back(job: Job) -> None:
    at = clock.now()
    with tenant_transaction(job.merchant_id):
        mine = Job.objects.filter(pk=job.pk, lease=job.lease)
        mine.filter(state=JobState.CANCELLING).update(state=JobState.CANCELLED, finished_at=at)
        mine.update(lease=None, leased_until=None)


def _fail(job: Job, error: str) -> None:
    with tenant_transaction(job.merchant_id):
        Job.objects.filter(pk=job.pk, lease=job.lease).exclude(state=JobState.CANCELLED).update(
            state=JobState.FAILED,
            error=error[:2000].replace("\x00", ""),
            finished_at=clock.now(),
            lease=None,
            leased_until=None,
        )


def _actor(job: Job) -> dict[str, str]:
    return {"started_by": job.actor_label, "started_by_id": str(job.actor_id)} if job.actor_id else {}
