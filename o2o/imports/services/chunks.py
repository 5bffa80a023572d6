"""Whole groups of rows, some at a time, as a kind of import gets them."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from o2o.imports.columns import Column, ColumnKind, Value
from o2o.imports.kinds import ImportContext, ImportKind, Row
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.parsing.errors import CellError, Formats
from o2o.imports.selectors import matched_columns
from o2o.tenancy.models import Merchant

MOST_OF_A_GROUP = 10_000
#: How many cells of a column are remembered with what they say; one call has fewer rows than that.
REMEMBERED = 20_000
AS_TEXT = ("id", "cells", "undo")


class Kept(NamedTuple):
    """What is needed of an ``ImportRow``; to make the whole object takes longer than to read its cells."""

    id: str
    row_number: int
    key: str
    cells: Sequence[Any]
    action: str
    reason: str
    undo: Any


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows, and the key after which the next ones begin; None where there are no more."""

    rows: Sequence[Kept]
    after: str | None


def next_chunk(rows: QuerySet[ImportRow], *, after: str, size: int, is_backwards: bool = False) -> Chunk:
    """Return the next whole groups in the order of their keys, about ``size`` rows; a group is never cut.

    Of a group with more than ``MOST_OF_A_GROUP`` rows only so many are returned, and one more as a sign.
    """
    if after:
        rows = rows.filter(key__lt=after) if is_backwards else rows.filter(key__gt=after)
    order = ("-key", "-row_number") if is_backwards else ("key", "row_number")
    found = _kept(rows.order_by(*order)[: size + 1])
    if len(found) <= size:
        return Chunk(found, None)
    cut = found[-1].key
    whole = [row for row in found if row.key != cut]
    if not whole:
        whole = _kept(rows.filter(key=cut).order_by(*order)[: MOST_OF_A_GROUP + 1])
    return Chunk(whole, whole[-1].key)


def _kept(rows: QuerySet[ImportRow]) -> list[Kept]:
    # As texts, and the JSON in one go: one by one the ids and cells would take longer than the query.
    found = list(rows.values_list(*(Cast(name, TextField()) if name in AS_TEXT else name for name in Kept._fields)))
    cells = json.loads(f"[{','.join(row[3] for row in found)}]")
    return [
        Kept(pk, number, key, content, action, reason, undo and json.loads(undo))
        for (pk, number, key, _cells, action, reason, undo), content in zip(found, cells, strict=True)
    ]


def by_group(rows: Sequence[Any], key: str = "key") -> Iterator[list[Any]]:
    """Yield the groups of rows that lie in the order of their keys."""
    for _key, group in groupby(rows, key=lambda row: getattr(row, key)):
        yield list(group)


class Reader:
    """Turns kept cells into the values of a kind's columns."""

    def __init__(self, batch: ImportBatch, kind: ImportKind, formats: Formats) -> None:
        mapping = matched_columns(batch).mapping
        self._columns = [
            (column.name, mapping[column.name], _Known(column, formats))
            for column in kind.columns
            if column.name in mapping
        ]

    def values(self, cells: Sequence[Any]) -> tuple[Mapping[str, Value], str]:
        """Return the values of a row, and what is wrong with it: every column that cannot be read, in one text."""
        values: dict[str, Value] = {}
        faults: list[str] = []
        width = len(cells)
        for name, place, known in self._columns:
            try:
                values[name] = known[cells[place] if place < width else None]
            except CellError as error:
                faults.append(str(error))
        return values, " ".join(faults)

    def row(self, kept: Kept) -> Row:
        """Return a row that is known to be readable."""
        return Row(kept.row_number, self.values(kept.cells)[0], kept.key)


class _Known(dict[Any, Value]):
    """What the cells of a column say. A text that comes again is not read again."""

    def __init__(self, column: Column, formats: Formats) -> None:
        super().__init__()
        self._column, self._formats = column, formats

    def __missing__(self, cell: Any) -> Value:
        value = self._column.parse(cell, self._formats)
        # 1, 1.0 and true would be one key, so that only texts are remembered; whoever gets a list may change it.
        if isinstance(cell, str) and self._column.kind != ColumnKind.LIST and len(self) < REMEMBERED:
            self[cell] = value
        return value


def context_of(batch: ImportBatch, *, at: datetime) -> ImportContext:
    """Return what a kind may want to know, with the formats of the file and the merchant."""
    merchant = Merchant.objects.get(pk=batch.merchant_id)
    dialect = batch.reading
    formats = Formats(
        date_order=dialect.day_or_month_first,
        decimal_mark=dialect.decimal_mark,
        currency=merchant.currency,
        time_zone=zone_of(merchant.time_zone),
    )
    locations = None if batch.location_ids is None else frozenset(uuid.UUID(str(each)) for each in batch.location_ids)
    return ImportContext(
        at=at,
        batch_id=batch.pk,
        merchant_id=merchant.pk,
        actor_id=batch.actor_id,
        actor_label=batch.actor_label,
        location_ids=locations,
        formats=formats,
    )


def same_length(kind: ImportKind, method: str, rows: Sequence[Any], results: Sequence[Any]) -> None:
    """Raise ``TypeError`` where a kind did not answer for each row: its results could not be told apart."""
    if len(rows) != len(results):
        raise TypeError(f"{kind.name}.{method}() got {len(rows)} rows and returned {len(results)} results.")


def too_many() -> str:
    """Return the reason for a group that is too large."""
    return _("More than %(most)d rows belong together here. Split them.") % {"most": MOST_OF_A_GROUP}


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name, UTC where the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
