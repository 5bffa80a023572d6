"""Carts are held and orders promised stock, all of it or nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from channels.inventory import services
from channels.inventory.enums import HoldState
from channels.inventory.lines import AllocationLine, SaleLine, StockLine
from channels.inventory.models import Allocation, Hold, StockCheck, StockLevel, StockMovement
from channels.inventory.services.reserving import OutOfStockError
from o2o.kit.errors import InvalidError
from o2o.kit.models import uuid7
from tests.channels.factories import StockLevelFactory
from tests.channels.inventory.conftest import AT, LATER, allocate, broken_invariants, counters, hold, line, make_shop

pytestmark = pytest.mark.django_db


def test_hold_takes_units_and_release_gives_them_back(shop):
    reference = uuid7()
    hold(shop, 3, reference=reference)
    assert counters(shop) == (10, 0, 3)

    assert services.release_holds(reference=reference, at=AT) == 3
    assert services.release_holds(reference=reference, at=AT) == 0

    assert counters(shop) == (10, 0, 0)


def test_cart_is_held_whole_or_not_at_all(shop):
    other = StockLevelFactory(merchant=shop.merchant, location=shop.location, on_hand=1)
    lines = [line(shop, 2), StockLine(other.variant_id, other.location_id, 2)]

    with pytest.raises(OutOfStockError) as refusal:
        services.hold_stock(reference=uuid7(), channel_id=shop.channel.pk, lines=lines, expires_at=LATER, at=AT)

    assert [(short["sku"], short["wanted"], short["available"]) for short in refusal.value.params["lines"]] == [
        (other.variant.sku, 2, 1)
    ]
    assert counters(shop) == (10, 0, 0)
    assert not Hold.objects.exists()


def test_place_without_a_level_is_out_of_stock(shop):
    stranger = make_shop(shop.merchant)

    with pytest.raises(OutOfStockError):
        services.hold_stock(
            reference=uuid7(), channel_id=shop.channel.pk, expires_at=LATER, at=AT,
            lines=[line(shop), StockLine(stranger.variant.pk, shop.location.pk, 1)],
        )  # fmt: skip

    assert counters(shop) == (10, 0, 0)


def test_two_lines_of_one_variant_are_added_up(shop):
    with pytest.raises(OutOfStockError):
        services.hold_stock(
            reference=uuid7(), channel_id=shop.channel.pk, lines=[line(shop, 6), line(shop, 5)], expires_at=LATER, at=AT
        )
    order = uuid7()
    lines = [AllocationLine(order, uuid7(), shop.variant.pk, shop.location.pk, units) for units in (4, 6)]

    services.allocate_stock(channel_id=shop.channel.pk, lines=lines, at=AT)

    assert counters(shop) == (10, 10, 0)
    assert sorted(Allocation.objects.values_list("quantity", flat=True)) == [4, 6]
    assert StockMovement.objects.get(reference_id=order).allocated_delta == 10


@pytest.mark.parametrize("count", [1, 3, 30])
def test_cart_of_any_length_takes_two_statements(scope, count, django_assert_num_queries):
    shop = make_shop(scope)
    levels = [StockLevelFactory(merchant=scope, location=shop.location, on_hand=5) for _ in range(count)]
    lines = [StockLine(level.variant_id, level.location_id, 1) for level in levels]
    with django_assert_num_queries(4):  # with the savepoint's two
        services.hold_stock(reference=uuid7(), channel_id=shop.channel.pk, lines=lines, expires_at=LATER, at=AT)
    allocated = [AllocationLine(uuid7(), uuid7(), one.variant_id, one.location_id, 1) for one in lines]
    with django_assert_num_queries(4):
        services.allocate_stock(channel_id=shop.channel.pk, lines=allocated, at=AT)


def test_expired_hold_counts_no_more_and_is_ended_by_the_next_cart(shop):
    hold(shop, 10)

    hold(shop, 7, at=LATER, expires_at=LATER + timedelta(minutes=5))

    assert counters(shop) == (10, 0, 7)
    assert sorted(Hold.objects.values_list("state", flat=True)) == ["active", "expired"]


def test_sweeper_ends_expired_holds_once(shop):
    hold(shop, 4)

    assert services.end_expired_holds(at=AT) == 0
    assert services.end_expired_holds(at=LATER) == 1
    assert services.end_expired_holds(at=LATER) == 0

    assert counters(shop) == (10, 0, 0)


def test_extended_hold_lives_longer_and_an_ended_one_does_not_come_back(shop):
    reference = uuid7()
    hold(shop, 10, reference=reference)
    services.extend_holds(reference=reference, expires_at=LATER + timedelta(hours=1), at=AT)
    with pytest.raises(OutOfStockError):
        hold(shop, 1, at=LATER, expires_at=LATER + timedelta(minutes=1))

    services.release_holds(reference=reference, at=LATER)

    with pytest.raises(services.holds.HoldEndedError):
        services.extend_holds(reference=reference, expires_at=LATER + timedelta(hours=2), at=LATER)


def test_safety_stock_and_sold_out_are_not_promised(shop):
    services.set_safety_stock(units={(shop.variant.pk, shop.location.pk): 8}, at=AT)
    with pytest.raises(OutOfStockError):
        hold(shop, 3)
    hold(shop, 2)

    until = services.mark_sold_out(location_id=shop.location.pk, variant_ids=[shop.variant.pk], at=AT)
    services.set_safety_stock(units={(shop.variant.pk, shop.location.pk): 0}, at=AT)
    with pytest.raises(OutOfStockError):
        hold(shop, 1)
    hold(shop, 1, at=until, expires_at=until + timedelta(minutes=1))
    services.restore(location_id=shop.location.pk, variant_ids=[shop.variant.pk], at=AT)
    hold(shop, 1)


def test_variant_that_may_be_sold_beyond_stock_is(scope):
    shop = make_shop(scope, on_hand=1, allows_backorder=True)

    allocate(shop, 5)

    assert counters(shop) == (1, 5, 0)
    with pytest.raises(InvalidError):
        services.set_backorder(variant_id=shop.variant.pk, allows_backorder=False, at=AT)


def test_held_cart_becomes_an_order_and_the_rest_goes_back(shop):
    reference = uuid7()
    hold(shop, 8, reference=reference)
    lines = [AllocationLine(uuid7(), uuid7(), shop.variant.pk, shop.location.pk, 5)]

    services.allocate_held(reference=reference, channel_id=shop.channel.pk, lines=lines, at=AT)

    assert counters(shop) == (10, 5, 0)
    assert Hold.objects.get().state == HoldState.ALLOCATED


def test_units_leave_or_come_back_by_line_in_parts(shop):
    first, second = allocate(shop, 4), allocate(shop, 3)

    services.ship_allocations(lines={first: 1}, at=AT)
    services.release_allocations(lines={first: 2, second: None}, at=AT)

    assert counters(shop) == (9, 1, 0)
    with pytest.raises(InvalidError):
        services.ship_allocations(lines={first: 2}, at=AT)
    services.ship_allocations(lines={first: None}, at=AT)
    assert counters(shop) == (8, 0, 0)
    assert broken_invariants() == []


def test_lines_leave_in_a_constant_number_of_statements(shop, django_assert_num_queries):
    for count in (1, 3):
        lines = {allocate(shop): None for _ in range(count)}
        with django_assert_num_queries(8):
            services.ship_allocations(lines=lines, at=AT)


def test_sale_over_the_counter_does_not_touch_what_is_promised(shop):
    allocate(shop, 8)
    sale = {"lines": [SaleLine(uuid7(), shop.variant.pk, shop.location.pk, 3)], "at": AT}
    with pytest.raises(OutOfStockError):
        services.sell_stock(**sale)
    assert counters(shop) == (10, 8, 0)

    services.sell_stock(**sale, is_done=True)

    assert counters(shop) == (8, 8, 0)
    assert StockMovement.objects.filter(kind="adjusted").get().on_hand_delta == 1
    assert broken_invariants() == []


def test_what_is_promised_is_not_adjusted_away(shop):
    allocate(shop, 8)

    with pytest.raises(services.PromisedStockError) as refusal:
        services.adjust_stock(changes=[(shop.variant.pk, shop.location.pk, -3)], reason="loss", at=AT)

    assert refusal.value.params["promised"] == 8
    assert counters(shop) == (10, 8, 0)


def test_self_check_repairs_what_disagrees_and_says_so(shop):
    allocate(shop, 2)
    hold(shop, 1)
    with transaction.atomic():
        StockLevel.objects.filter(pk=shop.level.pk).update(held=4)

    found, last = services.check_levels(after=None, at=AT)

    assert last is None
    assert [(check.counter, check.found, check.expected) for check in found] == [("held", 4, 1)]
    assert counters(shop) == (10, 2, 1)
    assert StockCheck.objects.count() == 1
    assert services.check_levels(after=None, at=AT) == ([], None)


def test_constraint_stands_behind_the_statement(shop):
    with pytest.raises(IntegrityError, match="level_promises_within_stock"), transaction.atomic():
        StockLevel.objects.filter(pk=shop.level.pk).update(held=11)
