"""Numbers and amounts as people write them.

Which mark is the decimal one, where the file does not say so:

- Where both ``,`` and ``.`` stand, the last of them: ``1,234.50`` and ``1.234,50``.
- A mark that stands more than once separates thousands: ``1.234.567``.
- One ``,`` before exactly three digits separates thousands (``1,234``); else it is the decimal mark (``12,5``,
  ``0,125``).
- One ``.`` is the decimal mark. So ``1.234`` meant as thousands is finer than a cent and refused as an amount, not
  misread.

A tiny number that a program writes with an exponent (``5.55e-17``) is read as it stands; one with a positive exponent
(``6.9E+12``) is what a spreadsheet shortened, and refused.

A person who sets the decimal mark of the file overrides this. Whatever separates thousands has to do so properly.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Self

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from o2o.imports.parsing.errors import Cell, CellError, Formats, shown
from o2o.kit.money import smallest_unit

MOST_DIGITS = 18
DOLLARS = frozenset(
    {
        "USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "BND", "FJD", "BSD", "BBD", "BMD",
        "BZD", "KYD", "XCD", "GYD", "JMD", "LRD", "NAD", "SBD", "SRD", "TTD",
    }
)  # fmt: skip
#: What a sign may stand for; one that is not among them may stand for anything.
SIGNS = {
    "$": DOLLARS,
    "US$": frozenset({"USD"}),
    "HK$": frozenset({"HKD"}),
    "NT$": frozenset({"TWD"}),
    "MOP$": frozenset({"MOP"}),
    "R$": frozenset({"BRL"}),
    "¥": frozenset({"CNY", "JPY"}),
    "元": frozenset({"CNY", "TWD", "HKD", "MOP", "JPY", "USD"}),
    "圆": frozenset({"CNY", "JPY"}),
    "RMB": frozenset({"CNY"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "₩": frozenset({"KRW"}),
    "₹": frozenset({"INR"}),
    "₽": frozenset({"RUB"}),
    "฿": frozenset({"THB"}),
    "₫": frozenset({"VND"}),
    "₱": frozenset({"PHP"}),
}
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-", "’": "'", "‘": "'", "´": "'", "，": ",", "。": "."})
_NAMED = r"[A-Z]{1,3}\$|[A-Z]{3}|[$¥€£₩₹₽฿₫₱元圆]"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?P<before>{_NAMED})?\s*(?P<second>[-+])?\s*"
    rf"(?P<digits>[0-9.,](?:[0-9.,' ]*[0-9])?[.,]?)\s*(?P<trailing>-)?\s*(?P<after>{_NAMED})?\s*(?P<close>\))?",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,3})?")
_EXPONENT = re.compile(r"[-+]?\d+([.,]\d+)?E[-+]?\d+", re.IGNORECASE)
_TINY = re.compile(r"[-+]?\d\.?\d{0,17}E-\d{1,3}", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:\d*|(?:([,.' ])\d{2,3}(?:\1\d{2,3})*(?<=\d{3})))")


def parse_decimal(cell: Cell, formats: Formats) -> Decimal:
    """Read a number. Raises ``CellError``."""
    amount, named = _read(cell, formats)
    if named:
        raise CellError(_("“%(value)s” is not a plain number; leave the currency out.") % {"value": shown(cell)})
    return amount


def parse_integer(cell: Cell, formats: Formats) -> int:
    """Read a whole number; ``12.0`` is one. Raises ``CellError``."""
    number = parse_decimal(cell, formats)
    if number != number.to_integral_value():
        raise CellError(_("“%(value)s” is not a whole number.") % {"value": shown(cell)})
    return int(number)


def parse_money(cell: Cell, formats: Formats, *, in_any_currency: bool = False) -> Decimal:
    """Read an amount in major units of the merchant's currency; a sign or code beside it must not say otherwise.

    With ``in_any_currency`` another column says which currency it is: the smallest unit is not checked, and the sign is
    left to ``wrong_currency``. Raises ``CellError``.
    """
    amount, named = _read(cell, formats)
    if in_any_currency:
        return NamedAmount.of(amount, named) if named else amount
    if reason := wrong_currency(NamedAmount.of(amount, named), formats.currency):
        raise CellError(reason)
    unit = smallest_unit(formats.currency)
    if amount != amount.quantize(unit):
        raise CellError(
            _("“%(value)s” is finer than the smallest coin of %(currency)s, %(unit)s. Round it first.")
            % {"value": shown(cell), "currency": formats.currency, "unit": unit}
        )
    return amount.quantize(unit)


class NamedAmount(Decimal):
    """An amount beside which a sign or code of a currency stood."""

    names: Sequence[str]

    @classmethod
    def of(cls, amount: Decimal, names: Sequence[str]) -> Self:
        """Return the amount with its signs."""
        named = cls(amount)
        named.names = names
        return named


def wrong_currency(amount: Decimal, currency: str) -> str:
    """Return what is wrong with an amount whose sign is that of another currency, or nothing."""
    for name in amount.names if isinstance(amount, NamedAmount) else ():
        if currency not in _currencies(name):
            return _("“%(value)s” is in another currency than %(currency)s. Convert it, or leave the sign out.") % {
                "value": f"{name} {amount:f}", "currency": currency,
            }  # fmt: skip
    return ""


def _read(cell: Cell, formats: Formats) -> tuple[Decimal, list[str]]:
    if isinstance(cell, bool) or cell is None:
        raise CellError(_("“%(value)s” is not a number.") % {"value": shown(cell)})
    if isinstance(cell, int | float):
        return _bounded(_exact(cell), cell), []
    # What nearly all numbers are; the way below would come to the same.
    if formats.decimal_mark != "," and _PLAIN.fullmatch(cell):
        return Decimal(cell if "." in cell else f"{cell}.0"), []
    text = unicodedata.normalize("NFKC", cell.translate(_MINUS)).translate(_MINUS).strip().strip("'").strip()
    if _TINY.fullmatch(text):
        return _bounded(Decimal(text), cell), []
    if _EXPONENT.fullmatch(text):
        raise CellError(
            _("“%(value)s” was shortened by a spreadsheet. Format the column as a number without exponent.")
            % {"value": shown(cell)}
        )
    found = _AMOUNT.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["before"] and found["after"]):
        raise CellError(_("“%(value)s” is not a number; write it like 1234.50.") % {"value": shown(cell)})
    signs = [sign for sign in (found["sign"], found["second"], found["trailing"], found["open"]) if sign]
    if len(signs) > 1:
        raise CellError(_("“%(value)s” has more than one sign; write it like -1234.50.") % {"value": shown(cell)})
    plain = _without_thousands(found["digits"].strip(), formats.decimal_mark)
    if plain is None:
        raise CellError(
            _("“%(value)s” does not say which mark separates thousands; write it like 1234.50.")
            % {"value": shown(cell)}
        )
    amount = _bounded(Decimal(plain), cell)
    named = [name.upper() for name in (found["before"], found["after"]) if name]
    return (-amount if signs and signs[0] in ("-", "(") else amount), named


def _exact(number: int | float) -> Decimal:
    """Return what a spreadsheet shows: it keeps fifteen digits, whatever binary fraction lies beneath."""
    if isinstance(number, int):
        return Decimal(number)
    text = repr(number)
    return Decimal(text if len(text.replace("-", "").replace(".", "")) <= 16 else format(number, ".15g"))


def _bounded(amount: Decimal, cell: Cell) -> Decimal:
    if not amount.is_finite() or amount.adjusted() >= MOST_DIGITS or len(amount.as_tuple().digits) > MOST_DIGITS:
        raise CellError(
            _("“%(value)s” has too many digits; at most %(most)d are kept.")
            % {"value": shown(cell), "most": MOST_DIGITS}
        )
    return amount


def _without_thousands(digits: str, decimal_mark: str) -> str | None:
    """Return digits with a decimal point and nothing else, or None where they are not grouped as numbers are."""
    mark = decimal_mark or _decimal_mark(digits)
    whole, _mark, fraction = digits.rpartition(mark) if mark and mark in digits else (digits, "", "")
    if fraction and not fraction.isdigit():
        return None
    # An empty whole is ``.50``.
    if whole and not _GROUPED.fullmatch(whole):
        return None
    if not whole and not fraction:
        return None
    return f"{re.sub('[^0-9]', '', whole) or '0'}.{fraction or '0'}"


def _decimal_mark(digits: str) -> str:
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        return "," if digits.rindex(",") > digits.rindex(".") else "."
    if points == 1:
        return "."
    if commas == 1:
        whole, fraction = digits.split(",")
        is_thousands = len(fraction) == 3 and whole.lstrip("0") != "" and len(whole) <= 3
        return "" if is_thousands else ","
    return ""


def _currencies(name: str) -> frozenset[str]:
    if name in SIGNS:
        return SIGNS[name]
    return frozenset({name}) if name in list_currencies() else frozenset()
