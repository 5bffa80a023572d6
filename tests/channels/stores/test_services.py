"""Channels and locations, made and changed."""

from datetime import date, time

import pytest
from django.db import IntegrityError, transaction

from channels.stores import selectors, services
from channels.stores.closing import _reasons, keeps_open
from channels.stores.hours import Period
from channels.stores.models import ChannelLocation, OpeningPeriod, SpecialDay, StockLocation
from channels.stores.services.channels import CodeTakenError
from channels.stores.services.hours import OverlappingHoursError
from channels.stores.services.locations import LocationNeededError
from channels.stores.services.numbers import next_numbers
from o2o.kit.clock import now
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.tenancy.scope import tenant_scope
from tests.channels.factories import SalesChannelFactory, StockLocationFactory

pytestmark = pytest.mark.django_db


def new_location(**fields):
    return services.create_location(
        **{"code": "S1", "name": "One", "kind": "store", "time_zone": "Asia/Shanghai", "at": now(), **fields}
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Base"),
        ("country", "XX"),
        ("kind", "boat"),
        ("methods", ["teleport"]),
        ("latitude", 91.0),
    ],
)
def test_wrong_location_is_refused_by_name(scope, field, value):
    extra = {"longitude": 1.0} if field == "latitude" else {}
    with pytest.raises(InvalidError) as refusal:
        new_location(**{field: value, **extra})

    assert refusal.value.params["field"] == field
    assert not StockLocation.objects.exists()


def test_half_a_coordinate_is_refused(scope):
    with pytest.raises(InvalidError, match="neither"):
        new_location(latitude=31.2)


def test_code_is_taken_once_per_merchant(scope, other_merchant):
    new_location()

    with pytest.raises(CodeTakenError, match="S1"):
        new_location()
    with tenant_scope(other_merchant.pk):
        assert new_location().code == "S1"


def test_location_that_is_needed_stays_on(scope):
    location = new_location()
    keeps_open(lambda _location: "12 orders are open.")
    try:
        with pytest.raises(LocationNeededError, match="12 orders"):
            services.switch_location(location_id=location.pk, is_active=False, at=now())
    finally:
        _reasons.pop()

    location.refresh_from_db()
    assert location.is_active


def test_week_is_replaced_as_a_whole(scope):
    location = new_location()
    services.set_opening_hours(location_id=location.pk, week={0: [Period(time(8), time(12))]}, at=now())

    services.set_opening_hours(location_id=location.pk, week={1: [Period(time(9), time(12))]}, at=now())

    assert [(row.weekday, row.opens_at) for row in OpeningPeriod.objects.all()] == [(1, time(9))]


@pytest.mark.parametrize(
    "week",
    [
        {0: [Period(time(8), time(12)), Period(time(11), time(13))]},
        {0: [Period(time(20), time(2))], 1: [Period(time(1), time(3))]},
        {6: [Period(time(20), time(2))], 0: [Period(time(1), time(3))]},
    ],
)
def test_overlapping_hours_are_refused_and_nothing_changes(scope, week):
    location = new_location()
    services.set_opening_hours(location_id=location.pk, week={3: [Period(time(8), time(12))]}, at=now())

    with pytest.raises(OverlappingHoursError):
        services.set_opening_hours(location_id=location.pk, week=week, at=now())

    assert OpeningPeriod.objects.get().weekday == 3


def test_own_special_day_goes_before_the_common_one(scope):
    at = now()
    first, second = new_location(), new_location(code="S2")
    on = at.date()
    services.set_special_days(days=[on], name="Holiday", hours=None, at=at)
    services.set_special_days(days=[on], name="Fair", hours=Period(time(0), time(23, 59)), location_id=first.pk, at=at)

    found = selectors.calendars(locations=[first, second], at=at)

    assert found[first.pk].special[on] == [Period(time(0), time(23, 59))]
    assert found[second.pk].special[on] == []


def test_special_days_of_a_date_are_replaced(scope):
    day = date(2026, 10, 1)
    for name in ("Holiday", "National Day"):
        services.set_special_days(days=[day, day], name=name, hours=None, at=now())

    assert SpecialDay.objects.get().name == "National Day"


def test_locations_of_a_channel_are_set_as_a_whole(scope):
    channel = SalesChannelFactory(merchant=scope)
    first, second = (StockLocationFactory(merchant=scope) for _ in range(2))
    services.set_locations_of_channel(channel_id=channel.pk, priorities={first.pk: 1, second.pk: 2}, at=now())

    services.set_locations_of_channel(channel_id=channel.pk, priorities={second.pk: 5}, at=now())

    assert list(ChannelLocation.objects.values_list("location", "priority")) == [(second.pk, 5)]


def test_location_of_another_merchant_serves_nothing(scope, other_merchant):
    channel = SalesChannelFactory(merchant=scope)
    foreign = StockLocationFactory(merchant=other_merchant)

    with pytest.raises(NotFoundError):
        services.set_locations_of_channel(channel_id=channel.pk, priorities={foreign.pk: 1}, at=now())

    assert not ChannelLocation.objects.exists()


def test_location_that_is_off_serves_nothing(scope):
    channel = SalesChannelFactory(merchant=scope)
    location = StockLocationFactory(merchant=scope)
    services.set_locations_of_channel(channel_id=channel.pk, priorities={location.pk: 1}, at=now())

    services.switch_location(location_id=location.pk, is_active=False, at=now())

    assert not selectors.locations_of_channels(channel_ids=[channel.pk]).exists()


def test_hours_of_many_locations_take_two_queries(scope, django_assert_num_queries):
    for count in (1, 3):
        locations = [StockLocationFactory(merchant=scope) for _ in range(count)]
        with django_assert_num_queries(2):
            assert len(selectors.opening_instants(locations=locations, at=now())) == count


def test_numbers_rise_by_merchant(scope, other_merchant):
    assert services.next_number(kind="transfer", prefix="T") == "T000001"
    assert next_numbers(kind="transfer", prefix="T", count=2) == ["T000002", "T000003"]
    assert services.next_number(kind="count", prefix="C") == "C000001"
    with tenant_scope(other_merchant.pk):
        assert services.next_number(kind="transfer", prefix="T") == "T000001"


def test_period_of_no_length_is_refused_by_the_constraint(scope):
    location = StockLocationFactory(merchant=scope)

    with pytest.raises(IntegrityError, match="openingperiod_not_empty"), transaction.atomic():
        OpeningPeriod.objects.create(location=location, weekday=0, opens_at=time(8), closes_at=time(8))
