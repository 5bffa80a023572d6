"""When a location works: pure arithmetic on weeks, holidays and time zones.

Hours are local. One that the clock skips in spring begins when the clock has gone on; one that it repeats in autumn
means the first of the two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LOOK_AHEAD = timedelta(days=14)
DAY = timedelta(days=1)
MOST_DAYS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Period:
    """Hours of a day; one that ends before it begins runs past midnight."""

    opens_at: time
    closes_at: time


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The hours of a location: of each weekday (0 is Monday), and of the dates that have their own.

    A date with an empty sequence is closed; what began on the evening before still runs to its end. Without any
    weekly hours the location never closes, except on the dates that say so. Each calendar is its own: what was worked
    out of it is kept beside it.
    """

    time_zone: ZoneInfo
    week: Mapping[int, Sequence[Period]] = field(default_factory=dict)
    special: Mapping[date, Sequence[Period]] = field(default_factory=dict)

    def periods_on(self, day: date) -> Sequence[Period]:
        """Return the hours that begin on a date."""
        if day in self.special:
            return self.special[day]
        if not self.week:
            return (Period(time(0), time(0)),)
        return self.week.get(day.weekday(), ())


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A day of business, which begins in the small hours; it has 23 or 25 of them when the clock changes."""

    on: date
    starts_at: datetime
    ends_at: datetime


def instant(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a clock on the wall of the zone shows a time."""
    return datetime.combine(day, clock_time, tzinfo=zone).astimezone(UTC)


def spans(calendar: Calendar, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the open stretches that begin on the dates of a range, as instants, joined where they touch."""
    begun: datetime | None = None
    ended = datetime.min.replace(tzinfo=UTC)
    for start, end in sorted(_raw_spans(calendar, first, last)):
        if begun is None:
            begun, ended = start, end
        elif start <= ended:
            ended = max(ended, end)
        else:
            yield begun, ended
            begun, ended = start, end
    if begun is not None:
        yield begun, ended


def next_opening(calendar: Calendar, *, at: datetime) -> datetime | None:
    """Return the first instant from ``at`` on at which it is open, or None where there is none within 14 days."""
    local = at.astimezone(calendar.time_zone).date()
    # Day by day, because nearly always the first of them answers; what began yesterday may still run.
    for number in range(-1, LOOK_AHEAD.days + 1):
        day = local + number * DAY
        if begins := [max(start, at) for start, end in _spans_of_day(calendar, day) if end > at]:
            return min(begins)
    return None


def closing(calendar: Calendar, *, at: datetime) -> datetime | None:
    """Return when it closes, or None where it is closed at ``at`` or stays open for 14 days."""
    for start, end in _spans_around(calendar, at):
        if start <= at < end:
            return end if end < at + LOOK_AHEAD else None
    return None


def is_open(calendar: Calendar, *, at: datetime) -> bool:
    """Say whether it is open at an instant."""
    return next_opening(calendar, at=at) == at


def add_open_time(calendar: Calendar, *, at: datetime, duration: timedelta) -> datetime | None:
    """Return the instant when it has been open for ``duration`` since ``at``; None where 14 days do not hold that."""
    local = at.astimezone(calendar.time_zone).date()
    # Nearly always the next hours hold it. What began yesterday may still run.
    for days in (DAY, LOOK_AHEAD):
        left = duration
        for start, end in spans(calendar, local - DAY, local + days):
            begin = max(start, at)
            if end <= begin:
                continue
            if begin + left <= end:
                return begin + left
            left -= end - begin
    return None


def business_day_at(*, zone: ZoneInfo, day_starts_at: time, at: datetime) -> BusinessDay:
    """Return the business day that holds an instant: from its beginning until that of the next, which is excluded."""
    on = at.astimezone(zone).date()
    if at < instant(on, day_starts_at, zone):
        on -= DAY
    elif at >= instant(on + DAY, day_starts_at, zone):
        on += DAY
    return BusinessDay(on, instant(on, day_starts_at, zone), instant(on + DAY, day_starts_at, zone))


def _spans_around(calendar: Calendar, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    local = at.astimezone(calendar.time_zone).date()
    # What began yesterday may still run.
    return spans(calendar, local - DAY, local + LOOK_AHEAD)


def _raw_spans(calendar: Calendar, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    day = first
    while day <= last:
        yield from _spans_of_day(calendar, day)
        day += DAY


@lru_cache(maxsize=MOST_DAYS_KEPT)
def _spans_of_day(calendar: Calendar, day: date) -> Sequence[tuple[datetime, datetime]]:
    """Return the stretches that begin on a date. A router asks this of each location for each order."""
    found = []
    for period in calendar.periods_on(day):
        start = instant(day, period.opens_at, calendar.time_zone)
        last_day = day + DAY if period.closes_at <= period.opens_at else day
        end = instant(last_day, period.closes_at, calendar.time_zone)
        if end > start:
            found.append((start, end))
    return found
