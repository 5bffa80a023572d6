"""Dates and times as people and programs write them.

``2026-01-31``, ``2026/1/31``, ``2026年1月31日`` and ``20260131`` say what they mean; ``31.01.2026`` has the day first.
``1/2/2026`` does not: the order is one of the whole file, found by the dates whose day is above 12 or set by a person.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone

from django.utils.translation import gettext as _

from o2o.imports.parsing.errors import Cell, CellError, Formats, shown

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"

_YEAR_FIRST = re.compile(r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?")
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_DOTTED = re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})")
_EITHER = re.compile(r"(?P<a>\d{1,2})\s*[-/]\s*(?P<b>\d{1,2})\s*[-/]\s*(?P<y>\d{4})")
_TIME = re.compile(
    r"(?P<before>上午|下午|AM|PM)?\s*(?P<h>\d{1,2})[:时點点](?P<m>\d{2})(?:[:分](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?秒?|分)?"
    r"\s*(?P<after>AM|PM|A\.M\.|P\.M\.)?\s*(?P<zone>Z|UTC|[-+]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"(?<=[\d日])(?:\s*T|\s+|(?<=日))(?=\S)", re.IGNORECASE)


def parse_date(cell: Cell, formats: Formats) -> date:
    """Read a date; a time of midnight behind it is left out. Raises ``CellError``."""
    text = _text(cell)
    day, rest = _split(text, formats, cell)
    if rest and _time(rest, cell)[0] != time():
        raise CellError(_("“%(value)s” has a time of day; only a date is expected.") % {"value": shown(cell)})
    return day


def parse_datetime(cell: Cell, formats: Formats) -> datetime:
    """Read an instant and return it in UTC; without an offset it is of the merchant's time zone.

    A date alone is its midnight. A local time that the clocks skip is refused; of one that comes twice, the first is
    meant. Raises ``CellError``.
    """
    text = _text(cell)
    day, rest = _split(text, formats, cell)
    clock, zone = _time(rest, cell) if rest else (time(), None)
    if zone is not None:
        return datetime.combine(day, clock, zone).astimezone(UTC)
    local = datetime.combine(day, clock, formats.time_zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(formats.time_zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise CellError(
            _("The clocks skipped “%(value)s” in %(zone)s.") % {"value": shown(cell), "zone": formats.time_zone}
        )
    return instant


def evidence(cell: Cell) -> str:
    """Return the order that a date proves (``dmy`` or ``mdy``), or nothing where it proves none."""
    if not isinstance(cell, str):
        return ""
    found = _EITHER.match(cell.strip())
    if found is None:
        return ""
    first, second = int(found["a"]), int(found["b"])
    if first > 12 >= second:
        return DAY_FIRST
    return MONTH_FIRST if second > 12 >= first else ""


def _text(cell: Cell) -> str:
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise CellError(
            _("“%(value)s” is a number; format the cell as a date or write it like 2026-01-31.")
            % {"value": shown(cell)}
        )
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _split(text: str, formats: Formats, cell: Cell) -> tuple[date, str]:
    whole = _day(text, formats)
    if whole:
        return whole, ""
    parts = _SPLIT.split(text, maxsplit=1)
    day = _day(parts[0], formats) if len(parts) == 2 else None
    if day is None:
        raise CellError(_("“%(value)s” is not a date; write it like 2026-01-31.") % {"value": shown(cell)})
    return day, parts[1].strip()


def _day(text: str, formats: Formats) -> date | None:
    for pattern in (_YEAR_FIRST, _COMPACT, _DOTTED):
        if found := pattern.fullmatch(text):
            return _date(int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _EITHER.fullmatch(text):
        first, second = int(found["a"]), int(found["b"])
        day, month = (first, second) if formats.date_order == DAY_FIRST else (second, first)
        return _date(int(found["y"]), month, day)
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= 1800 else None
    except ValueError:
        return None


def _time(text: str, cell: Cell) -> tuple[time, timezone | None]:
    found = _TIME.fullmatch(text)
    try:
        read = _clock(found) if found else None
    except ValueError:
        read = None
    if read is None:
        raise CellError(_("“%(value)s” is not a time; write it like 2026-01-31 18:30.") % {"value": shown(cell)})
    return read


def _clock(found: re.Match[str]) -> tuple[time, timezone | None]:
    hour = _hour(int(found["h"]), (found["before"] or found["after"] or "").upper().replace(".", ""))
    micro = int((found["f"] or "0")[:6].ljust(6, "0"))
    return time(hour, int(found["m"]), int(found["s"] or 0), micro), _zone(found["zone"])


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half in ("PM", "下午") else 0)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text.upper() in ("Z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
