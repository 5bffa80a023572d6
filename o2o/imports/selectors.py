"""Reads about imports."""

import uuid
from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Q, QuerySet

from o2o.imports.columns import Matched, match_headers
from o2o.imports.enums import Action, Outcome
from o2o.imports.kinds import find_kind, kinds_for
from o2o.imports.limits import PART_BYTES
from o2o.imports.models import ImportBatch, ImportFilePart, ImportRow
from o2o.tenancy.actor import Actor

PARTS_AT_ONCE = 4
#: What the tabs of the preview and the filter of the API show, by name.
TABS: Mapping[str, Q] = {
    Action.CREATE.value: Q(action=Action.CREATE),
    Action.CHANGE.value: Q(action=Action.CHANGE),
    Action.LEAVE.value: Q(action=Action.LEAVE),
    # With those that applying gave back, and in the words of the partial index.
    Action.REJECT.value: ~Q(reason="") & (Q(action=Action.REJECT) | Q(outcome=Outcome.REJECTED)),
}


def batches_for(actor: Actor) -> QuerySet[ImportBatch]:
    """Return the imports of the kinds that the actor may use; who is bound to stores sees their own only."""
    names = [kind.name for kind in kinds_for(actor.capabilities)]
    found: QuerySet[ImportBatch] = ImportBatch.objects.filter(kind__in=names)
    if actor.location_ids is not None:
        found = found.filter(actor_id=actor.id)
    return found.order_by("-id")


def rows_of(*, batch_id: uuid.UUID, tab: str = "") -> QuerySet[ImportRow]:
    """Return the rows of an import in the order of the file, all of them or those of a tab."""
    rows: QuerySet[ImportRow] = ImportRow.objects.filter(batch_id=batch_id).order_by("row_number")
    return rows.filter(TABS[tab]) if tab else rows


def matched_columns(batch: ImportBatch) -> Matched:
    """Return which column of the kind stands where in the file, what is unknown and what is missing."""
    dialect = batch.reading
    return match_headers(find_kind(batch.kind).columns, dialect.headers, chosen=dialect.columns)


def file_chunks(*, batch_id: uuid.UUID, start: int = 0) -> Iterator[bytes]:
    """Yield the stored file from a byte on, a megabyte at a time; few of them are in memory at once."""
    number, offset = divmod(start, PART_BYTES)
    while True:
        parts: Sequence[memoryview | bytes] = list(
            ImportFilePart.objects.filter(batch_id=batch_id, number__gte=number)
            .order_by("number")
            .values_list("content", flat=True)[:PARTS_AT_ONCE]
        )
        for part in parts:
            content = bytes(part)[offset:]
            offset = 0
            if content:
                yield content
        if len(parts) < PARTS_AT_ONCE:
            return
        number += len(parts)
