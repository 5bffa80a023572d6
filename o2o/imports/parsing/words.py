"""Texts, yes and no, choices and lists."""

import re
import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext as _

from o2o.imports.parsing.errors import Cell, CellError, shown
from o2o.kit.spreadsheets import FORMULA_STARTS

YES = frozenset({"yes", "y", "true", "t", "1", "on", "x", "是", "对", "有", "√", "✓", "✔", "启用", "开"})
NO = frozenset({"no", "n", "false", "f", "0", "off", "否", "不", "错", "无", "×", "✗", "✘", "停用", "关"})
_LIST = re.compile(r"[;；,，、|\n]")
_EXPONENT = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


def text_of(cell: Cell) -> str:
    """Return a cell as text without blanks around it; an apostrophe that our exports put before a formula goes.

    Whole numbers of a spreadsheet lose their ``.0``, so that a code that was typed as a number stays what it was.
    """
    if isinstance(cell, str):
        text = cell.strip()
        is_inert = text.startswith("'") and text[1:].lstrip(" ").startswith(FORMULA_STARTS)
        return text[1:] if is_inert else text
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def parse_text(cell: Cell, *, max_length: int | None, is_code: bool) -> str:
    """Read a text. A code that a spreadsheet rounded (``6.9E+12``) is refused. Raises ``CellError``."""
    text = text_of(cell)
    if is_code and (_EXPONENT.fullmatch(text) or (isinstance(cell, float) and abs(cell) >= 1e15)):
        raise CellError(
            _("“%(value)s” was shortened by a spreadsheet. Format the column as text and paste the codes again.")
            % {"value": shown(cell)}
        )
    if max_length is not None and len(text) > max_length:
        raise CellError(
            _("“%(value)s” has %(count)d characters; at most %(most)d fit.")
            % {"value": shown(text), "count": len(text), "most": max_length}
        )
    return text


def folded(text: str) -> str:
    """Return what is left of a word when case, width and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def parse_boolean(cell: Cell) -> bool:
    """Read yes or no, in English or Chinese. Raises ``CellError``."""
    if isinstance(cell, bool):
        return cell
    word = folded(text_of(cell))
    if word in YES:
        return True
    if word in NO:
        return False
    raise CellError(_("“%(value)s” is neither yes nor no.") % {"value": shown(cell)})


def parse_choice(cell: Cell, words: Mapping[str, str]) -> str:
    """Read one of some values; ``words`` leads from each folded word to its value. Raises ``CellError``."""
    word = folded(text_of(cell))
    if word in words:
        return words[word]
    known = ", ".join(dict.fromkeys(words.values()))
    raise CellError(_("“%(value)s” is not one of: %(known)s.") % {"value": shown(cell), "known": known})


def parse_list(cell: Cell) -> list[str]:
    """Read texts between commas, semicolons, bars, Chinese commas or line ends; empty and repeated ones go."""
    parts = (part.strip() for part in _LIST.split(text_of(cell)))
    return list(dict.fromkeys(part for part in parts if part))
