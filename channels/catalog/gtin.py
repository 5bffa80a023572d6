"""Numbers of articles (GTIN), as printed under a barcode."""

from biip import ParseError
from biip.gtin import Gtin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.kit.errors import InvalidError


class WrongGtinError(InvalidError):
    """The digits are no GTIN."""

    code = "wrong_gtin"
    title = gettext_lazy("This is not a GTIN")


def gtin14(text: str) -> str:
    """Return a GTIN-8, 12, 13 or 14 as 14 digits, with zeros in front; an empty text stays empty.

    Raises ``WrongGtinError`` for anything else, and says the right check digit where only that is wrong.
    """
    digits = text.strip().replace(" ", "").replace("-", "")
    if not digits:
        return ""
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (8, 12, 13, 14):
        raise WrongGtinError(
            _("“%(text)s” is not a GTIN, which has 8, 12, 13 or 14 digits.") % {"text": text[:40]}, field="gtin"
        )
    right = check_digit(digits[:-1])
    if digits[-1] != right:
        raise WrongGtinError(
            _("The last digit of “%(text)s” must be %(digit)s, if the others are right.")
            % {"text": text[:40], "digit": right},
            field="gtin",
        )
    try:
        return Gtin.parse(digits).as_gtin_14()
    except ParseError as error:
        raise WrongGtinError(
            _("“%(text)s” is not a GTIN that is in use.") % {"text": text[:40]}, field="gtin"
        ) from error


def barcode_of(text: str) -> str:
    """Return a code as barcodes are kept: a GTIN as 14 digits, whatever else as it is."""
    value = text.strip()
    try:
        return gtin14(value) if value.isascii() and value.isdigit() else value
    except WrongGtinError:
        return value


def check_digit(digits: str) -> str:
    """Return the digit that completes a GTIN (GS1 General Specifications, 7.9: weights 3 and 1 from the right)."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)
