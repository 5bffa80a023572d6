"""A first look at a file: its encoding, delimiter and header row."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from o2o.imports.columns import Column, match_headers
from o2o.imports.limits import MAX_COLUMNS
from o2o.imports.parsing.words import text_of
from o2o.imports.reading.delimited import Record, cut_lines, read_delimited
from o2o.imports.reading.dialects import Dialect, detect_delimiter
from o2o.imports.reading.encodings import detect_encoding, mark_length
from o2o.imports.reading.errors import UnreadableFileError
from o2o.imports.reading.workbooks import OLE_SIGNATURE, SIGNATURE, check_workbook, read_workbook

HEAD_BYTES = 256 * 1024
#: A title or two may stand above the headers.
HEADER_WITHIN = 10
SAMPLE_LINES = 20
LONGEST_HEADER = 200


def is_workbook(head: bytes) -> bool:
    """Say whether a file begins as an XLSX does. Raises ``UnreadableFileError`` for the old formats of Excel."""
    if head.startswith(OLE_SIGNATURE):
        raise UnreadableFileError(
            _("This is an old or protected Excel file. Save it as XLSX without password, or as CSV.")
        )
    return head.startswith(SIGNATURE)


def inspect_workbook(file: IO[bytes], size: int, columns: Sequence[Column]) -> Dialect:
    """Check a workbook and find its header row. Raises ``UnreadableFileError``."""
    check_workbook(file, size)
    file.seek(0)
    return with_headers(Dialect(format="xlsx"), read_workbook(file, after=0), columns)


def inspect_text(
    head: bytes, columns: Sequence[Column], *, is_whole: bool, encoding: str = "", delimiter: str = ""
) -> Dialect:
    """Find out how a text file is read; what is given is not looked for. Raises ``UnreadableFileError``."""
    found = encoding or detect_encoding(head, is_whole=is_whole).name
    if not delimiter:
        lines = islice(cut_lines([head[mark_length(head, found) :]], found), SAMPLE_LINES)
        delimiter = detect_delimiter([line.decode(found, errors="replace") for line in lines])
    dialect = Dialect(encoding=found, delimiter=delimiter)
    return with_headers(dialect, text_records([head], dialect), columns)


def text_records(chunks: Iterable[bytes], dialect: Dialect) -> Iterator[Record]:
    """Yield the records of a whole text file, without its byte order mark."""
    iterator = iter(chunks)
    first = next(iterator, b"")
    mark = mark_length(first, dialect.encoding)

    def rest() -> Iterator[bytes]:
        yield first[mark:]
        yield from iterator

    return read_delimited(rest(), dialect, at=mark)


def with_headers(dialect: Dialect, records: Iterator[Record], columns: Sequence[Column]) -> Dialect:
    """Return the dialect with the row, among the first ones, that names the most columns; else the first with text."""
    best: tuple[int, int, list[str]] | None = None
    for number, record in enumerate(islice(records, HEADER_WITHIN), start=1):
        if record.is_blank:
            continue
        headers = [text_of(cell)[:LONGEST_HEADER].replace("\x00", "␀") for cell in record.cells[:MAX_COLUMNS]]
        found = len(match_headers(columns, headers).mapping)
        if best is None or found > best[0]:
            best = (found, number, headers)
    if best is None:
        raise UnreadableFileError(_("The file is empty: nothing stands in its first rows."))
    return dialect.with_changes({"header_row": best[1], "headers": best[2]})
