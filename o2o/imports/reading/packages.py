"""What the parts of a workbook may hold, so that reading it takes a bounded amount of memory.

A few kilobytes of zip can become millions of styles or texts, each of which takes many times its size once it is an
object; and a sheet is read row by row, so that one endless row is held whole.
"""

import zipfile
from collections.abc import Mapping
from typing import IO, Any
from xml.parsers import expat

from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.workbook import Workbook

from o2o.imports.limits import (
    MAX_PART_BYTES,
    MAX_PART_TAGS,
    MAX_SHARED_STRINGS,
    MAX_SHARED_TAGS,
    MAX_SHEET_ROW_BYTES,
    MAX_WORKBOOK_ROWS,
    MEBIBYTE,
)
from o2o.imports.reading.errors import TooLargeError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CONTENTS = "[Content_Types].xml"
#: These are read under their names, whatever the list of contents calls them.
FIXED = (CONTENTS, "xl/styles.xml", "xl/workbook.xml")
BLOCK = 64 * 1024
ROW_DEPTH = 3


def check_parts(archive: zipfile.ZipFile) -> None:
    """Refuse parts that are read whole and would become too many objects. Raises ``TooLargeError``."""
    _check(archive, CONTENTS, MAX_PART_BYTES, MAX_PART_TAGS)
    for name, kind in _whole_parts(archive).items():
        if kind.endswith("sharedStrings+xml"):
            _check(archive, name, MAX_SHARED_STRINGS, MAX_SHARED_TAGS)
        else:
            _check(archive, name, MAX_PART_BYTES, MAX_PART_TAGS)


def open_package(file: IO[bytes]) -> Workbook:
    """Return the workbook, of which ``check_parts`` has checked the package; its sheets are guarded."""
    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    reader.archive = _Package(file)
    reader.read()
    return reader.wb


class _Package(zipfile.ZipFile):
    """A zip whose parts are guarded, unless they are read whole."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self._whole = frozenset(_whole_parts(self))

    def open(self, name: Any, *arguments: Any, **options: Any) -> Any:
        """Open a part for reading."""
        part = super().open(name, *arguments, **options)
        is_whole = not hasattr(self, "_whole") or name in self._whole
        return part if is_whole else GuardedSheet(part)


def _whole_parts(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """Return the parts that are no sheets and that somebody reads, with what they are."""
    types = _types(archive)
    names = [name for name in archive.namelist() if name in FIXED or name.endswith(".rels") or name in types]
    return {name: types.get(name, "") for name in names if not types.get(name, "").endswith("worksheet+xml")}


def _types(archive: zipfile.ZipFile) -> Mapping[str, str]:
    with archive.open(CONTENTS) as part:
        found = [element for _event, element in iterparse(part, forbid_dtd=True) if element.get("PartName")]
    return {element.get("PartName", "").lstrip("/"): element.get("ContentType", "") for element in found}


def _check(archive: zipfile.ZipFile, name: str, most_bytes: int, most_tags: int) -> None:
    tags = size = 0
    with archive.open(name) as part:
        while block := part.read(BLOCK):
            size += len(block)
            tags += block.count(b"<")
            if size > most_bytes or tags > most_tags:
                raise TooLargeError(
                    _("The part “%(name)s” of the workbook holds more than is read of it. Save the sheet as CSV.")
                    % {"name": name}
                )


def too_many_rows() -> TooLargeError:
    """Return what is wrong with a sheet that is too long."""
    return TooLargeError(
        _("A workbook may have %(most)d rows. Save the sheet as CSV, which may have more.")
        % {"most": MAX_WORKBOOK_ROWS}
    )


class GuardedSheet:
    """The XML of a sheet, read as a file, which raises ``TooLargeError`` where a row does not end or they are too many.

    The elements themselves are counted, for a text may look like the end of a row.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._given = self._settled = self._depth = self._rows = 0
        self._is_data = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end

    def __enter__(self) -> "GuardedSheet":
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def close(self) -> None:
        """Close the part."""
        self._source.close()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, of which the reader holds no more than a row."""
        block = self._source.read(BLOCK if size < 0 else min(size, BLOCK))
        self._given += len(block)
        try:
            self._parser.Parse(block, not block)
        except expat.ExpatError as error:
            raise SyntaxError(str(error)) from error
        if self._given - self._settled > MAX_SHEET_ROW_BYTES:
            raise TooLargeError(
                _("A row of the workbook, or what stands before or after its rows, holds more than %(most)d MB.")
                % {"most": MAX_SHEET_ROW_BYTES // MEBIBYTE}
            )
        if self._rows > MAX_WORKBOOK_ROWS:
            raise too_many_rows()
        return block

    def _begin(self, name: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth == ROW_DEPTH - 1:
            self._is_data = name == f"{MAIN} sheetData"

    def _end(self, name: str) -> None:
        if self._depth == ROW_DEPTH and self._is_data and name == f"{MAIN} row":
            self._settled = self._parser.CurrentByteIndex
            self._rows += 1
        self._depth -= 1
