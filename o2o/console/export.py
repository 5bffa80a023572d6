"""A filtered list as a CSV file: streamed, and harmless to the spreadsheet that opens it."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from o2o.console.keyset import Key, page_of

ROWS_PER_QUERY = 1000
# A cell that begins with one of these is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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
    lines = _lines(admin, queryset, keys, columns, scope)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(
    admin: Any, queryset: QuerySet[Any], keys: Sequence[Key], columns: Sequence[str], scope: ScopeFactory
) -> Iterator[str]:
    writer: Any = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([column_label(column, admin) for column in columns])
    after: str | None = None
    while True:
        with scope():
            page = page_of(queryset, keys, size=ROWS_PER_QUERY, after=after)
            lines = [writer.writerow(_cells(admin, row, columns)) for row in page.rows]
        yield from lines
        after = page.after
        if after is None:
            return


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


def _cells(admin: Any, row: Model, columns: Sequence[str]) -> list[str]:
    return [inert(_value(admin, row, column)) for column in columns]


def _value(admin: Any, row: Model, column: str) -> Any:
    try:
        field, _attribute, value = lookup_field(column, row, admin)
    except ObjectDoesNotExist:
        return None
    if field is not None and getattr(field, "flatchoices", None):
        return getattr(row, f"get_{field.name}_display")()
    return value
