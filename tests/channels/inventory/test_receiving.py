"""Goods come in, get lost, and never take with them what is promised."""

import pytest
from django.db import IntegrityError

from channels.inventory import services
from channels.inventory.lines import StockLine
from channels.inventory.models import Hold, StockMovement
from channels.inventory.services import receiving
from o2o.kit.errors import InvalidError
from o2o.kit.models import uuid7
from tests.channels.factories import StockLevelFactory
from tests.channels.inventory.conftest import AT, LATER, allocate, broken_invariants, counters, hold, line, make_shop

pytestmark = pytest.mark.django_db


def take(shop, units, **options):
    services.adjust_stock(
        changes=[(shop.variant.pk, shop.location.pk, -units)], reason="loss", at=options.pop("at", AT), **options
    )


def test_goods_come_in_and_go_with_their_reason(shop):
    services.receive_stock(lines=[line(shop, 5)], reason="production", note="Batch 7", at=AT)
    take(shop, 2, note="Fell down")

    assert counters(shop) == (13, 0, 0)
    got, lost = StockMovement.objects.order_by("pk")[1:]
    assert (got.kind, got.reason, got.note, got.on_hand_delta) == ("received", "production", "Batch 7", 5)
    assert (lost.kind, lost.reason, lost.note, lost.on_hand_delta) == ("adjusted", "loss", "Fell down", -2)


def test_first_goods_of_a_place_make_its_level(shop):
    other = make_shop(shop.merchant)

    services.receive_stock(lines=[StockLine(shop.variant.pk, other.location.pk, 3)], at=AT)

    assert shop.variant.levels.get(location=other.location).on_hand == 3


def test_every_broken_place_is_named_and_nothing_moves(shop):
    other = make_shop(shop.merchant, on_hand=4)
    free = make_shop(shop.merchant)
    allocate(shop, 8)
    hold(other, 3)
    changes = [(one.variant.pk, one.location.pk, -3) for one in (shop, other, free)]

    with pytest.raises(services.PromisedStockError) as refusal:
        services.adjust_stock(changes=changes, reason="loss", at=AT)

    named = {
        (row["sku"], row["location"], row["on_hand"], row["promised"], row["change"])
        for row in refusal.value.params["lines"]
    }
    assert named == {
        (shop.variant.sku, shop.location.name, 10, 8, -3), (other.variant.sku, other.location.name, 4, 3, -3)
    }  # fmt: skip
    text = str(refusal.value.detail)
    assert all(one.variant.sku in text and one.location.name in text for one in (shop, other))
    assert free.variant.sku not in text
    assert "cancel or re-route" in text
    assert (counters(shop), counters(other), counters(free)) == ((10, 8, 0), (4, 0, 3), (10, 0, 0))


def test_many_broken_places_are_counted(shop):
    shops = [make_shop(shop.merchant, on_hand=1) for _ in range(12)]
    for one in shops:
        allocate(one)

    with pytest.raises(services.PromisedStockError, match="2 more places"):
        services.adjust_stock(changes=[(one.variant.pk, one.location.pk, -1) for one in shops], reason="loss", at=AT)


def test_expired_hold_does_not_keep_goods_from_leaving(shop):
    hold(shop, 10, expires_at=LATER)
    with pytest.raises(services.PromisedStockError):
        take(shop, 1, at=AT)

    take(shop, 4, at=LATER)

    assert counters(shop) == (6, 0, 0)
    assert Hold.objects.get().state == "expired"
    assert broken_invariants() == []


def test_variant_that_may_be_sold_beyond_stock_may_go_below_its_promises(scope):
    shop = make_shop(scope, on_hand=2, allows_backorder=True)
    allocate(shop, 2)

    take(shop, 1)

    assert counters(shop) == (1, 2, 0)


def test_change_of_nothing_is_refused(shop):
    place = (shop.variant.pk, shop.location.pk)
    with pytest.raises(InvalidError):
        services.adjust_stock(changes=[(*place, 2), (*place, -2)], reason="correction", at=AT)

    assert counters(shop) == (10, 0, 0)


def test_slip_is_booked_once(shop):
    slip = {"reference_kind": receiving.RECEIPT, "reference_id": uuid7()}
    services.receive_stock(lines=[line(shop, 5)], at=AT, **slip)

    with pytest.raises(services.AlreadyBookedError):
        services.receive_stock(lines=[line(shop, 5)], at=AT, **slip)

    assert counters(shop) == (15, 0, 0)
    services.receive_stock(lines=[line(shop, 5)], at=AT, reference_kind=receiving.RECEIPT, reference_id=uuid7())
    assert counters(shop) == (20, 0, 0)


def test_control_without_looking_the_constraint_stops_the_second_slip(shop, monkeypatch):
    slip = {"reference_kind": receiving.WRITE_OFF, "reference_id": uuid7()}
    take(shop, 1, **slip)
    monkeypatch.setattr(receiving, "_refuse_booked", lambda _reference: None)

    with pytest.raises(services.AlreadyBookedError) as refusal:
        take(shop, 1, **slip)

    assert isinstance(refusal.value.__cause__, IntegrityError)
    assert counters(shop) == (9, 0, 0)


@pytest.mark.parametrize("count", [1, 50])
def test_goods_of_any_number_of_lines_take_as_many_queries(scope, count, django_assert_num_queries):
    shop = make_shop(scope)
    levels = [StockLevelFactory(merchant=scope, location=shop.location, on_hand=5) for _ in range(count)]
    lines = [StockLine(level.variant_id, level.location_id, 1) for level in levels]
    with django_assert_num_queries(8):
        services.receive_stock(lines=lines, at=AT)
    with django_assert_num_queries(8):
        services.adjust_stock(changes=[(*_place(one), -1) for one in lines], reason="loss", at=AT)


def _place(one):
    return one.variant_id, one.location_id
