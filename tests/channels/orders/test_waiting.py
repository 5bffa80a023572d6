"""Orders that wait for a location."""

import pytest

from channels.orders.models import RoutingDecision, TimelineEntry
from channels.orders.services.retrying import retry_unrouted
from o2o.events.models import OutboxEvent
from tests.channels.factories import StockMovementFactory
from tests.channels.orders.conftest import AT, parts, place, stock

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
