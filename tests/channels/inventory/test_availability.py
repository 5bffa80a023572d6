"""What a channel can promise, the quotas that cut it, and why it is what it is."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.inventory import selectors, services
from channels.inventory.lines import AllocationLine, StockLine
from channels.inventory.services.demand import DemandLine
from channels.inventory.services.quotas import QuotaSpentError
from channels.inventory.services.reserving import OutOfStockError
from o2o.kit.errors import InvalidError
from o2o.kit.models import uuid7
from tests.channels.factories import (
    ChannelLocationFactory,
    SalesChannelFactory,
    StockLevelFactory,
    StockLocationFactory,
    VariantFactory,
)
from tests.channels.inventory.conftest import AT, LATER, allocate, broken_invariants, hold, make_shop

pytestmark = pytest.mark.django_db
YESTERDAY = AT - timedelta(days=1)


def promise(shop, channel=None, at=AT):
    channel = channel or shop.channel
    rows = selectors.available_to_promise(channel_ids=[channel.pk], variant_ids=[shop.variant.pk], at=at)
    waterfall = selectors.explain_available(variant_id=shop.variant.pk, channel_id=channel.pk, at=at)
    assert [row.quantity for row in rows] == [waterfall.available]
    return rows[0].quantity


def other_channel(shop):
    channel = SalesChannelFactory(merchant=shop.merchant)
    ChannelLocationFactory(merchant=shop.merchant, channel=channel, location=shop.location)
    return channel


def quota(shop, channel, exclusive, **fields):
    return services.set_quota(
        variant_id=shop.variant.pk, channel_id=channel.pk, exclusive=exclusive,
        **{"valid_from": YESTERDAY, "at": AT, **fields},
    )  # fmt: skip


def test_each_term_takes_its_part(shop):
    allocate(shop, 2)
    hold(shop, 3)
    services.set_safety_stock(units={(shop.variant.pk, shop.location.pk): 1}, at=AT)
    services.queue_demand(channel_id=shop.channel.pk, lines=[DemandLine(uuid7(), uuid7(), shop.variant.pk, 1)], at=AT)

    assert promise(shop) == 3
    assert promise(shop, at=LATER) == 6

    waterfall = selectors.explain_available(variant_id=shop.variant.pk, channel_id=shop.channel.pk, at=AT)
    assert [(term.code, term.quantity) for term in waterfall.terms] == [
        ("on_hand", 10), ("allocated", -2), ("held", -3), ("safety_stock", -1), ("unrouted", -1),
    ]  # fmt: skip
    assert [row.quantity for row in waterfall.terms[1].rows] == [-2]


def test_short_location_takes_nothing_from_the_others(shop):
    second = StockLevelFactory(merchant=shop.merchant, variant=shop.variant, on_hand=1, safety_stock=5)
    ChannelLocationFactory(merchant=shop.merchant, channel=shop.channel, location=second.location)

    assert promise(shop) == 10


def test_locations_of_other_channels_and_those_that_are_off_do_not_count(shop):
    StockLevelFactory(merchant=shop.merchant, variant=shop.variant, on_hand=7)
    assert promise(shop) == 10

    shop.location.is_active = False
    shop.location.save()

    assert [
        row.quantity
        for row in selectors.available_to_promise(channel_ids=[shop.channel.pk], variant_ids=[shop.variant.pk], at=AT)
    ] == [0]


def test_quota_is_kept_from_other_channels_and_used_first(shop):
    other = other_channel(shop)
    own = quota(shop, shop.channel, 4)
    assert (promise(shop), promise(shop, other)) == (10, 6)

    allocate(shop, 3)
    own.refresh_from_db()

    assert (own.used, own.shared_used) == (3, 0)
    assert (promise(shop), promise(shop, other)) == (7, 6)
    allocate(shop, 3)
    own.refresh_from_db()
    assert (own.used, own.shared_used) == (4, 2)
    assert (promise(shop), promise(shop, other)) == (4, 4)
    assert broken_invariants() == []


def test_other_channel_cannot_reserve_what_is_kept(shop):
    other = other_channel(shop)
    quota(shop, shop.channel, 4)
    line = AllocationLine(uuid7(), uuid7(), shop.variant.pk, shop.location.pk, 7)

    with pytest.raises(OutOfStockError) as refusal:
        services.allocate_stock(channel_id=other.pk, lines=[line], at=AT)

    assert refusal.value.params["cause"] == "quota"
    assert refusal.value.params["lines"][0]["available"] == 6


def test_limit_of_the_shared_pool(shop):
    quota(shop, shop.channel, 2, shared_limit=3)
    assert promise(shop) == 5

    allocate(shop, 5)

    assert promise(shop) == 0
    with pytest.raises(OutOfStockError):
        allocate(shop, 1)


def test_quota_takes_back_what_is_released_also_in_parts_and_expired(shop):
    own = quota(shop, shop.channel, 4)
    line_id = allocate(shop, 6)
    services.release_allocations(lines={line_id: 3}, at=AT)
    own.refresh_from_db()
    assert own.used + own.shared_used == 3
    assert broken_invariants() == []
    services.release_allocations(lines={line_id: None}, at=AT)
    hold(shop, 5)
    hold(shop, 1, at=LATER, expires_at=LATER + timedelta(minutes=1))

    own.refresh_from_db()
    assert (own.used, own.shared_used) == (1, 0)
    assert broken_invariants() == []


def test_after_its_time_a_quota_keeps_nothing(shop):
    other = other_channel(shop)
    quota(shop, shop.channel, 4, valid_until=LATER)

    assert (promise(shop, other), promise(shop, other, at=LATER)) == (6, 10)


def test_two_quotas_of_a_channel_do_not_overlap(shop):
    quota(shop, shop.channel, 4)

    with pytest.raises(InvalidError):
        quota(shop, shop.channel, 2, valid_from=AT)


def test_units_are_lent_and_given_back(shop):
    other = other_channel(shop)
    own, theirs = quota(shop, shop.channel, 4), quota(shop, other, 1)
    loan = services.borrow_quota(lender_id=own.pk, borrower_id=theirs.pk, quantity=3, at=AT)
    assert (promise(shop), promise(shop, other)) == (6, 9)
    with pytest.raises(QuotaSpentError):
        services.borrow_quota(lender_id=own.pk, borrower_id=theirs.pk, quantity=2, at=AT)

    services.return_loan(loan_id=loan.pk, quantity=2, at=AT)

    assert (promise(shop), promise(shop, other)) == (8, 7)
    with pytest.raises(InvalidError):
        services.return_loan(loan_id=loan.pk, quantity=2, at=AT)


LEVELS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 5), st.integers(0, 5), st.integers(0, 4), st.booleans()),
    min_size=1, max_size=3,
)  # fmt: skip
QUOTAS = st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.none() | st.integers(0, 5)), max_size=2)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEVELS, QUOTAS, st.integers(0, 5))
def test_terms_sum_to_what_the_query_says(scope, levels, quotas, demand):
    channel, other = SalesChannelFactory(merchant=scope), SalesChannelFactory(merchant=scope)
    variant = VariantFactory(merchant=scope)
    for on_hand, allocated, held, safety, is_sold_out in levels:
        location = StockLocationFactory(merchant=scope)
        ChannelLocationFactory(merchant=scope, channel=channel, location=location)
        StockLevelFactory(merchant=scope, variant=variant, location=location, on_hand=on_hand)
        place = (variant.pk, location.pk)
        if allocated and allocated + held <= on_hand:
            services.allocate_stock(
                channel_id=channel.pk, lines=[AllocationLine(uuid7(), uuid7(), *place, allocated)], at=AT
            )
        if held and allocated + held <= on_hand:
            services.hold_stock(
                reference=uuid7(), channel_id=channel.pk, lines=[StockLine(*place, held)], at=AT,
                expires_at=LATER if held % 2 else LATER + timedelta(hours=1),
            )  # fmt: skip
        services.set_safety_stock(units={place: safety}, at=AT)
        if is_sold_out:
            services.mark_sold_out(location_id=location.pk, variant_ids=[variant.pk], at=AT)
    if demand:
        services.queue_demand(channel_id=channel.pk, lines=[DemandLine(uuid7(), uuid7(), variant.pk, demand)], at=AT)
    for (is_short, exclusive, limit), owner in zip(quotas, (channel, other), strict=False):
        services.set_quota(
            variant_id=variant.pk, channel_id=owner.pk, exclusive=exclusive, shared_limit=limit, at=AT,
            valid_from=YESTERDAY, valid_until=AT + timedelta(hours=1) if is_short else None,
        )  # fmt: skip

    for at in (AT, LATER, AT + timedelta(hours=30)):
        [row] = selectors.available_to_promise(channel_ids=[channel.pk], variant_ids=[variant.pk], at=at)
        waterfall = selectors.explain_available(variant_id=variant.pk, channel_id=channel.pk, at=at)
        assert row.quantity == waterfall.available


def test_availability_of_many_is_one_query(scope, django_assert_num_queries):
    shops = [make_shop(scope) for _ in range(3)]
    for count in (1, 3):
        with django_assert_num_queries(1):
            rows = selectors.available_to_promise(
                channel_ids=[shop.channel.pk for shop in shops[:count]],
                variant_ids=[shop.variant.pk for shop in shops[:count]],
                at=AT,
            )
        assert len(rows) == count * count
