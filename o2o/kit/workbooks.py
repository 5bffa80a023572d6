"""XLSX files of any length: text that is only text, numbers, dates."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from o2o.kit.spreadsheets import inert

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_workbook(rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """Return rows as an XLSX file on disk, which is gone once it is closed; memory does not grow with the rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


def _text_cell(sheet: Any, value: str) -> Any:
    """Return a cell that is a text whatever it begins with."""
    cell = WriteOnlyCell(sheet, value=None)
    cell._value = _printable(str(inert(value)))
    cell.data_type = "s"
    return cell


def _printable(text: str) -> str:
    # XML has no place for these.
    return "".join(character for character in text if character >= " " or character in "\t\n\r")[:32_767]
