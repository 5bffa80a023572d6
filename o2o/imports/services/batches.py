"""Move an import on: compare, apply, undo, cancel. Each is one conditional update, so that only one hand succeeds."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.imports.enums import CORRECTABLE, BatchState
from o2o.imports.kinds import find_kind
from o2o.imports.models import ImportBatch
from o2o.imports.selectors import matched_columns
from o2o.imports.services.errors import missing_columns, wrong_state
from o2o.imports.services.uploads import batch_of
from o2o.kit.errors import DomainError
from o2o.kit.jobs.services import JobStateError, cancel_job, start_job
from o2o.tenancy.actor import Actor

PLAN_JOB, APPLY_JOB, UNDO_JOB = "imports.plan", "imports.apply", "imports.undo"
NO_COUNTS = {
    "row_count": 0, "to_create": 0, "to_change": 0, "to_leave": 0, "to_reject": 0, "applied_count": 0,
    "left_count": 0, "rejected_count": 0, "undone_count": 0, "kept_count": 0,
}  # fmt: skip


class NothingToApplyError(DomainError):
    """No row of the import would create or change anything."""

    code = "nothing_to_apply"
    title = gettext_lazy("There is nothing to apply")


@transaction.atomic
def start_plan(*, batch_id: uuid.UUID, actor: Actor) -> ImportBatch:
    """Begin to compare a file with what is there; earlier comparisons of it are forgotten.

    Raises ``MissingColumnsError`` and ``BatchStateError``.
    """
    batch = batch_of(batch_id, actor)
    matched = matched_columns(batch)
    if matched.missing:
        raise missing_columns(matched.missing, batch.reading.headers)
    return _start(
        batch, actor, PLAN_JOB, Q(state__in=CORRECTABLE, purged_at=None), BatchState.PLANNING, error="", **NO_COUNTS
    )


@transaction.atomic
def apply_batch(*, batch_id: uuid.UUID, actor: Actor) -> ImportBatch:
    """Begin to write what the plan says, or go on with an import that was stopped.

    Only one call ever succeeds. Raises ``NothingToApplyError`` and ``BatchStateError``.
    """
    batch = batch_of(batch_id, actor)
    if batch.state == BatchState.PLANNED and not batch.to_apply:
        raise NothingToApplyError(_("No row of “%(file)s” creates or changes anything.") % {"file": batch.file_name})
    settled = F("applied_count") + F("left_count") + F("rejected_count")
    stopped = Q(
        state=BatchState.APPLIED, undone_count=0, kept_count=0, purged_at=None, to_create__gt=settled - F("to_change")
    )
    return _start(batch, actor, APPLY_JOB, Q(state=BatchState.PLANNED) | stopped, BatchState.APPLYING)


@transaction.atomic
def undo_batch(*, batch_id: uuid.UUID, actor: Actor) -> ImportBatch:
    """Begin to take back what an import did; what was changed since stays. Raises ``BatchStateError``."""
    batch = batch_of(batch_id, actor)
    undoable = Q(state=BatchState.APPLIED, applied_count__gt=0, purged_at=None)
    return _start(batch, actor, UNDO_JOB, undoable, BatchState.UNDOING)


@transaction.atomic
def cancel_batch(*, batch_id: uuid.UUID, actor: Actor, at: datetime) -> ImportBatch:
    """Stop what is going on. What was applied stays applied and can be undone; a plan is given up.

    Raises ``BatchStateError``.
    """
    batch = batch_of(batch_id, actor)
    if not stop(batch, from_states=(*CORRECTABLE, BatchState.PLANNING, BatchState.APPLYING, BatchState.UNDOING), at=at):
        batch.refresh_from_db()
        raise wrong_state(batch)
    if batch.job_id:
        # The job may be over or failed; the import's own state stops whatever is left of it.
        with suppress(JobStateError), transaction.atomic():
            cancel_job(job_id=batch.job_id, at=at)
    batch.refresh_from_db()
    return batch


def stop(batch: ImportBatch, *, from_states: Collection[str], at: datetime) -> bool:
    """Take an import out of its state into the one in which it rests; say whether it was in one of those states."""
    if batch.state not in from_states:
        return False
    mine = ImportBatch.objects.filter(pk=batch.pk, state=batch.state)
    if batch.state == BatchState.APPLYING:
        return bool(mine.update(state=BatchState.APPLIED, applied_at=at, updated_at=at))
    if batch.state == BatchState.UNDOING:
        return bool(mine.update(state=BatchState.APPLIED, updated_at=at))
    return bool(mine.update(state=BatchState.CANCELLED, updated_at=at))


def _start(
    batch: ImportBatch, actor: Actor, job_kind: str, condition: Q, state: BatchState, **changes: Any
) -> ImportBatch:
    find_kind(batch.kind)
    job = start_job(kind=job_kind, title=str(batch), parameters={"import_id": str(batch.pk)}, actor=actor)
    # The job is part of this transaction: whoever comes second leaves none behind.
    if not ImportBatch.objects.filter(condition, pk=batch.pk).update(state=state, job=job, **changes):
        batch.refresh_from_db()
        raise wrong_state(batch)
    batch.refresh_from_db()
    return batch
