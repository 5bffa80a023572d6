"""Numbers of articles, and changes of price that look like mistakes."""

from decimal import Decimal

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


CALM = [Decimal(text) for text in ("18", "17", "18", "19", "18", "17.5", "18")]


@pytest.mark.parametrize(
    ("old", "new", "history", "is_held"),
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
        ("20", "40", [Decimal(value) for value in (20, 40, 20, 40, 20, 40, 20)], False),
        ("20", "200", [Decimal(value) for value in (20, 40, 20, 40, 20, 40, 20)], True),
    ],
)
def test_moves_that_look_wrong_are_held(old, new, history, is_held):
    assert (look_at(old=Decimal(old), new=Decimal(new), history=history) is not None) == is_held


def test_robust_z_is_that_of_the_formula():
    alarm = look_at(old=Decimal(18), new=Decimal(9), history=CALM)

    # the spread is the median distance from the median of the six moves, but not below the least
    assert alarm.moves == 6
    assert alarm.z == pytest.approx(0.6745 * (-0.6931 - alarm.median) / alarm.spread, abs=0.01)
