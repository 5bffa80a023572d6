"""Amounts of money that cannot lose a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Self

from babel.numbers import get_currency_precision
from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import InvalidError


class CurrencyMismatchError(InvalidError):
    """Two amounts of different currencies met in one sum."""

    code = "currency_mismatch"
    title = _("Different currencies cannot be added")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units of an ISO 4217 currency, never finer than its smallest coin."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise InvalidError(
                _("%(amount)s is not an amount of money; give a finite number.") % {"amount": self.amount}
            )
        if self.amount != self.amount.quantize(self.unit):
            raise InvalidError(
                _("%(amount)s is finer than the smallest unit %(unit)s; round it first.")
                % {"amount": self, "unit": self.unit}
            )

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Self:
        """Round half to even to the currency's smallest unit."""
        return cls(amount.quantize(smallest_unit(currency), ROUND_HALF_EVEN), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return nothing, in a currency."""
        return cls(Decimal(0), currency)

    @property
    def unit(self) -> Decimal:
        """The smallest unit of the currency: 0.01 for CNY, 1 for JPY."""
        return smallest_unit(self.currency)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._same(other)

    def allocate(self, weights: Sequence[Decimal | int]) -> list[Self]:
        """Split into parts in proportion to ``weights`` so that the parts sum exactly to the whole.

        Largest remainder method (Hamilton): each part is rounded towards zero and the units left over go to the
        parts with the largest remainders, earlier parts first among equals. Weights are not negative and not all
        zero; otherwise ``InvalidError``.
        """
        total = sum((Decimal(weight) for weight in weights), Decimal(0))
        if total <= 0 or any(Decimal(weight) < 0 for weight in weights):
            raise InvalidError(_("Money is split by weights that are not negative and not all zero."))
        units = int(self.amount / self.unit)
        sign, size = (-1, -units) if units < 0 else (1, units)
        shares = [divmod(size * Decimal(weight), total) for weight in weights]
        counts = [int(whole) for whole, _remainder in shares]
        by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
        for index in by_remainder[: size - sum(counts)]:
            counts[index] += 1
        return [type(self)(sign * count * self.unit, self.currency) for count in counts]

    def _same(self, other: Self) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatchError(
                _("%(one)s and %(other)s cannot be combined; convert one first.")
                % {"one": self.currency, "other": other.currency}
            )
        return other.amount

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@lru_cache(maxsize=1000)
def smallest_unit(currency: str) -> Decimal:
    """Return the smallest unit of an ISO 4217 currency as a decimal, such as 0.01."""
    return Decimal(1).scaleb(-get_currency_precision(currency))
