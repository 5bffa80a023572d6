"""Prices in layers: recorded, held, withdrawn, and the one in force at any instant."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.catalog import services
from channels.catalog.models import PriceChangeRequest, PriceInterval, PriceWithdrawal
from channels.catalog.selectors.prices import WINNERS, prices_at
from channels.catalog.services import PriceWish
from channels.catalog.services.prices import OwnApprovalError, SettledAlreadyError
from o2o.events.models import OutboxEvent
from o2o.kit.errors import InvalidError
from o2o.tenancy.acting import _labelled
from tests.channels.factories import ChannelListingFactory, SalesChannelFactory, VariantFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def listing(scope):
    channel, variant = SalesChannelFactory(merchant=scope), VariantFactory(merchant=scope)
    return services.create_listing(channel_id=channel.pk, variant_id=variant.pk, price=Decimal(18), at=AT)


def price_of(listing, at):
    return prices_at(listing_ids=[listing.pk], at=at)[listing.pk].price


def wish(listing, price, **fields):
    return PriceWish(listing.pk, Decimal(price), **fields)


def test_new_regular_price_is_in_force_at_once(listing):
    services.set_price(wish=wish(listing, 17), at=AT + HOUR)

    listing.refresh_from_db()
    assert listing.price == 17
    assert price_of(listing, AT + HOUR / 2) == 18
    assert OutboxEvent.objects.filter(event_type="listing.price_changed").count() == 1


def test_scheduled_price_covers_the_regular_one_and_ends(listing):
    services.set_price(wish=wish(listing, 15, valid_from=AT + HOUR, valid_until=AT + 2 * HOUR), at=AT)
    services.set_price(wish=wish(listing, 17), at=AT + HOUR / 2)

    prices = [price_of(listing, AT + HOUR * step / 2) for step in (0, 1, 2, 3, 4)]
    assert prices == [18, 17, 15, 15, 17]


def test_due_prices_come_into_force_and_go_whatever_the_rounds(listing):
    services.set_price(wish=wish(listing, 15, valid_from=AT + HOUR, valid_until=AT + 2 * HOUR), at=AT)

    moved = [
        services.publish_due_prices(since=AT, at=at) for at in (AT + HOUR, AT + HOUR, AT + 3 * HOUR, AT + 3 * HOUR)
    ]

    assert moved == [1, 0, 1, 0]
    listing.refresh_from_db()
    assert listing.price == 18


def test_abnormal_price_waits_for_a_colleague(listing):
    with _labelled("Wei"):
        request = services.set_price(wish=wish(listing, "1.80"), at=AT)
        assert isinstance(request, PriceChangeRequest)
        with pytest.raises(OwnApprovalError):
            services.approve_price_change(request_id=request.pk, at=AT)
    listing.refresh_from_db()
    assert listing.price == 18

    with _labelled("Ling"):
        services.approve_price_change(request_id=request.pk, at=AT + HOUR)

    listing.refresh_from_db()
    assert listing.price == Decimal("1.80")
    with pytest.raises(SettledAlreadyError):
        services.refuse_price_change(request_id=request.pk, at=AT)


def test_refused_price_changes_nothing(listing):
    request = services.set_price(wish=wish(listing, 1), at=AT)

    services.refuse_price_change(request_id=request.pk, at=AT)

    listing.refresh_from_db()
    assert listing.price == 18
    assert PriceInterval.objects.count() == 1


def test_withdrawn_price_uncovers_what_lies_below(listing):
    interval = services.set_price(wish=wish(listing, 15, valid_until=AT + HOUR), at=AT)
    listing.refresh_from_db()
    assert listing.price == 15

    services.withdraw_price(interval_id=interval.pk, at=AT)

    listing.refresh_from_db()
    assert listing.price == 18


def test_only_price_of_a_listing_stays(listing):
    with pytest.raises(InvalidError, match="only price"), transaction.atomic():
        services.withdraw_price(interval_id=PriceInterval.objects.get().pk, at=AT)

    assert not PriceWithdrawal.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"valid_from": AT - HOUR}, {"valid_until": AT}, {"valid_from": AT + HOUR, "valid_until": AT + HOUR}],
)
def test_impossible_stretch_is_refused(listing, fields):
    with pytest.raises(InvalidError):
        services.set_price(wish=wish(listing, 17, **fields), at=AT)

    assert PriceInterval.objects.count() == 1


@pytest.mark.parametrize("price", ["-1", "17.001", "NaN", "Infinity"])
def test_impossible_price_is_refused(listing, price):
    with pytest.raises(InvalidError):
        services.set_price(wish=wish(listing, price), at=AT)

    assert PriceInterval.objects.count() == 1


def test_history_takes_no_change(listing):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        PriceInterval.objects.update(price=1)


def test_many_prices_cost_what_one_costs(scope, django_assert_num_queries):
    listings = [ChannelListingFactory(merchant=scope) for _ in range(4)]
    with django_assert_num_queries(8):
        services.set_prices(wishes=[PriceWish(listings[0].pk, Decimal(17))], at=AT)
    with django_assert_num_queries(8):
        services.set_prices(wishes=[PriceWish(row.pk, Decimal(17)) for row in listings[1:]], at=AT)


def test_cycle_is_unrolled_once_and_in_local_time(listing):
    cycle = services.create_price_cycle(
        listing_id=listing.pk, name="Wednesday", price=Decimal(14), starts_at=time(14), ends_at=time(17),
        time_zone="Asia/Shanghai", weekdays=[2], valid_from=date(2026, 11, 1), at=AT,
    )  # fmt: skip
    count = PriceInterval.objects.filter(cycle=cycle).count()

    services.unroll_cycles(at=AT)

    assert PriceInterval.objects.filter(cycle=cycle).count() == count > 8
    assert price_of(listing, datetime(2026, 11, 25, 6, 30, tzinfo=UTC)) == 14
    assert price_of(listing, datetime(2026, 11, 25, 9, 0, tzinfo=UTC)) == 18
    services.unroll_cycles(at=AT + timedelta(days=7))
    assert PriceInterval.objects.filter(cycle=cycle).count() == count + 1

    services.end_price_cycle(cycle_id=cycle.pk, at=AT)
    assert price_of(listing, datetime(2026, 11, 25, 6, 30, tzinfo=UTC)) == 18


def test_price_at_an_instant_reads_the_index(listing):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + WINNERS, {"listings": [str(listing.pk)], "at": AT})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "priceinterval_winner" in plan
    assert "Sort" not in plan.split("priceinterval_winner")[0].split("Nested Loop")[-1]


INTERVALS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2]), st.integers(0, 8), st.none() | st.integers(1, 8), st.integers(1, 99), st.booleans()
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INTERVALS, st.integers(0, 20))
def test_price_at_any_instant_is_that_of_the_naive_reading(scope, intervals, moment):
    listing = ChannelListingFactory(merchant=scope)
    at = AT + moment * HOUR
    expected = None
    for number, (layer, begin, length, price, is_withdrawn) in enumerate(intervals):
        begins = AT + begin * HOUR
        ends = None if length is None else begins + length * HOUR
        row = PriceInterval.objects.create(
            listing=listing, layer=layer, price=price, valid_from=begins, valid_until=ends
        )
        if is_withdrawn:
            PriceWithdrawal.objects.create(interval=row)
        elif begins <= at and (ends is None or at < ends) and (expected is None or (layer, number) > expected[:2]):
            expected = (layer, number, price)

    found = prices_at(listing_ids=[listing.pk], at=at).get(listing.pk)

    assert (found and found.price) == (expected and expected[2])
