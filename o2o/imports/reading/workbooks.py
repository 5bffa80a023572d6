"""XLSX, row by row. What a hostile file could do is refused before the workbook is opened."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

from o2o.imports.limits import (
    MAX_COLUMNS,
    MAX_RATIO,
    MAX_WORKBOOK_BYTES,
    MAX_WORKBOOK_ENTRIES,
    MAX_WORKBOOK_INFLATED,
    MAX_WORKBOOK_ROWS,
    MEBIBYTE,
)
from o2o.imports.parsing.errors import Cell
from o2o.imports.reading.delimited import Record
from o2o.imports.reading.errors import TooLargeError, UnreadableFileError
from o2o.imports.reading.packages import check_parts, open_package, too_many_rows

SIGNATURE = b"PK\x03\x04"
#: The old binary format of Excel and other office files.
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"


def check_workbook(file: IO[bytes], size: int) -> None:
    """Refuse a file that is no XLSX or would cost too much: sizes, ratio and number of entries, entities in its XML.

    The sizes are those of the zip directory; a reader gets no more than they say, so a false one shows itself.
    Raises ``UnreadableFileError`` and ``TooLargeError``.
    """
    if size > MAX_WORKBOOK_BYTES:
        raise TooLargeError(_too_large("file", size, MAX_WORKBOOK_BYTES))
    try:
        with zipfile.ZipFile(file) as archive:
            _check_sizes(archive.infolist(), size)
            _check_xml(archive)
            check_parts(archive)
    except zipfile.BadZipFile as error:
        raise UnreadableFileError(_("The file is damaged or no XLSX workbook. Save it again, or as CSV.")) from error


def read_workbook(file: IO[bytes], *, after: int) -> Iterator[Record]:
    """Yield the rows of the first visible sheet, from the row after number ``after`` on; numbers are those of Excel.

    Numbers stay numbers, dates become ISO texts, what a formula last gave counts. ``check_workbook`` comes before.
    """
    try:
        book = open_package(file)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise UnreadableFileError(_("The workbook has no visible sheet."))
        sheet: Any = sheets[0]
        sheet.reset_dimensions()  # what a file says of its own size is not to be relied on
        rows = sheet.iter_rows(min_row=after + 1, values_only=True, max_col=MAX_COLUMNS)
        for number, row in enumerate(rows, start=after + 1):
            if number > MAX_WORKBOOK_ROWS:
                raise too_many_rows()
            cells = [_cell(value) for value in row]
            while cells and cells[-1] is None:
                cells.pop()
            yield Record(cells, number)
    except (zipfile.BadZipFile, DefusedXmlException, KeyError, ValueError, SyntaxError, EOFError, OSError) as error:
        raise UnreadableFileError(_("The workbook cannot be read. Save it again, or as CSV.")) from error


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _check_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_WORKBOOK_ENTRIES:
        raise UnreadableFileError(
            _("The workbook consists of %(count)d parts; at most %(most)d are read. Save the sheet as CSV.")
            % {"count": len(entries), "most": MAX_WORKBOOK_ENTRIES}
        )
    inflated = sum(entry.file_size for entry in entries)
    if inflated > MAX_WORKBOOK_INFLATED or (inflated > MEBIBYTE and inflated > size * MAX_RATIO):
        raise TooLargeError(_too_large("content", inflated, min(MAX_WORKBOOK_INFLATED, size * MAX_RATIO)))


def _check_xml(archive: zipfile.ZipFile) -> None:
    """Refuse entities and document types; they stand before the first element, so that no part is read to its end."""
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/workbook") for name in names):
        raise UnreadableFileError(_("The file is no XLSX workbook. Save it as XLSX or CSV."))
    for name in names:
        if not name.lower().endswith((".xml", ".rels")):
            continue
        try:
            with archive.open(name) as part:
                next(iter(iterparse(part, events=("start",), forbid_dtd=True)), None)
        except DefusedXmlException as error:
            raise UnreadableFileError(
                _("The part “%(name)s” of the workbook declares XML entities, which are never read.") % {"name": name}
            ) from error
        except (SyntaxError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise UnreadableFileError(
                _("The part “%(name)s” of the workbook is damaged. Save it again, or as CSV.") % {"name": name}
            ) from error


def _too_large(what: str, size: int, most: int) -> str:
    names = {"file": _("The workbook"), "content": _("What the workbook holds")}
    return _("%(what)s: %(size)d MB, and at most %(most)d MB are read. Save the sheet as CSV, or split it.") % {
        "what": names[what],
        "size": size // MEBIBYTE,
        "most": most // MEBIBYTE,
    }
