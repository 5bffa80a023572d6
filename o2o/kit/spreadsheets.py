"""CSV that is only text, also to a spreadsheet program."""

import csv
import io
from collections.abc import Iterable
from typing import Any

# With their full-width twins, which Chinese and Japanese versions read alike.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(value: Any) -> Any:
    """Return a cell that no spreadsheet program takes for a formula: such text gets an apostrophe in front.

    Numbers stay numbers; text that reads like a formula is never one, because it came from somebody else.
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_line(cells: Iterable[Any]) -> str:
    """Return one line of CSV (RFC 4180) of inert cells, with its line end."""
    line = io.StringIO()
    csv.writer(line).writerow([inert(cell) for cell in cells])
    return line.getvalue()
