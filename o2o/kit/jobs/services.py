"""Start, pause, resume, cancel and retry jobs. Each is one conditional update, so that nobody's click is lost."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.kit import bell
from o2o.kit.errors import DomainError, NotFoundError
from o2o.kit.jobs.enums import JobState
from o2o.kit.jobs.kinds import find_kind
from o2o.kit.jobs.models import Job
from o2o.tenancy.actor import Actor


class JobStateError(DomainError):
    """The job is in a state from which this is not possible."""

    code = "job_state"
    title = gettext_lazy("The job cannot do this now")


def start_job(*, kind: str, title: str, parameters: Mapping[str, Any] | None = None, actor: Actor | None = None) -> Job:
    """Put a job of the active merchant into the queue; a worker begins it right after the commit.

    Raises ``UnknownKindError``.
    """
    find_kind(kind)
    context = structlog.contextvars.get_contextvars()
    job = Job.objects.create(
        kind=kind,
        title=title[:200],
        parameters=dict(parameters or {}),
        actor_kind=actor.kind.value if actor else "system",
        actor_id=actor.id if actor else None,
        actor_label=actor.label[:200] if actor else "",
        request_id=str(context.get("request_id") or "")[:64],
    )
    ring_after_commit(job)
    return job


def pause_job(*, job_id: uuid.UUID) -> Job:
    """Stop a job after the batch that it is doing; ``resume_job`` goes on from there. Raises ``JobStateError``."""
    return _change(job_id, JobState.PAUSED, {JobState.QUEUED, JobState.RUNNING})


def resume_job(*, job_id: uuid.UUID) -> Job:
    """Go on with a paused job. Raises ``JobStateError``."""
    job = _change(job_id, JobState.QUEUED, {JobState.PAUSED}, stalls=0)
    ring_after_commit(job)
    return job


def retry_job(*, job_id: uuid.UUID) -> Job:
    """Go on with a failed job from the batch that failed. Raises ``JobStateError``."""
    job = _change(job_id, JobState.QUEUED, {JobState.FAILED}, stalls=0, error="", finished_at=None)
    ring_after_commit(job)
    return job


def cancel_job(*, job_id: uuid.UUID, at: datetime) -> Job:
    """End a job for good, after the batch that a worker may be doing. What was done stays. Raises ``JobStateError``."""
    job = _of_merchant(job_id)
    idle = Q(state__in=(JobState.QUEUED, JobState.PAUSED)) & (Q(lease=None) | Q(leased_until__lte=at))
    if Job.objects.filter(idle, pk=job_id).update(state=JobState.CANCELLED, finished_at=at, updated_at=at):
        job.refresh_from_db()
        return job
    return _change(job_id, JobState.CANCELLING, {JobState.QUEUED, JobState.PAUSED, JobState.RUNNING})


def ring_after_commit(job: Job) -> None:
    """Ask a worker to run the job once the transaction is committed."""
    transaction.on_commit(partial(ring, job.kind, job.merchant_id, job.pk), robust=True)


def ring(kind: str, merchant_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Ask a worker to run the job."""
    bell.ring("jobs.run", queue=find_kind(kind).queue, merchant_id=str(merchant_id), job_id=str(job_id))


def _of_merchant(job_id: uuid.UUID) -> Job:
    job: Job | None = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFoundError(_("There is no job %(id)s.") % {"id": job_id})
    return job


def _change(job_id: uuid.UUID, state: JobState, allowed: Collection[JobState], **fields: Any) -> Job:
    changed = Job.objects.filter(pk=job_id, state__in=allowed).update(state=state, **fields)
    job = _of_merchant(job_id)
    if not changed:
        raise JobStateError(
            _("The job “%(title)s” is in the state “%(state)s”, in which this is not possible.")
            % {"title": job.title, "state": job.get_state_display()},
            state=job.state,
        )
    return job
