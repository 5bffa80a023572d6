"""A filtered list as a file: CSV without an end, or XLSX; harmless to the spreadsheet that opens it."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.console.keyset import Key, page_of
from o2o.kit.errors import DomainError
from o2o.kit.spreadsheets import FORMULA_STARTS
from o2o.kit.workbooks import XLSX, as_workbook

ROWS_PER_QUERY = 1000
#: A workbook is made before its first byte can leave: so many rows take some ten seconds.
MOST_ROWS_OF_WORKBOOK = 50_000


class TooManyRowsError(DomainError):
    """The list is too long for a workbook."""

    code = "too_many_rows"
    title = gettext_lazy("The list is too long for XLSX")


class ScopeFactory(Protocol):
    """Opens a transaction in the scope of the one who exports."""

    def __call__(self) -> AbstractContextManager[Any]: ...


class _Echo:
    """Returns what is written to it, so that ``csv`` yields lines."""

    def write(self, line: str) -> str:
        return line


def inert(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple | set | frozenset):
        value = ", ".join(str(item) for item in value)
    text = str(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else text


def csv_response(
    *, admin: Any, queryset: QuerySet[Any], keys: Sequence[Key], columns: Sequence[str], scope: ScopeFactory, name: str
) -> StreamingHttpResponse:
    """Return the rows of a queryset as CSV in UTF-8 with a byte order mark, which spreadsheets need for Chinese.

    The answer leaves after the request's transaction has ended, so each thousand rows come in a scope of their own.
    """
    lines = _lines(_rows(admin, queryset, keys, columns, scope))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def workbook_response(
    *, admin: Any, queryset: QuerySet[Any], keys: Sequence[Key], columns: Sequence[str], scope: ScopeFactory, name: str
) -> FileResponse:
    """Return the rows of a queryset as XLSX, in which numbers are numbers and times are times of the reader's zone.

    Memory does not grow with the rows: they go to a file on disk. Raises ``TooManyRowsError``.
    """
    if queryset.order_by()[: MOST_ROWS_OF_WORKBOOK + 1].count() > MOST_ROWS_OF_WORKBOOK:
        raise TooManyRowsError(
            _("It has more than %(most)s rows. Filter it, or take it as CSV, which has no end.")
            % {"most": f"{MOST_ROWS_OF_WORKBOOK:,}"}
        )
    rows = _rows(admin, queryset, keys, columns, scope)
    file = as_workbook([_cell(value) for value in row] for row in rows)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _rows(
    admin: Any, queryset: QuerySet[Any], keys: Sequence[Key], columns: Sequence[str], scope: ScopeFactory
) -> Iterator[list[Any]]:
    yield [column_label(column, admin) for column in columns]
    after: str | None = None
    while True:
        with scope():
            page = page_of(queryset, keys, size=ROWS_PER_QUERY, after=after)
            rows = [[_value(admin, row, column) for column in columns] for row in page.rows]
        yield from rows
        after = page.after
        if after is None:
            return


def _lines(rows: Iterator[list[Any]]) -> Iterator[str]:
    writer: Any = csv.writer(_Echo())
    mark = "\ufeff"
    for row in rows:
        yield mark + writer.writerow([inert(value) for value in row])
        mark = ""


def _cell(value: Any) -> Any:
    """Return what stands in a cell of a workbook, which knows numbers and times, but no zones."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return str(value)


def column_label(column: str, admin: Any) -> str:
    """Return the heading of a column; of one that other rows hold (``variant__sku``) with the name of these."""
    if "__" not in column:
        return str(label_for_field(column, admin.model, admin))
    model, names = admin.model, []
    for name in column.split("__"):
        field = model._meta.get_field(name)
        model = field.related_model
        names.append(str(field.verbose_name))
    return " · ".join(names[-2:])


def _value(admin: Any, row: Model, column: str) -> Any:
    try:
        field, _attribute, value = lookup_field(column, row, admin)
    except ObjectDoesNotExist:
        return None
    if field is not None and getattr(field, "flatchoices", None):
        return getattr(row, f"get_{field.name}_display")()
    return value
