"""When a location works."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.stores.hours import (
    Calendar,
    Period,
    add_open_time,
    business_day_at,
    closing,
    is_open,
    next_opening,
    spans,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONDON = ZoneInfo("Europe/London")
DAY = Period(time(8), time(22))
NIGHT = Period(time(20), time(2))
MONDAY = date(2026, 11, 23)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


EVERY_DAY = Calendar(SHANGHAI, {day: [DAY] for day in range(7)})
NIGHTS = Calendar(SHANGHAI, {day: [NIGHT] for day in range(7)})
WEEKDAYS = Calendar(SHANGHAI, {day: [DAY] for day in range(5)})


@pytest.mark.parametrize(
    ("calendar", "when", "opens", "closes"),
    [
        (EVERY_DAY, "2026-11-23T12:00", "2026-11-23T12:00", "2026-11-23T22:00"),
        (EVERY_DAY, "2026-11-23T22:00", "2026-11-24T08:00", None),
        (EVERY_DAY, "2026-11-23T08:00", "2026-11-23T08:00", "2026-11-23T22:00"),
        (NIGHTS, "2026-11-24T01:30", "2026-11-24T01:30", "2026-11-24T02:00"),
        (NIGHTS, "2026-11-24T02:00", "2026-11-24T20:00", None),
        (WEEKDAYS, "2026-11-27T22:30", "2026-11-30T08:00", None),
        (Calendar(SHANGHAI), "2026-11-23T03:00", "2026-11-23T03:00", None),
        (Calendar(SHANGHAI, {}, {MONDAY: []}), "2026-11-23T03:00", "2026-11-24T00:00", None),
        (Calendar(SHANGHAI, {0: [DAY]}, {MONDAY: []}), "2026-11-23T09:00", "2026-11-30T08:00", None),
        (
            Calendar(SHANGHAI, {0: [DAY]}, {MONDAY: [Period(time(10), time(12))]}),
            "2026-11-23T09:00", "2026-11-23T10:00", None,
        ),
        # what began on the evening before a closed day still runs to its end
        (Calendar(SHANGHAI, {6: [NIGHT], 0: [NIGHT]}, {MONDAY: []}), "2026-11-23T01:00", "2026-11-23T01:00",
         "2026-11-23T02:00"),
    ],
)  # fmt: skip
def test_opening_and_closing(calendar, when, opens, closes):
    moment = at(when)

    assert next_opening(calendar, at=moment) == at(opens)
    assert is_open(calendar, at=moment) == (when == opens)
    assert closing(calendar, at=moment) == (at(closes) if closes else None)


def test_never_open_within_two_weeks():
    holidays: dict[date, list[Period]] = {MONDAY + timedelta(days=number): [] for number in range(40)}

    assert next_opening(Calendar(SHANGHAI, EVERY_DAY.week, holidays), at=at("2026-11-23T12:00")) is None


def test_periods_that_touch_are_one_stretch():
    calendar = Calendar(SHANGHAI, {0: [Period(time(8), time(12)), Period(time(12), time(18))]})

    assert list(spans(calendar, MONDAY, MONDAY)) == [(at("2026-11-23T08:00"), at("2026-11-23T18:00"))]


def test_hours_that_the_clock_skips_begin_when_it_has_gone_on():
    calendar = Calendar(LONDON, {6: [Period(time(1, 30), time(5))]})

    [(start, end)] = spans(calendar, date(2026, 3, 29), date(2026, 3, 29))

    assert start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert end - start == timedelta(hours=2, minutes=30)


@pytest.mark.parametrize(("on", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 7, 1), 24)])
def test_business_day_is_as_long_as_the_clock_makes_it(on, hours):
    moment = datetime.combine(on, time(12), tzinfo=LONDON)

    day = business_day_at(zone=LONDON, day_starts_at=time(4), at=moment)

    assert day.on == on
    assert day.ends_at - day.starts_at == timedelta(hours=hours)


def test_small_hours_belong_to_the_day_before():
    day = business_day_at(zone=SHANGHAI, day_starts_at=time(4), at=at("2026-11-24T03:59"))

    assert day.on == MONDAY
    assert day.ends_at == at("2026-11-24T04:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.times().map(lambda value: value.replace(tzinfo=None))
)
def test_each_instant_lies_in_its_business_day(moment, starts_at):
    moment = moment.replace(tzinfo=UTC)

    day = business_day_at(zone=LONDON, day_starts_at=starts_at, at=moment)

    assert day.starts_at <= moment < day.ends_at


PERIODS = st.builds(Period, st.times(), st.times()).filter(lambda period: period.opens_at != period.closes_at)


@given(
    st.dictionaries(st.integers(0, 6), st.lists(PERIODS, max_size=2), max_size=7),
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10)),
)
def test_next_opening_is_open_and_nothing_before_it_is(week, moment):
    calendar, moment = Calendar(LONDON, week), moment.replace(tzinfo=UTC)

    opens = next_opening(calendar, at=moment)

    if opens is None:
        assert week
        assert not any(week.values()) or not list(spans(calendar, moment.date(), moment.date() + timedelta(days=12)))
        return
    assert is_open(calendar, at=opens)
    between = [moment + (opens - moment) * part / 5 for part in range(5)]
    assert opens == moment or not any(is_open(calendar, at=earlier) for earlier in between)


def test_open_time_skips_the_night():
    assert add_open_time(EVERY_DAY, at=at("2026-11-23T21:50"), duration=timedelta(minutes=15)) == at("2026-11-24T08:05")
    assert add_open_time(EVERY_DAY, at=at("2026-11-23T12:00"), duration=timedelta(minutes=15)) == at("2026-11-23T12:15")
