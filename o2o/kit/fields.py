"""Columns that many tables have."""

from typing import Any

from django.db import models

AMOUNT_DIGITS = 16
AMOUNT_PLACES = 3


class AmountField(models.DecimalField):
    """An amount of money in major units; its currency stands in another column.

    Three places hold the smallest unit of every ISO 4217 currency in daily use (the Kuwaiti dinar has three).
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_digits", AMOUNT_DIGITS)
        options.setdefault("decimal_places", AMOUNT_PLACES)
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        """Write plain columns into migrations."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.DecimalField", args, options
