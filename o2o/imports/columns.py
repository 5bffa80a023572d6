"""The columns of a kind of import: how they are called, how a cell of them is read and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from o2o.imports.parsing import dates, numbers, words
from o2o.imports.parsing.errors import Cell, CellError, Formats, shown

Text = str | Promise
Value = str | int | Decimal | date | datetime | bool | list[str] | None


class ColumnKind(StrEnum):
    """What the cells of a column hold, and the Python type that a kind of import gets."""

    TEXT = "text"  # str
    INTEGER = "integer"  # int
    DECIMAL = "decimal"  # Decimal
    MONEY = "money"  # Decimal in major units, to the coin of the merchant's currency
    DATE = "date"  # date
    DATETIME = "datetime"  # aware datetime in UTC
    BOOLEAN = "boolean"  # bool
    CHOICE = "choice"  # str, one of ``choices``
    LIST = "list"  # list[str]


@dataclass(frozen=True)
class Column:
    """A column of a kind of import.

    It is found in a file by ``name``, by ``label`` in English or Chinese, or by one of the ``aliases``; case, blanks,
    ``_`` and ``-`` do not count. A required column must be in the file, and each of its cells filled. An empty cell is
    None; a column that the file lacks is not among the values of a row at all.

    ``choices`` are pairs of value and label (``TextChoices.choices``); either word is understood, in both languages.
    ``is_code`` refuses what a spreadsheet rounded (``6.9E+12``). ``minimum`` bounds numbers and amounts.
    ``is_in_any_currency`` is for amounts whose currency stands in another column: the kind checks them itself.
    """

    name: str
    label: Text
    kind: ColumnKind = ColumnKind.TEXT
    is_required: bool = False
    aliases: Sequence[str] = ()
    help: Text = ""
    example: str = ""
    choices: Sequence[tuple[str, Text]] = ()
    max_length: int | None = None
    minimum: int | Decimal | None = None
    is_code: bool = False
    is_in_any_currency: bool = False

    def parse(self, cell: Cell, formats: Formats) -> Value:
        """Read a cell. Raises ``CellError``, whose message begins with the label of the column."""
        if words.text_of(cell) == "":
            if self.is_required:
                raise CellError(_("%(column)s is empty.") % {"column": self.label})
            return None
        if isinstance(cell, str) and "\x00" in cell:
            raise CellError(
                _("%(column)s holds a NUL byte: “%(value)s”. Save the file again as CSV or XLSX.")
                % {"column": self.label, "value": shown(cell)}
            )
        try:
            return self._bounded(self._parsed(cell, formats), cell)
        except CellError as error:
            raise CellError(f"{self.label}: {error}") from None

    def words(self) -> Mapping[str, str]:
        """Return the folded words by which a choice is understood, each with its value."""
        return _words(tuple(self.choices))

    def _parsed(self, cell: Cell, formats: Formats) -> Value:
        match self.kind:
            case ColumnKind.TEXT:
                return words.parse_text(cell, max_length=self.max_length, is_code=self.is_code)
            case ColumnKind.INTEGER:
                return numbers.parse_integer(cell, formats)
            case ColumnKind.DECIMAL:
                return numbers.parse_decimal(cell, formats)
            case ColumnKind.MONEY:
                return numbers.parse_money(cell, formats, in_any_currency=self.is_in_any_currency)
            case ColumnKind.DATE:
                return dates.parse_date(cell, formats)
            case ColumnKind.DATETIME:
                return dates.parse_datetime(cell, formats)
            case ColumnKind.BOOLEAN:
                return words.parse_boolean(cell)
            case ColumnKind.CHOICE:
                return words.parse_choice(cell, self.words())
            case ColumnKind.LIST:
                return words.parse_list(cell)

    def _bounded(self, value: Value, cell: Cell) -> Value:
        if self.minimum is not None and isinstance(value, int | Decimal) and value < self.minimum:
            raise CellError(
                _("“%(value)s” is less than %(minimum)s.") % {"value": shown(cell), "minimum": self.minimum}
            )
        return value


def written(value: Any, formats: Formats) -> Any:
    """Return a value as our own exports write it, so that ``Column.parse`` reads the same value back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(formats.time_zone).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(str(item) for item in value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


@dataclass(frozen=True, slots=True)
class Matched:
    """Which column stands where: ``mapping`` leads from the name of a column to its place in the file, from 0 on."""

    mapping: Mapping[str, int]
    unknown: Sequence[str]
    missing: Sequence[Column]


def match_headers(
    columns: Sequence[Column], headers: Sequence[str], *, chosen: Mapping[str, int | None] | None = None
) -> Matched:
    """Find the columns of a kind among the headers of a file. ``chosen`` by hand counts first; None leaves one out.

    Of two headers that say the same the first counts. An exact name beats a label, and a label an alias.
    """
    picked = dict(chosen or {})
    mapping: dict[str, int] = {
        name: place for name, place in picked.items() if place is not None and 0 <= place < len(headers)
    }
    taken = set(mapping.values())
    open_columns = [column for column in columns if column.name not in picked]
    for names_of in (_own_name, _labels, _aliases):
        for column in open_columns:
            if column.name in mapping:
                continue
            wanted = {header_key(name) for name in names_of(column)}
            for place, header in enumerate(headers):
                if place not in taken and header_key(header) in wanted:
                    mapping[column.name] = place
                    taken.add(place)
                    break
    unknown = [header for place, header in enumerate(headers) if place not in taken and header.strip()]
    missing = [column for column in columns if column.is_required and column.name not in mapping]
    return Matched(mapping, unknown, missing)


def header_key(header: str) -> str:
    """Return what is left of a header when case, width, blanks, ``_``, ``-`` and a trailing ``*`` do not count."""
    return words.folded(header).replace("_", "").replace("-", "").replace("\ufeff", "").strip("*:")


def in_all_languages(text: Text) -> list[str]:
    """Return a text in each language of the console."""
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(str(text))
    return list(dict.fromkeys(found))


def _own_name(column: Column) -> list[str]:
    return [column.name]


def _labels(column: Column) -> list[str]:
    return in_all_languages(column.label)


def _aliases(column: Column) -> list[str]:
    return list(column.aliases)


@cache
def _words(choices: tuple[tuple[str, Text], ...]) -> Mapping[str, str]:
    known = {words.folded(str(value)): str(value) for value, _label in choices}
    for value, label in choices:
        for word in in_all_languages(label):
            known.setdefault(words.folded(word), str(value))
    return known
