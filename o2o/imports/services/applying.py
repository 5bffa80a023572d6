"""Write rows, and take them back."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from o2o.imports.enums import Action, Outcome
from o2o.imports.kinds import Applied, AppliedRow, ImportContext, ImportKind, Row, Undone
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.services.chunks import Chunk, Kept, Reader, by_group, next_chunk, same_length
from o2o.kit.copying import as_json, copy_then, storable
from o2o.kit.errors import DomainError

Result = TypeVar("Result", Applied, Undone)
Some = TypeVar("Some", bound=Row)

COUNTS = {
    Outcome.APPLIED: "applied_count",
    Outcome.LEFT: "left_count",
    Outcome.REJECTED: "rejected_count",
    Outcome.UNDONE: "undone_count",
    Outcome.KEPT: "kept_count",
}
WRITTEN = (Action.CREATE, Action.CHANGE)
UPDATE_APPLIED = """
UPDATE imports_importrow AS kept
SET outcome = incoming.outcome, undo = incoming.undo,
    reason = CASE WHEN incoming.reason = '' THEN kept.reason ELSE incoming.reason END
FROM pg_temp.incoming WHERE kept.id = incoming.id AND kept.batch_id = %s"""
UPDATE_UNDONE = """
UPDATE imports_importrow AS kept SET outcome = incoming.outcome, reason = incoming.reason
FROM pg_temp.incoming WHERE kept.id = incoming.id AND kept.batch_id = %s"""
INCOMING = {"id": "uuid", "outcome": "text", "undo": "jsonb", "reason": "text"}


def apply_rows(*, batch: ImportBatch, kind: ImportKind, after: str, context: ImportContext) -> Chunk:
    """Apply the next whole groups that the plan creates or changes. Rows that have an outcome stay as they are."""
    open_rows = ImportRow.objects.filter(batch=batch, outcome="").exclude(Q(action=Action.REJECT) | Q(action=""))
    chunk = next_chunk(open_rows, after=after, size=kind.chunk_rows)
    reader = Reader(batch, kind, context.formats)
    kept = [row for group in by_group(chunk.rows) if any(row.action in WRITTEN for row in group) for row in group]
    rows = [reader.row(row) for row in kept]

    def work(some: Sequence[Row]) -> Sequence[Applied]:
        return kind.apply(some, context=context)

    results = _tried(kind, "apply", rows, work, Applied.rejected)
    _write(batch, kept, results, UPDATE_APPLIED)
    # A row that was to be left and came along with its group is counted by the plan already.
    _count(batch, Counter(result.outcome for row, result in zip(kept, results, strict=True) if row.action in WRITTEN))
    return chunk


def undo_rows(*, batch: ImportBatch, kind: ImportKind, after: str, context: ImportContext) -> Chunk:
    """Take back the next whole groups that were applied, the last ones first."""
    applied = ImportRow.objects.filter(batch=batch, outcome=Outcome.APPLIED)
    chunk = next_chunk(applied, after=after, size=kind.chunk_rows, is_backwards=True)
    reader = Reader(batch, kind, context.formats)
    with_memo = [row for row in chunk.rows if row.undo is not None]
    rows = [AppliedRow(row.row_number, reader.values(row.cells)[0], row.key, row.undo) for row in with_memo]

    def work(some: Sequence[AppliedRow]) -> Sequence[Undone]:
        return kind.undo(some, context=context)

    results = _tried(kind, "undo", rows, work, Undone.refused)
    without = [row for row in chunk.rows if row.undo is None]
    refusals = [Undone.refused(_("What this row did cannot be undone.")) for _row in without]
    _write(batch, [*with_memo, *without], [*results, *refusals], UPDATE_UNDONE)
    _count(batch, Counter(result.outcome for result in [*results, *refusals]))
    return chunk


def _tried(
    kind: ImportKind,
    method: str,
    rows: Sequence[Some],
    work: Callable[[Sequence[Some]], Sequence[Result]],
    refused: Callable[[str], Result],
) -> list[Result]:
    """Do all rows at once; where that is refused, group by group, so that one bad group spoils no other."""
    if not rows:
        return []
    try:
        return _done(kind, method, rows, work)
    except (DomainError, IntegrityError, DataError) as error:
        _raise_if_temporary(error)
    results: list[Result] = []
    for group in by_group(rows, key="group"):
        try:
            results += _done(kind, method, group, work)
        except (DomainError, IntegrityError, DataError) as error:
            _raise_if_temporary(error)
            results += [refused(_reason(error))] * len(group)
    return results


def _done(
    kind: ImportKind, method: str, rows: Sequence[Some], work: Callable[[Sequence[Some]], Sequence[Result]]
) -> list[Result]:
    with transaction.atomic():
        results = list(work(rows))
        same_length(kind, method, rows, results)
    return results


def _raise_if_temporary(error: Exception) -> None:
    """Raise what is no fault of the row: the job tries again, or shows it to a person who does."""
    if isinstance(error, DomainError) and error.status >= 500:
        raise error


def _reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        return str(error.detail or error.title)
    return _("The database does not take this row; it contradicts something that is there.")


def _write(batch: ImportBatch, kept: Sequence[Kept], results: Sequence[Any], statement: str) -> None:
    if not kept:
        return
    rows: list[tuple[Any, ...]] = []
    last: Any = None
    told: tuple[Any, ...] = ()
    for row, result in zip(kept, results, strict=True):
        # Rows of a group may share a result.
        if result is not last:
            last, told = result, _told(result)
        rows.append((row.id, *told))
    copy_then(columns=INCOMING, rows=rows, statement=statement, parameters=[batch.pk])


def _told(result: Any) -> tuple[Any, ...]:
    undo = getattr(result, "undo", None)
    return (result.outcome.value, None if undo is None else storable(as_json(undo)), storable(str(result.reason)))


def _count(batch: ImportBatch, counts: Counter[Outcome]) -> None:
    changes = {COUNTS[outcome]: F(COUNTS[outcome]) + count for outcome, count in counts.items()}
    if changes:
        ImportBatch.objects.filter(pk=batch.pk).update(**changes)
