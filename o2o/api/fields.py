"""Fields that serializers of all apps share."""

from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import list_currencies
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from o2o.kit.errors import InvalidError
from o2o.kit.money import Money, smallest_unit

MOST_DIGITS = 18
LONGEST_TEXT = 40
MONEY_SCHEMA = {
    "type": "object",
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "properties": {
        "amount": {
            "type": "string",
            "pattern": r"^-?\d{1,16}(\.\d{1,4})?$",
            "description": "Decimal in major units, no finer than the smallest coin of the currency.",
        },
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code."},
    },
    "example": {"amount": "12.50", "currency": "CNY"},
}


@extend_schema_field(MONEY_SCHEMA)
class MoneyField(serializers.Field[Money, Any, dict[str, str], Any]):
    """``{"amount": "12.50", "currency": "CNY"}`` as ``Money``.

    The amount is a decimal in a text (a JSON number has gone through binary fractions and is refused), finite, of at
    most 18 digits, and no finer than the currency's smallest unit. Negative ones need ``allow_negative``.
    """

    default_error_messages = {
        "shape": _('Give an object such as {{"amount": "12.50", "currency": "CNY"}}.'),
        "amount": _("“{value}” is not an amount; give a decimal as a text, such as “12.50”."),
        "digits": _("An amount has at most {most} digits."),
        "negative": _("The amount must not be negative."),
        "currency": _("“{value}” is not an ISO 4217 currency in use."),
        "unit": _("{currency} has no unit smaller than {unit}."),
    }

    def __init__(self, *, allow_negative: bool = False, **options: Any) -> None:
        self.allow_negative = allow_negative
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Money:
        """Read the object. Raises ``ValidationError``."""
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("shape")
        currency = data["currency"]
        if not isinstance(currency, str) or currency not in list_currencies():
            self.fail("currency", value=str(currency)[:LONGEST_TEXT])
        amount = self._amount(data["amount"])
        try:
            return Money(amount, currency)
        except InvalidError:
            self.fail("unit", currency=currency, unit=smallest_unit(currency))

    def to_representation(self, value: Money) -> dict[str, str]:
        """Write the amount with all places of its currency."""
        return {"amount": str(value.amount.quantize(value.unit)), "currency": value.currency}

    def _amount(self, text: Any) -> Decimal:
        shown = str(text)[:LONGEST_TEXT]
        if not isinstance(text, str) or len(text) > LONGEST_TEXT or not text.isascii() or "_" in text:
            self.fail("amount", value=shown)
        try:
            amount = Decimal(text.strip())
        except InvalidOperation:
            self.fail("amount", value=shown)
        if not amount.is_finite():
            self.fail("amount", value=shown)
        if amount.adjusted() >= MOST_DIGITS or len(amount.as_tuple().digits) > MOST_DIGITS:
            self.fail("digits", most=MOST_DIGITS)
        if amount < 0 and not self.allow_negative:
            self.fail("negative")
        return amount


@extend_schema_field({**MONEY_SCHEMA, "type": ["object", "null"]})
class RowMoneyField(serializers.Field[Any, Any, dict[str, str] | None, Any]):
    """An amount of a row, read only, with the currency that stands in another column or in a row that it belongs to.

    ``currency`` is the way from the row to it, such as ``order.currency``. None where there is no amount.
    """

    def __init__(self, *, amount: str, currency: str = "currency") -> None:
        super().__init__(read_only=True, source="*")
        self.amount, self.currency = amount, currency.split(".")

    def to_representation(self, value: Any) -> dict[str, str] | None:
        """Return amount and currency, to the smallest coin."""
        amount, holder = getattr(value, self.amount), value
        if amount is None:
            return None
        for name in self.currency:
            holder = getattr(holder, name)
        money = Money.rounded(amount, holder)
        return {"amount": str(money.amount.quantize(money.unit)), "currency": money.currency}
