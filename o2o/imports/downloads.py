"""Files for people: rows that came back, an empty template, what is there. Streamed, and inert to spreadsheets."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from o2o.imports.columns import written
from o2o.imports.kinds import ImportContext, ImportKind
from o2o.imports.models import ImportBatch
from o2o.imports.selectors import rows_of
from o2o.kit.spreadsheets import csv_line
from o2o.tenancy.scope import tenant_transaction

ROWS_PER_QUERY = 1000
#: Excel needs it to see that a CSV is UTF-8.
MARK = "\ufeff"


def rejected_lines(batch: ImportBatch) -> Iterator[str]:
    """Yield the rows that came back as CSV: the columns of the file, then ``row`` and ``reason``.

    Each thousand rows come in a transaction of their own, for the answer leaves after the request's has ended.
    """
    headers = list(batch.reading.headers)
    yield MARK + csv_line([*headers, "row", "reason"])
    after = 0
    while True:
        with tenant_transaction(batch.merchant_id):
            rows = list(rows_of(batch_id=batch.pk, tab="reject").filter(row_number__gt=after)[:ROWS_PER_QUERY])
        for row in rows:
            cells = [*row.cells, *[None] * len(headers)][: max(len(headers), 1)]
            yield csv_line([*("" if cell is None else cell for cell in cells), row.row_number, row.reason])
        if len(rows) < ROWS_PER_QUERY:
            return
        after = rows[-1].row_number


def template_rows(kind: ImportKind) -> list[list[Any]]:
    """Return the header row of a kind and an example, in the language of the reader."""
    return [[str(column.label) for column in kind.columns], [column.example for column in kind.columns]]


def export_rows(kind: ImportKind, context: ImportContext) -> Iterator[list[Any]]:
    """Yield the headers and everything that is there, in the columns of the import."""
    yield [str(column.label) for column in kind.columns]
    after: str | None = None
    while True:
        with tenant_transaction(context.merchant_id):
            page = kind.export(after=after, context=context)
        for row in page.rows:
            yield [written(row.get(column.name), context.formats) for column in kind.columns]
        after = page.after
        if after is None:
            return


def as_csv(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield rows as CSV in UTF-8 with a byte order mark."""
    mark = MARK
    for row in rows:
        yield mark + csv_line(row)
        mark = ""
