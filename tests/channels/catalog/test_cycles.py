"""Prices that come back: in local time, over nights and changes of the clocks, held where they look wrong."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from channels.catalog import services
from channels.catalog.models import PriceChangeRequest, PriceCycle, PriceInterval
from channels.catalog.selectors.prices import prices_at
from channels.catalog.services.cycles import windows
from o2o.kit.errors import InvalidError
from tests.channels.catalog.conftest import acting
from tests.channels.factories import SalesChannelFactory, VariantFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # a Wednesday, noon in Shanghai


@pytest.fixture
def listing(scope):
    channel, variant = SalesChannelFactory(merchant=scope), VariantFactory(merchant=scope)
    return services.create_listing(channel_id=channel.pk, variant_id=variant.pk, price=Decimal(18), at=AT)


def cycle_of(listing, price=14, **fields):
    known = {
        "name": "Wednesday", "starts_at": time(14), "ends_at": time(17), "time_zone": "Asia/Shanghai",
        "weekdays": [2], "valid_from": date(2026, 11, 1), "at": AT,
    }  # fmt: skip
    return services.create_price_cycle(listing_id=listing.pk, price=Decimal(price), **{**known, **fields})


def price_of(listing, at):
    return prices_at(listing_ids=[listing.pk], at=at)[listing.pk].price


def test_cycle_is_unrolled_once_and_in_local_time(listing):
    cycle = cycle_of(listing)
    count = PriceInterval.objects.filter(cycle=cycle).count()

    services.unroll_cycles(at=AT)

    assert PriceInterval.objects.filter(cycle=cycle).count() == count > 8
    assert price_of(listing, datetime(2026, 11, 25, 6, 30, tzinfo=UTC)) == 14
    assert price_of(listing, datetime(2026, 11, 25, 9, 0, tzinfo=UTC)) == 18
    services.unroll_cycles(at=AT + timedelta(days=7))
    assert PriceInterval.objects.filter(cycle=cycle).count() == count + 1


def test_window_that_runs_now_counts_at_once_and_not_in_the_past(listing):
    during = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)

    cycle = cycle_of(listing, at=during)

    listing.refresh_from_db()
    assert listing.price == 14
    assert price_of(listing, during - timedelta(minutes=1)) == 18
    services.end_price_cycle(cycle_id=cycle.pk, at=during + timedelta(minutes=9))
    listing.refresh_from_db()
    assert listing.price == 18
    # what was, was
    assert price_of(listing, during + timedelta(minutes=5)) == 14
    assert price_of(listing, datetime(2026, 12, 2, 6, 30, tzinfo=UTC)) == 18


def test_abnormal_cycle_is_held_and_comes_once_a_colleague_approves(listing):
    with acting("Wei"):
        cycle = cycle_of(listing, price="1.40")
    assert cycle.is_held
    services.unroll_cycles(at=AT)
    assert not PriceInterval.objects.filter(cycle=cycle).exists()
    request = PriceChangeRequest.objects.get()
    assert request.valid_from == datetime(2026, 11, 25, 6, 0, tzinfo=UTC)

    with acting("Ling"):
        services.approve_price_change(request_id=request.pk, at=AT)

    assert price_of(listing, datetime(2026, 11, 25, 6, 30, tzinfo=UTC)) == Decimal("1.40")


@pytest.mark.parametrize("settle", ["refuse", "expire", "end"])
def test_abnormal_cycle_that_nobody_approves_never_comes(listing, settle):
    cycle = cycle_of(listing, price="1.40")
    request = PriceChangeRequest.objects.get()
    later = AT + timedelta(days=8)

    if settle == "refuse":
        services.refuse_price_change(request_id=request.pk, at=AT)
    elif settle == "expire":
        services.expire_held_prices(at=later)
    else:
        services.end_price_cycle(cycle_id=cycle.pk, at=AT)
    services.unroll_cycles(at=later)

    assert PriceCycle.objects.get().ended_at is not None
    assert not PriceInterval.objects.filter(cycle=cycle).exists()
    assert not PriceChangeRequest.objects.filter(state="held").exists()


def test_unrolling_leaves_a_cycle_that_ended(listing):
    cycle = cycle_of(listing)
    count = PriceInterval.objects.count()
    services.end_price_cycle(cycle_id=cycle.pk, at=AT)

    assert services.unroll_cycles(at=AT + timedelta(days=30)) == 0
    assert PriceInterval.objects.count() == count


NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "day", "begin", "end"),
    [
        # the night in which 2:00 becomes 3:00
        (time(1), time(4), date(2026, 3, 8), (6, 0), (8, 0)),
        (time(2, 30), time(4), date(2026, 3, 8), (7, 30), (8, 0)),
        # the night in which 2:00 becomes 1:00 again: the window is an hour longer
        (time(0), time(3), date(2026, 11, 1), (4, 0), (8, 0)),
        (time(1, 30), time(2, 30), date(2026, 11, 1), (5, 30), (7, 30)),
    ],
)
def test_windows_follow_the_clock_on_the_wall(starts_at, ends_at, day, begin, end):
    cycle = PriceCycle(starts_at=starts_at, ends_at=ends_at, time_zone=NEW_YORK, valid_from=day)

    found = list(windows(cycle, day, day))

    at = datetime.combine(day, time(0), tzinfo=UTC)
    hours = [at + timedelta(hours=hour, minutes=minute) for hour, minute in (begin, end)]
    assert found == [tuple(hours)]


def test_window_inside_the_hour_that_does_not_exist_is_left_out():
    cycle = PriceCycle(starts_at=time(2), ends_at=time(3), time_zone=NEW_YORK, valid_from=date(2026, 3, 8))

    assert list(windows(cycle, date(2026, 3, 8), date(2026, 3, 8))) == []


def test_whole_day_in_which_the_clocks_go_back_can_be_recorded(listing):
    at = datetime(2026, 10, 30, tzinfo=UTC)
    listing = services.create_listing(
        channel_id=SalesChannelFactory(merchant=listing.merchant).pk, variant_id=listing.variant_id,
        price=Decimal(18), at=at,
    )  # fmt: skip
    cycle_of(
        listing, at=at, starts_at=time(0), ends_at=time(0), time_zone=NEW_YORK, weekdays=[6],
        valid_from=date(2026, 11, 1),
    )  # fmt: skip

    first = PriceInterval.objects.filter(layer=1).earliest("valid_from")
    assert first.valid_until - first.valid_from == timedelta(hours=25)
    assert price_of(listing, datetime(2026, 11, 2, 4, 59, tzinfo=UTC)) == 14


def test_cycle_runs_past_midnight(listing):
    cycle_of(listing, starts_at=time(22), ends_at=time(2))

    assert price_of(listing, datetime(2026, 11, 25, 17, 59, tzinfo=UTC)) == 14
    assert price_of(listing, datetime(2026, 11, 25, 18, 0, tzinfo=UTC)) == 18


@pytest.mark.parametrize("fields", [{"time_zone": "Mars/Olympus"}, {"weekdays": [7]}, {"price": "14.001"}])
def test_impossible_cycle_is_refused(listing, fields):
    with pytest.raises(InvalidError):
        cycle_of(listing, **fields)

    assert not PriceCycle.objects.exists()
