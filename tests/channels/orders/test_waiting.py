"""Orders that wait for a location."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from channels.orders import tasks
from channels.orders.drafts import LineDraft
from channels.orders.models import AcceptancePolicy, RoutingDecision, TimelineEntry
from channels.orders.services.placing import place_order
from channels.orders.services.retrying import retry_unrouted
from channels.stores.models import OpeningPeriod
from o2o.events.models import OutboxEvent
from tests.channels.factories import StockLevelFactory, StockMovementFactory, VariantFactory
from tests.channels.orders.conftest import AT, draft, parts, place, stock

pytestmark = pytest.mark.django_db


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (RoutingDecision, TimelineEntry, OutboxEvent))


def test_trying_in_vain_writes_nothing(shop):
    order = place(shop, 99)
    before, waiting = written(), order.fulfillments.get(location=None).pk

    for _round in range(3):
        retry_unrouted(at=AT)

    assert written() == before
    assert order.fulfillments.get(location=None).pk == waiting
    assert (stock(shop), stock(shop, 1)) == ((10, 0, 0), (10, 0, 0))


def test_what_comes_in_goes_to_what_waits(shop):
    order = place(shop, 15)
    level = shop.variants[0].levels.get(location=shop.locations[0])
    StockMovementFactory(merchant=shop.merchant, level=level, on_hand_delta=5)

    retry_unrouted(at=AT)

    assert all(location for location, _state, _queue in parts(order))
    assert stock(shop) == (15, 15, 0)


def test_what_the_catalog_learns_is_recognised(shop):
    goods = replace(draft(shop, 1), lines=[LineDraft(2, Decimal(18), sku="NEW-1")])
    order = place_order(draft=goods, at=AT)
    assert parts(order) == [(None, "open", "unknown_item")]
    variant = VariantFactory(merchant=shop.merchant, sku="NEW-1")
    StockLevelFactory(merchant=shop.merchant, variant=variant, location=shop.locations[1], on_hand=5)

    retry_unrouted(at=AT)

    assert parts(order) == [(shop.locations[1].pk, "open", "")]
    assert variant.levels.get().allocated == 2


def test_orders_in_vain_keep_no_others_waiting(shop, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    tried = []
    monkeypatch.setattr(tasks, "_route", lambda _merchant, orders: tried.append(list(orders)))
    orders = [place(shop, 99).pk for _ in range(3)]

    for _round in range(3):
        tasks._retry_next(shop.merchant.pk)

    assert tried == [orders[:2], orders[2:], orders[:2]]


def test_the_clock_of_a_closed_store_begins_when_it_opens(shop):
    """It is noon in Shanghai, and the store opens at two."""
    AcceptancePolicy.objects.create(channel=shop.channel, remind_minutes=5, accept_minutes=15)
    OpeningPeriod.objects.create(location=shop.locations[0], weekday=2, opens_at="14:00", closes_at="18:00")

    part = place(shop, 1).fulfillments.get()

    assert part.location_id == shop.locations[0].pk
    assert (part.remind_at, part.accept_by) == (AT + timedelta(minutes=125), AT + timedelta(minutes=135))
