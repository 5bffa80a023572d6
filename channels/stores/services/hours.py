"""Opening hours and special days."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.stores.enums import Weekday
from channels.stores.events import LocationChanged
from channels.stores.hours import Period
from channels.stores.models import OpeningPeriod, SpecialDay, StockLocation
from channels.stores.services.checking import locked
from o2o.events import emit
from o2o.kit.errors import InvalidError, NotFoundError

WEEK_MINUTES = 7 * 24 * 60


class OverlappingHoursError(InvalidError):
    """Two periods of a week cover the same minute."""

    code = "overlapping_hours"
    title = gettext_lazy("Opening hours overlap")


def set_opening_hours(*, location_id: uuid.UUID, week: Mapping[int, Sequence[Period]], at: datetime) -> None:
    """Replace the weekly hours of a location; weekdays that are left out are closed, an empty week never closes.

    Raises ``OverlappingHoursError``, ``InvalidError`` or ``NotFoundError``; then nothing has changed.
    """
    check_week(week)
    with transaction.atomic():
        location: Any = locked(StockLocation, location_id)
        OpeningPeriod.objects.filter(location=location).delete()
        OpeningPeriod.objects.bulk_create(
            OpeningPeriod(location=location, weekday=weekday, opens_at=period.opens_at, closes_at=period.closes_at)
            for weekday, periods in sorted(week.items())
            for period in periods
        )
        emit(LocationChanged(aggregate_id=location.pk, is_active=location.is_active))


def set_special_days(
    *,
    days: Collection[date],
    name: str,
    hours: Period | None,
    at: datetime,
    location_id: uuid.UUID | None = None,
) -> list[SpecialDay]:
    """Give dates hours of their own (None: closed), at one location or at all; what the dates had is replaced."""
    if hours is not None and hours.opens_at == hours.closes_at:
        raise InvalidError(_("A period must not begin and end at the same time."), field="hours")
    with transaction.atomic():
        if location_id is not None:
            location: Any = locked(StockLocation, location_id)
            emit(LocationChanged(aggregate_id=location.pk, is_active=location.is_active))
        rows = [
            SpecialDay(
                location_id=location_id,
                on=day,
                name=name,
                opens_at=None if hours is None else hours.opens_at,
                closes_at=None if hours is None else hours.closes_at,
            )
            for day in sorted(set(days))
        ]
        SpecialDay.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=("merchant", "location", "on"),
            update_fields=("name", "opens_at", "closes_at", "updated_at"),
        )
        return list(SpecialDay.objects.filter(location_id=location_id, on__in=days).order_by("on"))


def remove_special_day(*, special_day_id: uuid.UUID) -> None:
    """Let a date have the hours of its weekday again. Raises ``NotFoundError``."""
    deleted, _kinds = SpecialDay.objects.filter(pk=special_day_id).delete()
    if not deleted:
        raise NotFoundError(_("There is no special day %(id)s.") % {"id": special_day_id})


def check_week(week: Mapping[int, Sequence[Period]]) -> None:
    """Raise ``OverlappingHoursError`` or ``InvalidError`` unless the periods of a week can stand together."""
    spans = sorted(_minutes(weekday, period) for weekday, periods in week.items() for period in periods)
    wrapped = [*spans, *((start + WEEK_MINUTES, end + WEEK_MINUTES, text) for start, end, text in spans[:1])]
    for (_start, end, earlier), (start, _end, later) in pairwise(wrapped):
        if start < end:
            raise OverlappingHoursError(
                _("%(earlier)s and %(later)s overlap; shorten one of them.") % {"earlier": earlier, "later": later},
                field="week",
            )


def _minutes(weekday: int, period: Period) -> tuple[int, int, str]:
    if weekday not in Weekday.values:
        raise InvalidError(_("Weekdays are numbered from 0 (Monday) to 6 (Sunday)."), field="week")
    if period.opens_at == period.closes_at:
        raise InvalidError(_("A period must not begin and end at the same time."), field="week")
    start = weekday * 24 * 60 + _minute(period.opens_at)
    length = (_minute(period.closes_at) - _minute(period.opens_at)) % (24 * 60)
    text = f"{Weekday(weekday).label} {period.opens_at:%H:%M}-{period.closes_at:%H:%M}"
    return start, start + length, text


def _minute(value: time) -> int:
    return int(timedelta(hours=value.hour, minutes=value.minute).total_seconds() // 60)
