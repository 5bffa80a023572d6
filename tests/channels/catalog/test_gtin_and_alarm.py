"""Numbers of articles, and changes of price that look like mistakes."""

import math
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.catalog.alarm import look_at
from channels.catalog.gtin import WrongGtinError, check_digit, gtin14


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("5901234123457", "05901234123457"),
        (" 590-1234123457 ", "05901234123457"),
        ("00012345600012", "00012345600012"),
        ("", ""),
    ],
)
def test_each_length_becomes_fourteen_digits(text, stored):
    assert gtin14(text) == stored


@pytest.mark.parametrize("text", ["123", "59012341234570000", "590123412345X", "٥٩٠١٢٣٤١٢٣٤٥٧"])
def test_what_is_no_gtin_is_refused(text):
    with pytest.raises(WrongGtinError):
        gtin14(text)


def test_wrong_check_digit_is_told_with_the_right_one():
    with pytest.raises(WrongGtinError, match="must be 7"):
        gtin14("5901234123450")


@given(st.text("0123456789", min_size=12, max_size=12))
def test_any_slip_of_one_digit_is_found(digits):
    whole = digits + check_digit(digits)
    for place in range(13):
        slipped = whole[:place] + str((int(whole[place]) + 1) % 10) + whole[place + 1 :]
        with pytest.raises(WrongGtinError):
            gtin14(slipped)


def moves_of(*prices):
    return [math.log(new / old) for old, new in pairwise(prices)]


CALM = moves_of(18, 17, 18, 19, 18, 17.5, 18)
WILD = moves_of(20, 40, 20, 40, 20, 40, 20)


@pytest.mark.parametrize(
    ("old", "new", "moves", "is_held"),
    [
        ("9.9", "8.9", [], False),
        ("18", "15", CALM, False),
        ("18", "1.8", CALM, True),
        ("18", "1800", CALM, True),
        ("18", "12", [], False),
        ("18", "9", [], True),
        ("18", "9", CALM, True),
        ("18", "0", [], True),
        ("0", "18", [], True),
        ("18", "18", CALM, False),
        # what moves wildly may, but no decimal point may slip
        ("20", "40", WILD, False),
        ("20", "200", WILD, True),
    ],
)
def test_moves_that_look_wrong_are_held(old, new, moves, is_held):
    assert (look_at(old=Decimal(old), new=Decimal(new), moves=moves) is not None) == is_held


def test_a_spread_of_nothing_counts_as_five_percent():
    """All moves alike give a MAD of zero, by which the slightest other move would be infinitely far."""
    alike = [0.01] * 9

    assert look_at(old=Decimal(100), new=Decimal(110), moves=alike) is None
    alarm = look_at(old=Decimal(100), new=Decimal(140), moves=alike)
    assert alarm.spread == 0.05
    assert alarm.z == pytest.approx(0.6745 * (math.log(1.4) - 0.01) / 0.05)


@given(
    st.decimals("0.01", "9999", places=2), st.decimals("0.01", "9999", places=2),
    st.lists(st.floats(-2, 2), max_size=30),
)  # fmt: skip
def test_nothing_beyond_five_times_ever_passes(old, new, moves):
    ratio = max(old / new, new / old)
    if ratio >= 5:
        assert look_at(old=old, new=new, moves=moves) is not None
    assert look_at(old=old, new=old, moves=moves) is None


def test_robust_z_is_that_of_the_formula():
    alarm = look_at(old=Decimal(18), new=Decimal(9), moves=CALM)

    # the spread is the median distance from the median of the six moves, but not below the least
    assert alarm.moves == 6
    assert alarm.z == pytest.approx(0.6745 * (-0.6931 - alarm.median) / alarm.spread, abs=0.01)
