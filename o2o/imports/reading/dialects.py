"""How a file is to be read: what was found out about it, and what people set instead."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

DELIMITERS: Mapping[str, str] = {",": ",", ";": ";", "\t": "Tab", "|": "|"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file is read.

    ``format`` is ``csv`` or ``xlsx``. ``header_row`` is the number of the row with the headers, from 1 on. ``columns``
    leads from the name of a column to its place from 0 on, or to None
    where a person left it out: what they chose, on top of what is found by name. ``date_order`` and ``decimal_mark``
    are empty where nobody chose; ``found_date_order`` is what the dates of the file prove, if they prove anything.
    ``headers`` is that row as it stands in the file.
    """

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    date_order: str = ""
    decimal_mark: str = ""
    found_date_order: str = ""
    header_row: int = 1
    headers: Sequence[str] = ()
    columns: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def day_or_month_first(self) -> str:
        """The order by which dates are read: as chosen, as found, else the day first, as in most of the world."""
        return self.date_order or self.found_date_order or "dmy"

    def to_json(self) -> dict[str, Any]:
        """Return what the database keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the dialect that the database kept."""
        return cls(**kept)

    def with_changes(self, changes: Mapping[str, Any]) -> Self:
        """Return the dialect with some of its fields set anew."""
        return replace(self, **changes)


def detect_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter of some first lines: the one that splits them into the most columns, and alike.

    Delimiters inside quotation marks do not count. A single column is comma-separated.
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter) if record]
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if (alike, widths[0]) > best_score:
            best, best_score = delimiter, (alike, widths[0])
    return best
