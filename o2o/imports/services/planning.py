"""Compare rows with what is there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from o2o.imports.enums import Action
from o2o.imports.kinds import ImportContext, ImportKind, Plan, Row
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.services.chunks import (
    MOST_OF_A_GROUP,
    Chunk,
    Kept,
    Reader,
    by_group,
    next_chunk,
    same_length,
    too_many,
)
from o2o.kit.copying import as_json, copy_then, storable

COUNTS = {
    Action.CREATE: "to_create",
    Action.CHANGE: "to_change",
    Action.LEAVE: "to_leave",
    Action.REJECT: "to_reject",
}
UPDATE = """
UPDATE imports_importrow AS kept SET action = incoming.action, changes = incoming.changes, reason = incoming.reason
FROM pg_temp.incoming WHERE kept.id = incoming.id AND kept.batch_id = %s"""
INCOMING = {"id": "uuid", "action": "text", "changes": "jsonb", "reason": "text"}


def plan_rows(*, batch: ImportBatch, kind: ImportKind, after: str, context: ImportContext) -> Chunk:
    """Plan the next whole groups of an import and count what would become of them."""
    chunk = next_chunk(ImportRow.objects.filter(batch=batch), after=after, size=kind.chunk_rows)
    if len(chunk.rows) > MOST_OF_A_GROUP:
        return _reject_group(batch, chunk)
    plans = _plans(kind, chunk.rows, Reader(batch, kind, context.formats), context)
    copy_then(
        columns=INCOMING,
        rows=[_line(row, plan) for row, plan in plans],
        statement=UPDATE,
        parameters=[batch.pk],
    )
    _count(batch, Counter(plan.action for _row, plan in plans))
    return chunk


@dataclass
class _Sorted:
    """Rows that the kind is asked about, and the plans of those that it is not."""

    readable: list[tuple[Kept, Row]] = field(default_factory=list)
    settled: list[tuple[Kept, Plan]] = field(default_factory=list)


def _plans(kind: ImportKind, rows: Sequence[Kept], reader: Reader, context: ImportContext) -> list[tuple[Kept, Plan]]:
    into = _Sorted()
    for group in by_group(rows):
        _sort_group(kind, group, reader, into)
    asked = [row for _kept, row in into.readable]
    plans = kind.plan(asked, context=context) if asked else []
    same_length(kind, "plan", asked, plans)
    return [*into.settled, *((kept, plan) for (kept, _row), plan in zip(into.readable, plans, strict=True))]


def _sort_group(kind: ImportKind, group: Sequence[Kept], reader: Reader, into: _Sorted) -> None:
    read = [(kept, *_read(kept, reader)) for kept in group]
    first_fault = next((kept.row_number for kept, _values, fault in read if fault), None)
    first: int | None = None
    for kept, values, fault in read:
        if fault:
            into.settled.append((kept, Plan.reject(fault)))
        elif kind.is_one_row_per_group and first is not None:
            into.settled.append((kept, Plan.reject(_repeats(kind, first))))
        elif not kind.is_one_row_per_group and first_fault is not None:
            reason = _("Row %(row)d, which belongs to the same, cannot be read.") % {"row": first_fault}
            into.settled.append((kept, Plan.reject(reason)))
        else:
            first = kept.row_number
            into.readable.append((kept, Row(kept.row_number, values, kept.key)))


def _read(kept: Kept, reader: Reader) -> tuple[Any, str]:
    # The fault of a row that could not even be cut into cells was found while staging.
    return ({}, kept.reason) if kept.action == Action.REJECT else reader.values(kept.cells)


def _repeats(kind: ImportKind, row: int) -> str:
    names = ", ".join(str(column.label) for column in kind.columns if column.name in kind.group_by)
    return _("Row %(row)d has the same %(names)s; only the first one counts.") % {"row": row, "names": names}


def _line(row: Kept, plan: Plan) -> tuple[Any, ...]:
    return (row.id, plan.action.value, storable(as_json(dict(plan.changes))), storable(str(plan.reason)))


def _count(batch: ImportBatch, counts: Counter[Action]) -> None:
    changes = {COUNTS[action]: F(COUNTS[action]) + count for action, count in counts.items()}
    ImportBatch.objects.filter(pk=batch.pk).update(**changes)


def _reject_group(batch: ImportBatch, chunk: Chunk) -> Chunk:
    key = chunk.rows[0].key
    group = ImportRow.objects.filter(batch=batch, key=key)
    count = group.update(action=Action.REJECT, reason=too_many())
    _count(batch, Counter({Action.REJECT: count}))
    return Chunk(chunk.rows, key)
