"""Delimited text from any place in a file, with the place where each record ends.

Lines are cut from the bytes, so that a place is exact in every encoding: no encoding here has a line end or quotation
mark inside another character, once UTF-16 is cut at even places.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

from django.utils.translation import gettext as _

from o2o.imports.limits import MAX_COLUMNS, MAX_LINE_BYTES, MAX_LINES_PER_RECORD
from o2o.imports.parsing.errors import Cell
from o2o.imports.reading.dialects import Dialect
from o2o.imports.reading.errors import UnreadableFileError

csv.field_size_limit(MAX_LINE_BYTES)


class Record(NamedTuple):
    """The cells of one row, where the next one begins (a byte, or a row of a workbook), and why it cannot be read."""

    cells: list[Cell]
    end: int
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the row."""
        return not self.fault and all(
            cell is None or (isinstance(cell, str) and not cell.strip()) for cell in self.cells
        )


def cut_lines(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Cut bytes into lines, each with its end: a line feed, or a carriage return where a file has no line feed.

    Raises ``UnreadableFileError`` for a line that never ends.
    """
    unit = 2 if encoding.startswith("utf-16") else 1
    newline = end = "\n".encode(encoding)
    return_ = "\r".encode(encoding)
    kept = b""
    is_first = True
    for chunk in chunks:
        kept += chunk
        if is_first and _find(kept, newline, 0, unit) < 0 and _find(kept, return_, 0, unit) >= 0:
            end = return_
        is_first = False
        start = 0
        while (found := _find(kept, end, start, unit)) >= 0:
            yield kept[start : found + unit]
            start = found + unit
        kept = kept[start:]
        if len(kept) > MAX_LINE_BYTES:
            raise UnreadableFileError(_("A line of the file has no end for a megabyte: this is not a table."))
    if kept:
        yield kept


def read_delimited(chunks: Iterable[bytes], dialect: Dialect, *, at: int) -> Iterator[Record]:
    """Yield the records of a file from byte ``at`` on, where ``chunks`` begin.

    What cannot be decoded becomes U+FFFD and a fault of the row. A quotation mark that is never closed spoils the line
    where it stands and no other.
    """
    source = _Source(cut_lines(chunks, dialect.encoding), dialect.encoding, at)
    while source.has_more():
        yield from _records(source, dialect)


def _records(source: "_Source", dialect: Dialect) -> Iterator[Record]:
    """Yield records until one has to be given up; then begin anew after its first line."""
    reader = csv.reader(source, delimiter=dialect.delimiter)
    while True:
        source.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RunawayError):
            yield source.give_up()
            return
        if source.is_over and source.lines_of_record > 1 and not _is_closed(source.text_of_record(), dialect):
            yield source.give_up()
            return
        yield Record(cast(list[Cell], cells), source.position, source.fault() or _too_wide(cells))


def _too_wide(cells: list[str]) -> str:
    return _("The row has more than %(most)d columns.") % {"most": MAX_COLUMNS} if len(cells) > MAX_COLUMNS else ""


def _is_closed(text: str, dialect: Dialect) -> bool:
    try:
        list(csv.reader(text.splitlines(keepends=True), delimiter=dialect.delimiter, strict=True))
    except csv.Error as error:
        return "end of data" not in str(error)
    return True


class _RunawayError(Exception):
    """A record runs over too many lines."""


class _Source:
    """Decoded lines for ``csv``, which remembers where it is and can go back to the second line of a record."""

    def __init__(self, lines: Iterator[bytes], encoding: str, position: int) -> None:
        self._lines, self._encoding, self.position = lines, encoding, position
        self._again: list[bytes] = []
        self._record: list[bytes] = []
        self._has_replaced = self.is_over = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._record) >= MAX_LINES_PER_RECORD:
            raise _RunawayError
        line = self._next_line()
        if line is None:
            self.is_over = True
            raise StopIteration
        self._record.append(line)
        self.position += len(line)
        text = line.decode(self._encoding, errors="replace")
        if "\ufffd" in text:
            self._has_replaced = True
        return text

    def has_more(self) -> bool:
        """Say whether another line follows."""
        line = self._next_line()
        if line is None:
            return False
        self._again.insert(0, line)
        return True

    def begin_record(self) -> None:
        self._record = []
        self._has_replaced = False

    @property
    def lines_of_record(self) -> int:
        return len(self._record)

    def text_of_record(self) -> str:
        return b"".join(self._record).decode(self._encoding, errors="replace")

    def fault(self) -> str:
        # The character itself may stand in a file that somebody else decoded wrongly before.
        if not self._has_replaced or b"".join(self._record) == self.text_of_record().encode(self._encoding, "replace"):
            return ""
        return _("The row holds bytes that are not %(encoding)s. Choose another encoding or mend the file.") % {
            "encoding": self._encoding.upper()
        }

    def give_up(self) -> Record:
        """Return the first line of the record as one that cannot be read, and take the others back."""
        first, *others = self._record
        self._again = others + self._again
        self.position -= sum(len(line) for line in others)
        self.is_over = False
        text = first.decode(self._encoding, errors="replace").rstrip("\r\n")
        return Record([text], self.position, _('A quotation mark in this row is never closed. Write it twice ("").'))

    def _next_line(self) -> bytes | None:
        return self._again.pop(0) if self._again else next(self._lines, None)


def _find(data: bytes, wanted: bytes, start: int, unit: int) -> int:
    found = data.find(wanted, start)
    while found >= 0 and found % unit:
        found = data.find(wanted, found + 1)
    return found
