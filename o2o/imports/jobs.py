"""The three pieces of long work of an import. Each batch locks the import, so that no two ever work on it at once."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from o2o.imports.enums import BatchState
from o2o.imports.kinds import find_kind
from o2o.imports.models import ImportBatch
from o2o.imports.reading.errors import UnreadableFileError
from o2o.imports.services.applying import apply_rows, undo_rows
from o2o.imports.services.chunks import context_of
from o2o.imports.services.planning import plan_rows
from o2o.imports.services.staging import Place, clear_rows, stage_rows
from o2o.kit.jobs import Batch, JobKind, job_kind
from o2o.kit.locks import lock_rows

OVER = Batch(cursor=None)


def _batch_id(parameters: Mapping[str, Any]) -> uuid.UUID:
    return uuid.UUID(parameters["import_id"])


@contextmanager
def _locked(parameters: Mapping[str, Any], state: BatchState) -> Iterator[ImportBatch | None]:
    """Lock the import, in its language; give None where it is in another state by now and the job has to end."""
    found = lock_rows(ImportBatch.objects.filter(pk=_batch_id(parameters)))
    with translation.override(found[0].language if found else None):
        yield found[0] if found and found[0].state == state else None


@job_kind("imports.plan", label=_("Comparing a file"))
class PlanImport(JobKind):
    """Clear an earlier plan, copy the file in, compare it group by group."""

    # A workbook that another worker began is read again up to where it stopped.
    lease_seconds: ClassVar[float] = 120.0

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Return how many lines the file has; a workbook does not say."""
        found = ImportBatch.objects.filter(pk=_batch_id(parameters)).values_list("line_count", flat=True).first()
        return found or None

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Do the next part of whichever phase the cursor is in."""
        with _locked(parameters, BatchState.PLANNING) as batch:
            if batch is None:
                return OVER
            phase = cursor["phase"] if cursor else "clear"
            if phase == "clear":
                return Batch({"phase": "clear" if clear_rows(batch) else "stage"})
            if phase == "stage":
                return self._stage(batch, cursor or {})
            return self._plan(batch, (cursor or {}).get("after", ""), at)

    def _stage(self, batch: ImportBatch, cursor: Mapping[str, Any]) -> Batch:
        place = Place(cursor.get("position", 0), cursor.get("row_number", 0), cursor.get("dates"))
        try:
            with transaction.atomic():
                following = stage_rows(batch=batch, kind=find_kind(batch.kind), place=place)
        except UnreadableFileError as error:
            ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.FAILED, error=str(error.detail))
            return OVER
        if following is None:
            return Batch({"phase": "plan", "after": ""})
        return Batch(
            {
                "phase": "stage",
                "position": following.position,
                "row_number": following.row_number,
                "dates": dict(following.dates or {}),
            }
        )

    def _plan(self, batch: ImportBatch, after: str, at: datetime) -> Batch:
        chunk = plan_rows(batch=batch, kind=find_kind(batch.kind), after=after, context=context_of(batch, at=at))
        if chunk.after is not None:
            return Batch({"phase": "plan", "after": chunk.after}, done=len(chunk.rows))
        ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.PLANNED, planned_at=at, updated_at=at)
        return Batch(None, done=len(chunk.rows))


@job_kind("imports.apply", label=_("Applying an import"))
class ApplyImport(JobKind):
    """Write the rows, group by group."""

    lease_seconds: ClassVar[float] = 60.0

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Return how many rows are not rejected and have no outcome yet."""
        batch = ImportBatch.objects.filter(pk=_batch_id(parameters)).first()
        return batch.to_apply + batch.to_leave if batch else None

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Apply the next rows."""
        with _locked(parameters, BatchState.APPLYING) as batch:
            if batch is None:
                return OVER
            chunk = apply_rows(
                batch=batch,
                kind=find_kind(batch.kind),
                after=cursor["after"] if cursor else "",
                context=context_of(batch, at=at),
            )
            if chunk.after is not None:
                return Batch({"after": chunk.after}, done=len(chunk.rows))
            ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.APPLIED, applied_at=at, updated_at=at)
            return Batch(None, done=len(chunk.rows))


@job_kind("imports.undo", label=_("Undoing an import"))
class UndoImport(JobKind):
    """Take the rows back, the last ones first."""

    lease_seconds: ClassVar[float] = 60.0

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Return how many rows were applied."""
        batch = ImportBatch.objects.filter(pk=_batch_id(parameters)).first()
        return batch.applied_count - batch.undone_count - batch.kept_count if batch else None

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Undo the next rows."""
        with _locked(parameters, BatchState.UNDOING) as batch:
            if batch is None:
                return OVER
            chunk = undo_rows(
                batch=batch,
                kind=find_kind(batch.kind),
                after=cursor["after"] if cursor else "",
                context=context_of(batch, at=at),
            )
            if chunk.after is not None:
                return Batch({"after": chunk.after}, done=len(chunk.rows))
            ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.UNDONE, undone_at=at, updated_at=at)
            return Batch(None, done=len(chunk.rows))
