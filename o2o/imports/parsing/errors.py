"""What is wrong with a cell, and by which conventions a file is read."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

SHOWN = 60
SHANGHAI = ZoneInfo("Asia/Shanghai")

#: What a reader hands over: text, or the number or truth value of a spreadsheet's cell. None is an empty cell.
Cell = str | int | float | bool | None


class CellError(ValueError):
    """A cell cannot be read as what its column holds; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Formats:
    """The conventions by which one file is read.

    ``date_order`` is ``dmy`` or ``mdy`` and matters only to dates that begin with neither the year nor a day above 12.
    ``decimal_mark`` is ``.``, ``,`` or empty, which decides number by number (see ``parsing.numbers``). ``currency``
    is that of the merchant; times without an offset are of ``time_zone``.
    """

    date_order: str = "dmy"
    decimal_mark: str = ""
    currency: str = "CNY"
    time_zone: ZoneInfo = SHANGHAI


def shown(text: object) -> str:
    """Return a value as an error message quotes it: in one line and not endless."""
    line = " ".join(str(text).replace("\x00", "␀").split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
