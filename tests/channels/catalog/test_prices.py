"""Prices in layers: recorded, held, withdrawn, and the one in force at any instant."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.catalog import services
from channels.catalog.models import PriceChangeRequest, PriceInterval, PriceWithdrawal
from channels.catalog.selectors.prices import WINNERS, prices_at
from channels.catalog.services import PriceWish
from channels.catalog.services.approving import OwnApprovalError, SettledAlreadyError
from channels.catalog.services.prices import PriceMovedError
from o2o.events.models import OutboxEvent
from o2o.kit.errors import InvalidError
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.conftest import acting
from tests.channels.factories import ChannelListingFactory, SalesChannelFactory, VariantFactory
from tests.factories import MerchantFactory

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

    moved = [services.publish_due_prices(at=at) for at in (AT + HOUR, AT + HOUR, AT + 3 * HOUR, AT + 3 * HOUR)]

    assert moved == [1, 0, 1, 0]
    listing.refresh_from_db()
    assert listing.price == 18


def test_abnormal_price_waits_for_a_colleague(listing):
    with acting("Wei"):
        request = services.set_price(wish=wish(listing, "1.80"), at=AT)
        assert isinstance(request, PriceChangeRequest)
        with pytest.raises(OwnApprovalError):
            services.approve_price_change(request_id=request.pk, at=AT)
    listing.refresh_from_db()
    assert listing.price == 18

    with acting("Ling"):
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


def test_withdrawn_price_stays_in_the_history_of_before(listing):
    interval = services.set_price(wish=wish(listing, 15, valid_until=AT + 2 * HOUR), at=AT)

    services.withdraw_price(interval_id=interval.pk, at=AT + HOUR)

    assert [price_of(listing, AT + HOUR / 2), price_of(listing, AT + HOUR)] == [15, 18]


def test_regular_price_that_has_begun_is_not_withdrawn(listing):
    with pytest.raises(InvalidError, match="that has begun"), transaction.atomic():
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
    with django_assert_num_queries(10):
        services.set_prices(wishes=[PriceWish(listings[0].pk, Decimal(17))], at=AT)
    with django_assert_num_queries(10):
        services.set_prices(wishes=[PriceWish(row.pk, Decimal(17)) for row in listings[1:]], at=AT)


def test_planned_regular_price_comes_although_another_was_set_meanwhile(listing):
    """The one that began last counts, and not the one that was written last."""
    services.set_price(wish=wish(listing, 20, valid_from=AT + 5 * HOUR), at=AT)
    services.set_price(wish=wish(listing, 17), at=AT + HOUR)

    assert [price_of(listing, AT + hours * HOUR) for hours in (0, 1, 4, 5, 99)] == [18, 17, 17, 20, 20]


def test_short_scheduled_price_goes_before_a_long_one_whichever_came_first(listing):
    services.set_price(wish=wish(listing, 14, valid_from=AT + 2 * HOUR, valid_until=AT + 3 * HOUR), at=AT)
    services.set_price(wish=wish(listing, 16, valid_from=AT + HOUR, valid_until=AT + 9 * HOUR), at=AT)

    assert [price_of(listing, AT + hours * HOUR) for hours in (0, 1, 2, 3, 9)] == [18, 16, 14, 16, 18]


def test_price_of_another_currency_is_refused(listing):
    with pytest.raises(InvalidError, match="priced in CNY"):
        services.set_price(wish=wish(listing, 17, currency="USD"), at=AT)
    with pytest.raises(InvalidError, match="sells in CNY"):
        services.create_listing(
            channel_id=listing.channel_id, variant_id=listing.variant_id, price=Decimal(18), currency="USD", at=AT
        )


def test_price_is_not_set_over_one_that_nobody_has_seen(listing):
    services.set_price(wish=wish(listing, 17, expected=Decimal(18)), at=AT)

    with pytest.raises(PriceMovedError, match="17 by now"):
        services.set_price(wish=wish(listing, 16, expected=Decimal(18)), at=AT)

    assert price_of(listing, AT) == 17


def test_clock_publishes_more_than_one_batch_and_what_piled_up_while_it_stood(scope):
    listings = [ChannelListingFactory(merchant=scope) for _ in range(5)]
    services.set_prices(wishes=[PriceWish(row.pk, Decimal(18)) for row in listings], at=AT)
    services.publish_due_prices(at=AT)
    wishes = [PriceWish(row.pk, Decimal(17), valid_from=AT + HOUR) for row in listings]
    services.set_prices(wishes=wishes, at=AT)

    after_days = AT + timedelta(days=9)
    assert [services.publish_due_prices(at=after_days, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    for row in listings:
        row.refresh_from_db()
        assert row.price == 17


@pytest.mark.usefixtures("committed_db")
def test_price_at_an_instant_reads_one_index_in_a_table_of_some_size(owner_connection):
    """60,000 intervals: two years of a price that comes back daily among other listings."""
    merchant = MerchantFactory()
    with tenant_transaction(merchant.pk), connection.cursor() as cursor:
        channel, variant = SalesChannelFactory(merchant=merchant), VariantFactory(merchant=merchant)
        listing = services.create_listing(channel_id=channel.pk, variant_id=variant.pk, price=Decimal(18), at=AT)
        others = [str(ChannelListingFactory(merchant=merchant).pk) for _ in range(99)]
        cursor.execute(
            """
            INSERT INTO catalog_priceinterval (id, created_at, merchant_id, listing_id, layer, price, valid_from,
                                               valid_until, is_approved, reason, actor_label)
            SELECT gen_random_uuid(), now(), %(merchant)s, one.id, 1, 14, day, day + interval '3 hours', false, '', ''
            FROM unnest(%(listings)s::uuid[]) AS one (id),
                 generate_series(%(at)s - interval '600 days', %(at)s - interval '4 hours', interval '1 day') AS day
            """,
            {"merchant": str(merchant.pk), "at": AT, "listings": [str(listing.pk), *others]},
        )
        cursor.execute("SELECT count(*) FROM catalog_priceinterval")
        assert cursor.fetchone()[0] >= 60_000
    with owner_connection.cursor() as cursor:
        # As the server does by itself in the background, sooner or later.
        cursor.execute("ANALYZE catalog_priceinterval")

    with tenant_transaction(merchant.pk), connection.cursor() as cursor:
        asked = {"listings": [str(listing.pk)], "at": AT}
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + WINNERS, asked)
        plan = cursor.fetchone()[0][0]["Plan"]
        price = prices_at(listing_ids=[listing.pk], at=AT)[listing.pk].price

    scans = list(scans_of(plan, "catalog_priceinterval"))
    assert {scan["Node Type"] for scan in scans} <= {"Index Scan", "Index Only Scan"}
    assert {scan["Index Name"] for scan in scans} == {"priceinterval_in_layer"}
    # however long the history is, it reads a few pages of it
    assert sum(scan["Shared Hit Blocks"] + scan["Shared Read Blocks"] for scan in scans) < 20
    assert price == 18


def scans_of(node, table):
    if node.get("Relation Name") == table:
        yield node
    for child in node.get("Plans", ()):
        yield from scans_of(child, table)


INTERVALS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2]), st.integers(0, 8), st.none() | st.integers(1, 8), st.integers(1, 99),
        st.none() | st.integers(0, 20),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INTERVALS, st.integers(0, 20))
def test_price_at_any_instant_is_that_of_the_naive_reading(scope, intervals, moment):
    listing = ChannelListingFactory(merchant=scope)
    at = AT + moment * HOUR
    expected = None
    for number, (layer, begin, length, price, withdrawn) in enumerate(intervals):
        begins = AT + begin * HOUR
        hours = 8 if length is None and layer == 1 else length
        ends = None if hours is None else begins + hours * HOUR
        row = PriceInterval.objects.create(
            listing=listing, layer=layer, price=price, valid_from=begins, valid_until=ends
        )
        if withdrawn is not None:
            PriceWithdrawal.objects.create(interval=row, withdrawn_at=AT + withdrawn * HOUR)
        is_gone = withdrawn is not None and withdrawn <= moment
        covers = begins <= at and (ends is None or at < ends)
        if covers and not is_gone and (expected is None or (layer, begin, number) > expected[:3]):
            expected = (layer, begin, number, price)

    found = prices_at(listing_ids=[listing.pk], at=at).get(listing.pk)

    assert (found and found.price) == (expected and expected[3])
