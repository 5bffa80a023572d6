"""Money in and out (S6)."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from o2o.api.fields import MoneyField
from o2o.kit.money import Money


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.50", "CNY"), ("0", "CNY"), ("12", "JPY"), ("1.125", "KWD"), ("9999999999999999.99", "CNY")],
)
def test_money_goes_in_and_out(amount: str, currency: str) -> None:
    money = MoneyField().run_validation({"amount": amount, "currency": currency})

    assert money == Money(Decimal(amount), currency)
    assert Decimal(MoneyField().to_representation(money)["amount"]) == Decimal(amount)


def test_money_is_written_with_all_its_places() -> None:
    assert MoneyField().to_representation(Money(Decimal("12.5"), "CNY")) == {"amount": "12.50", "currency": "CNY"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12.50", "shape"),
        ({"amount": "1"}, "shape"),
        ({"amount": "1", "currency": "CNY", "x": 1}, "shape"),
        ({"amount": 12.5, "currency": "CNY"}, "amount"),
        ({"amount": "NaN", "currency": "CNY"}, "amount"),
        ({"amount": "sNaN", "currency": "CNY"}, "amount"),
        ({"amount": "Infinity", "currency": "CNY"}, "amount"),
        ({"amount": "١٢", "currency": "CNY"}, "amount"),
        ({"amount": "1_000", "currency": "CNY"}, "amount"),
        ({"amount": "", "currency": "CNY"}, "amount"),
        ({"amount": None, "currency": "CNY"}, "amount"),
        ({"amount": "1e30", "currency": "CNY"}, "digits"),
        ({"amount": "1e999999999", "currency": "CNY"}, "digits"),
        ({"amount": "12345678901234567.89", "currency": "CNY"}, "digits"),
        ({"amount": "0.001", "currency": "CNY"}, "unit"),
        ({"amount": "1e-30", "currency": "CNY"}, "unit"),
        ({"amount": "1e-999999999", "currency": "CNY"}, "unit"),
        ({"amount": "0.5", "currency": "JPY"}, "unit"),
        ({"amount": "-1", "currency": "CNY"}, "negative"),
        ({"amount": "1", "currency": "XYZ"}, "currency"),
        ({"amount": "1", "currency": "cny"}, "currency"),
        ({"amount": "1", "currency": ["CNY"]}, "currency"),
    ],
)
def test_what_is_no_money_is_refused(value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        MoneyField().run_validation(value)

    assert refusal.value.get_codes() == [code]


def test_negative_amounts_need_permission() -> None:
    assert MoneyField(allow_negative=True).run_validation({"amount": "-1", "currency": "CNY"}).amount == -1
