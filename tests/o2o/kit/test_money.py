"""Money never gains or loses a unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o2o.kit.errors import InvalidError
from o2o.kit.money import CurrencyMismatchError, Money

cents = st.integers(-10_000_000, 10_000_000).map(lambda number: Money(Decimal(number).scaleb(-2), "CNY"))
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any)


@given(cents, weights)
def test_allocate_is_exact_and_fair(whole: Money, shares: list[int]) -> None:
    parts = whole.allocate(shares)
    assert sum((part.amount for part in parts), Decimal(0)) == whole.amount
    for part, share in zip(parts, shares, strict=True):
        exact = whole.amount * share / sum(shares)
        assert abs(part.amount - exact) < whole.unit
        assert part.amount * whole.amount >= 0


def test_allocate_gives_leftovers_to_the_largest_remainders() -> None:
    assert [part.amount for part in Money(Decimal("1.00"), "CNY").allocate([1, 1, 1])] == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]
    assert [part.amount for part in Money(Decimal(-5), "JPY").allocate([2, 1])] == [Decimal(-3), Decimal(-2)]


@pytest.mark.parametrize("shares", [[], [0, 0], [2, -1]])
def test_allocate_refuses_weights_without_meaning(shares: list[int]) -> None:
    with pytest.raises(InvalidError, match="weights"):
        Money(Decimal(1), "CNY").allocate(shares)


@pytest.mark.parametrize(
    ("amount", "currency"), [("NaN", "CNY"), ("Infinity", "CNY"), ("0.001", "CNY"), ("0.5", "JPY")]
)
def test_amounts_that_are_no_money_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(InvalidError):
        Money(Decimal(amount), currency)


def test_rounding_is_half_to_even() -> None:
    assert Money.rounded(Decimal("0.125"), "CNY").amount == Decimal("0.12")
    assert Money.rounded(Decimal("0.135"), "CNY").amount == Decimal("0.14")
    assert Money.rounded(Decimal("1.2345"), "KWD").amount == Decimal("1.234")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatchError):
        Money.zero("CNY") + Money.zero("JPY")
