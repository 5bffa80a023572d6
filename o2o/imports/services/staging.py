"""From the file into rows: read a part of it, and copy it in."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from o2o.imports.columns import ColumnKind
from o2o.imports.enums import Action
from o2o.imports.kinds import ImportKind
from o2o.imports.limits import MAX_ROWS
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.parsing.dates import evidence
from o2o.imports.parsing.errors import Cell
from o2o.imports.parsing.words import text_of
from o2o.imports.reading.delimited import Record
from o2o.imports.reading.errors import TooLargeError
from o2o.imports.selectors import matched_columns
from o2o.imports.services.errors import missing_columns
from o2o.imports.services.sources import keep_open, records_from
from o2o.kit.copying import as_json, copy_then, storable
from o2o.kit.models import uuid7_text

STAGED_AT_ONCE = 10_000
CLEARED_AT_ONCE = 20_000
LONGEST_KEY = 150
INSERT = """
INSERT INTO imports_importrow (id, merchant_id, batch_id, row_number, key, cells, action, changes, reason, outcome)
SELECT id, %s, %s, row_number, key, cells, action, '{}', reason, '' FROM pg_temp.incoming ORDER BY row_number"""
INCOMING = {
    "id": "uuid", "row_number": "integer", "key": "text", "cells": "jsonb", "action": "text", "reason": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file has been staged: the end of the last record, its row number, what its dates proved so far."""

    position: int = 0
    row_number: int = 0
    dates: Mapping[str, int] | None = None


def clear_rows(batch: ImportBatch) -> bool:
    """Remove some of the rows of an earlier plan; say whether any may be left."""
    ids = list(ImportRow.objects.filter(batch=batch).values_list("pk", flat=True)[:CLEARED_AT_ONCE])
    ImportRow.objects.filter(pk__in=ids).delete()
    return len(ids) == CLEARED_AT_ONCE


def stage_rows(*, batch: ImportBatch, kind: ImportKind, place: Place) -> Place | None:
    """Copy the next rows of the file in; return where to go on, or None at the end of the file.

    Raises ``MissingColumnsError``, ``UnreadableFileError`` and ``TooLargeError``.
    """
    matched = matched_columns(batch)
    if matched.missing:
        raise missing_columns(matched.missing, batch.reading.headers)
    records = records_from(batch, place.position)
    part = list(islice(records, STAGED_AT_ONCE))
    numbered = list(enumerate(part, start=place.row_number + 1))
    if place.row_number + len(part) > MAX_ROWS:
        raise TooLargeError(_("The file has more than %(most)d rows. Split it.") % {"most": MAX_ROWS})
    rows = [
        _staged(kind, matched.mapping, number, record)
        for number, record in numbered
        if number > batch.reading.header_row and not record.is_blank
    ]
    if rows:
        copy_then(columns=INCOMING, rows=rows, statement=INSERT, parameters=[batch.merchant_id, batch.pk])
        ImportBatch.objects.filter(pk=batch.pk).update(row_count=F("row_count") + len(rows))
    dates = Counter(place.dates or {}) + Counter(_evidence(kind, matched.mapping, part))
    if len(part) < STAGED_AT_ONCE:
        _note_dates(batch, dates)
        return None
    keep_open(batch, part[-1].end, records)
    return Place(part[-1].end, numbered[-1][0], dict(dates))


def group_key(kind: ImportKind, mapping: Mapping[str, int], number: int, cells: Sequence[Cell]) -> str:
    """Return what rows of a group have in common; a row that names no group is one of its own."""
    texts = [text_of(_at(cells, mapping.get(name))) for name in kind.group_by]
    if not any(texts):
        return f"r{number:010d}"
    key = storable("\x1f".join(texts))
    return f"g{key}" if len(key) <= LONGEST_KEY else f"h{hashlib.sha256(key.encode()).hexdigest()}"


def _staged(kind: ImportKind, mapping: Mapping[str, int], number: int, record: Record) -> tuple[Any, ...]:
    fault, kept = record.fault, record.cells
    text = "".join([cell for cell in kept if isinstance(cell, str)])
    if "\x00" in text:
        fault = fault or _("The row holds a NUL byte. Save the file again as CSV or XLSX.")
    if storable(text) != text:
        kept = [storable(cell) if isinstance(cell, str) else cell for cell in kept]
    key = f"r{number:010d}" if fault else group_key(kind, mapping, number, kept)
    return (uuid7_text(), number, key, as_json(kept), Action.REJECT.value if fault else "", fault)


def _evidence(kind: ImportKind, mapping: Mapping[str, int], records: Sequence[Record]) -> Iterator[str]:
    wanted = (ColumnKind.DATE, ColumnKind.DATETIME)
    places = [mapping[column.name] for column in kind.columns if column.kind in wanted and column.name in mapping]
    for record in records if places else ():
        for place in places:
            if proof := evidence(_at(record.cells, place)):
                yield proof


def _note_dates(batch: ImportBatch, dates: Mapping[str, int]) -> None:
    found = max(dates, key=lambda order: dates[order]) if dates else ""
    batch.dialect = batch.reading.with_changes({"found_date_order": found}).to_json()
    ImportBatch.objects.filter(pk=batch.pk).update(dialect=batch.dialect)


def _at(cells: Sequence[Cell], place: int | None) -> Cell:
    return cells[place] if place is not None and place < len(cells) else None
