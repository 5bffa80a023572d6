"""Named reads of channels, locations and their hours."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from channels.stores.hours import LOOK_AHEAD, BusinessDay, Calendar, Period, business_day_at, next_opening
from channels.stores.models import ChannelLocation, OpeningPeriod, SalesChannel, SpecialDay, StockLocation

# A local date is at most a day away from that of UTC; what began the day before may still run.
AROUND = timedelta(days=2)


def channels() -> QuerySet[SalesChannel]:
    """Return the merchant's channels, by name."""
    found: QuerySet[SalesChannel] = SalesChannel.objects.order_by("name", "pk")
    return found


def locations() -> QuerySet[StockLocation]:
    """Return the merchant's locations, by name."""
    found: QuerySet[StockLocation] = StockLocation.objects.order_by("name", "pk")
    return found


def locations_of_channels(*, channel_ids: Collection[uuid.UUID] | None = None) -> QuerySet[ChannelLocation]:
    """Return which active locations serve which active channels, in the order in which they go first."""
    found: QuerySet[ChannelLocation] = ChannelLocation.objects.filter(
        location__is_active=True, channel__is_active=True
    ).select_related("location")
    if channel_ids is not None:
        found = found.filter(channel_id__in=channel_ids)
    return found.order_by("channel_id", "priority", "location_id")


def calendars(*, locations: Collection[StockLocation], at: datetime | None = None) -> Mapping[uuid.UUID, Calendar]:
    """Return the hours of locations: around an instant and 14 days ahead, or of all days that are known.

    Two queries, however many locations there are.
    """
    ids = [location.pk for location in locations]
    weeks: dict[uuid.UUID, dict[int, list[Period]]] = defaultdict(lambda: defaultdict(list))
    periods = OpeningPeriod.objects.filter(location_id__in=ids).order_by()
    for location_id, weekday, opens_at, closes_at in periods.values_list(
        "location_id", "weekday", "opens_at", "closes_at"
    ):
        weeks[location_id][weekday].append(Period(opens_at, closes_at))
    own, common = _special_days(ids, at)
    return {
        location.pk: Calendar(ZoneInfo(location.time_zone), weeks[location.pk], common | own[location.pk])
        for location in locations
    }


def opening_instants(*, locations: Collection[StockLocation], at: datetime) -> Mapping[uuid.UUID, datetime | None]:
    """Return for each location the first instant from ``at`` on at which it is open; None: never within 14 days."""
    return {pk: next_opening(calendar, at=at) for pk, calendar in calendars(locations=locations, at=at).items()}


def business_day(*, location: StockLocation, at: datetime) -> BusinessDay:
    """Return the business day of a location that holds an instant. No query."""
    return business_day_at(zone=ZoneInfo(location.time_zone), day_starts_at=location.day_starts_at, at=at)


def _special_days(
    ids: Collection[uuid.UUID], at: datetime | None
) -> tuple[Mapping[uuid.UUID, dict[date, list[Period]]], dict[date, list[Period]]]:
    own: dict[uuid.UUID, dict[date, list[Period]]] = defaultdict(dict)
    common: dict[date, list[Period]] = {}
    near = Q() if at is None else Q(on__gte=(at - AROUND).date(), on__lte=(at + LOOK_AHEAD + AROUND).date())
    days = SpecialDay.objects.filter(near, Q(location_id__in=ids) | Q(location=None)).order_by()
    for location_id, on, opens_at, closes_at in days.values_list("location_id", "on", "opens_at", "closes_at"):
        hours = [] if opens_at is None or closes_at is None else [Period(opens_at, closes_at)]
        if location_id is None:
            common[on] = hours
        else:
            own[location_id][on] = hours
    return own, common
