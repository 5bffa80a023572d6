"""Routing in the database: where the units go, what waits, and what it costs."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.inventory.models import Allocation
from channels.orders.enums import FulfillmentState, OrderState, UnroutedQueue
from channels.orders.models import Order, RoutingDecision, TimelineEntry
from channels.orders.services.routing import route_order
from o2o.events.models import OutboxEvent
from o2o.kit.errors import NotFoundError
from o2o.tenancy.models import Merchant
from tests.channels.orders.shop import AT, fulfillments, make_order, make_shop, units_of

pytestmark = pytest.mark.django_db


def events() -> list[str]:
    return list(OutboxEvent.objects.order_by("position").values_list("event_type", flat=True))


def test_units_go_to_one_store_and_are_promised_there(scope: Merchant) -> None:
    shop = make_shop(scope)
    order = make_order(shop, (3,))
    decision = route_order(order_id=order.pk, at=AT, cause="placed")
    (fulfillment,) = fulfillments(shop, order)
    assert decision is not None
    assert (fulfillment.location_id, fulfillment.queue, fulfillment.state) == (shop.stores[0].pk, "", "open")
    assert fulfillment.routed_at == AT
    assert units_of(shop, fulfillment) == 3
    assert shop.level().allocated == 3
    assert [event for event in events() if not event.startswith("stock")] == ["fulfillment.routed"]
    assert list(TimelineEntry.objects.values_list("kind", flat=True)) == ["routed"]


def test_routing_again_changes_nothing(scope: Merchant) -> None:
    shop = make_shop(scope)
    order = make_order(shop, (3,))
    route_order(order_id=order.pk, at=AT, cause="placed")
    assert route_order(order_id=order.pk, at=AT, cause="placed") is None
    assert len(fulfillments(shop, order)) == 1
    assert RoutingDecision.objects.count() == 1


def test_units_without_a_place_wait_in_the_queue_that_says_why(scope: Merchant) -> None:
    shop = make_shop(scope, stock=((2,), (1,)))
    order = make_order(shop, (5,))
    route_order(order_id=order.pk, at=AT, cause="placed")
    found = {(row.location_id, row.queue): units_of(shop, row) for row in fulfillments(shop, order)}
    assert found == {
        (shop.stores[0].pk, ""): 2,
        (shop.stores[1].pk, ""): 1,
        (None, UnroutedQueue.NO_STOCK): 2,
    }
    assert "order.unrouted" in events()


def test_an_unknown_item_waits_by_itself(scope: Merchant) -> None:
    shop = make_shop(scope)
    order = make_order(shop, (1,))
    order.lines.update(variant=None)
    route_order(order_id=order.pk, at=AT, cause="placed")
    (waiting,) = fulfillments(shop, order)
    assert waiting.queue == UnroutedQueue.UNKNOWN_ITEM


def test_what_waits_without_change_is_left_alone(scope: Merchant) -> None:
    shop = make_shop(scope, stock=((0,),))
    order = make_order(shop)
    route_order(order_id=order.pk, at=AT, cause="placed")
    before = events()
    assert route_order(order_id=order.pk, at=AT, cause="retry") is None
    assert events() == before
    assert RoutingDecision.objects.count() == 1


def test_a_pickup_goes_to_its_store_only(scope: Merchant) -> None:
    shop = make_shop(scope, stock=((10,), (0,)))
    order = make_order(shop, method="pickup", location=shop.stores[1])
    route_order(order_id=order.pk, at=AT, cause="placed")
    (waiting,) = fulfillments(shop, order)
    assert waiting.location_id is None
    assert shop.level().allocated == 0


def test_a_store_without_capacity_is_passed_over_until_its_next_day(scope: Merchant) -> None:
    shop = make_shop(scope)
    shop.stores[0].daily_order_capacity = 1
    shop.stores[0].save()
    first, second, third = (make_order(shop) for _order in range(3))
    for order in (first, second):
        route_order(order_id=order.pk, at=AT, cause="placed")
    assert [fulfillments(shop, order)[0].location_id for order in (first, second)] == [
        store.pk for store in shop.stores
    ]
    next_day = AT.replace(day=5)
    route_order(order_id=third.pk, at=next_day, cause="placed")
    assert fulfillments(shop, third)[0].location_id == shop.stores[0].pk


@pytest.mark.parametrize("fields", [{"state": OrderState.CANCELLED}, {"is_historical": True}])
def test_orders_that_need_nothing_are_not_routed(scope: Merchant, fields: dict[str, object]) -> None:
    shop = make_shop(scope)
    order = make_order(shop, **fields)
    assert route_order(order_id=order.pk, at=AT, cause="placed") is None
    assert fulfillments(shop, order) == []


def test_an_order_that_is_not_there_is_named(scope: Merchant) -> None:
    with pytest.raises(NotFoundError):
        route_order(order_id=uuid.uuid4(), at=AT, cause="placed")


@pytest.mark.parametrize("stores", [3, 50])
def test_the_number_of_queries_depends_on_neither_lines_nor_candidates(scope: Merchant, stores: int) -> None:
    counts = {}
    shop = make_shop(scope, stock=[[5] * 30] * stores)
    for lines in (1, 3, 30):
        order = make_order(shop, [1] * lines)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            route_order(order_id=order.pk, at=AT, cause="placed")
        counts[lines] = len(captured)
        assert fulfillments(shop, order)[0].state == FulfillmentState.OPEN
    assert len(set(counts.values())) == 1, counts
    print(counts)
    assert Order.objects.count() == 3
    assert Allocation.objects.count() == 34
