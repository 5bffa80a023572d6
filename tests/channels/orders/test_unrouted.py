"""What waits for a location, and finding one later."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from channels.inventory.events import StockAvailable
from channels.orders import subscribers, tasks
from channels.orders.models import FulfillmentOrder, OrderLine
from channels.orders.services import routing, unrouted
from channels.orders.services.routing import route_order
from channels.orders.services.unrouted import merchants_with_unrouted, retry_unrouted
from channels.orders.services.withdrawing import withdraw_units
from channels.orders.worklist import is_late, store_worklist
from o2o.events import Envelope
from o2o.kit import bell
from o2o.kit.errors import DomainError
from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import StockMovementFactory
from tests.channels.orders.shop import AT, Shop, fulfillments, make_order, make_shop, units_of
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


def waiting_orders(merchant: Merchant, count: int = 2, units: int = 2) -> tuple[Shop, list[Any]]:
    """Return a shop without stock and orders that wait for some, the oldest first."""
    shop = make_shop(merchant, stock=((0,), (0,)))
    orders = [make_order(shop, (units,)) for _order in range(count)]
    with tenant_transaction(merchant.pk):
        for order in orders:
            route_order(order_id=order.pk, at=AT, cause="placed")
    return shop, orders


def deliver(shop: Shop, units: int, store: int = 0) -> None:
    StockMovementFactory(merchant=shop.merchant, level=shop.level(store=store), on_hand_delta=units)


def later(minutes: int = 2) -> Any:
    return AT + timedelta(minutes=minutes)


def placed(shop: Shop, order: Any) -> int:
    return sum(units_of(shop, row) for row in fulfillments(shop, order) if row.location_id is not None)


def test_stock_that_comes_in_goes_to_the_oldest_order(scope: Merchant) -> None:
    shop, (first, second) = waiting_orders(scope)
    deliver(shop, 3)
    variant = shop.variants[0].pk
    assert retry_unrouted(merchant_id=scope.pk, variant_id=variant, at=later()) == 2
    assert (placed(shop, first), placed(shop, second)) == (2, 1)
    (row,) = fulfillments(shop, first)
    assert (row.location_id, row.queue, row.routed_at) == (shop.stores[0].pk, "", later())
    assert retry_unrouted(merchant_id=scope.pk, variant_id=variant, at=later()) == 0


def test_only_those_that_wait_for_the_variant_are_looked_at(scope: Merchant) -> None:
    shop, _orders = waiting_orders(scope)
    deliver(shop, 9)
    assert retry_unrouted(merchant_id=scope.pk, variant_id=uuid7(), at=later()) == 0


def test_the_round_takes_those_that_were_tried_longest_ago(scope: Merchant) -> None:
    shop, orders = waiting_orders(scope, count=3)
    assert merchants_with_unrouted() == [scope.pk]
    assert retry_unrouted(merchant_id=scope.pk, at=AT, limit=9) == 0  # a moment ago
    retry_unrouted(merchant_id=scope.pk, at=later(2), limit=2)
    retry_unrouted(merchant_id=scope.pk, at=later(2), limit=2)
    tried = FulfillmentOrder.objects.order_by("pk").values_list("tried_at", flat=True)
    assert list(tried) == [later(2)] * 3
    deliver(shop, 99)
    assert retry_unrouted(merchant_id=scope.pk, at=later(4)) == 3
    assert [placed(shop, order) for order in orders] == [2, 2, 2]
    assert merchants_with_unrouted() == []


def test_an_order_that_cannot_be_decided_does_not_stop_the_others(
    scope: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, (first, second) = waiting_orders(scope)
    deliver(shop, 9)

    def faulty(*, order_id: Any, **rest: Any) -> Any:
        if order_id == first.pk:
            raise DomainError("broken")
        return route_order(order_id=order_id, **rest)

    monkeypatch.setattr(unrouted, "route_order", faulty)
    assert retry_unrouted(merchant_id=scope.pk, at=later()) == 1
    assert (placed(shop, first), placed(shop, second)) == (0, 2)


def test_stock_rings_for_what_waits(
    scope: Merchant, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(bell, "ring", lambda task, **names: rung.append((task, names)))
    variant = uuid7()
    event = StockAvailable(aggregate_id=uuid7(), variant_id=variant, location_id=uuid7())
    envelope = Envelope(uuid7(), 1, scope.pk, AT, "", 1)
    with django_capture_on_commit_callbacks(execute=True):
        subscribers.retry_what_waits(event, envelope)
    assert rung == [("orders.retry_variant", {"merchant_id": str(scope.pk), "variant_id": str(variant)})]


def test_the_tasks_find_their_merchants(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, (order,) = waiting_orders(merchant, count=1)
    rung: list[Any] = []
    monkeypatch.setattr(bell, "ring", lambda task, **names: rung.append((task, names["merchant_id"])))
    monkeypatch.setattr(bell, "answered", lambda *_task, **_names: None)
    tasks.retry()
    tasks.tick()
    assert rung == [("orders.retry_merchant", str(merchant.pk))]
    deliver(shop, 5)
    tasks.retry_variant(merchant_id=str(merchant.pk), variant_id=str(shop.variants[0].pk))
    assert placed(shop, order) == 2
    tasks.retry_one(merchant_id=str(merchant.pk))
    tasks.tick_one(merchant_id=str(merchant.pk))


# --- somebody else is faster


def test_stock_that_is_gone_is_decided_anew(scope: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first reading still saw stock in the nearest store."""
    shop = make_shop(scope, stock=((0,), (5,)))
    real, readings = routing.load_facts, []

    def stale(**names: Any) -> Any:
        from dataclasses import replace

        facts = real(**names)
        readings.append(1)
        return replace(facts, available={**facts.available, (shop.variants[0].pk, shop.stores[0].pk): 9})

    monkeypatch.setattr(routing, "load_facts", stale)
    order = make_order(shop, (2,))
    route_order(order_id=order.pk, at=AT, cause="placed")
    (row,) = fulfillments(shop, order)
    assert (row.location_id, len(readings)) == (shop.stores[1].pk, 1)


def test_after_three_tries_the_units_wait(scope: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(scope, stock=((0,),))
    real, tries = routing.load_facts, []

    def stale(facts: Any) -> Any:
        from dataclasses import replace

        return replace(facts, available=dict.fromkeys(facts.available, 9))

    def fresh(facts: Any, **_names: Any) -> Any:
        tries.append(1)
        return stale(facts)

    monkeypatch.setattr(routing, "load_facts", lambda **names: stale(real(**names)))
    monkeypatch.setattr(routing, "with_fresh_stock", fresh)
    order = make_order(shop, (2,))
    decision = route_order(order_id=order.pk, at=AT, cause="placed")
    (row,) = fulfillments(shop, order)
    assert (row.queue, len(tries)) == ("no_stock", 3)
    assert decision is not None
    assert shop.level().allocated == 0


def race(merchant: Merchant, *order_ids: Any) -> None:
    def go(order_id: Any) -> None:
        try:
            with tenant_transaction(merchant.pk):
                route_order(order_id=order_id, at=AT, cause="placed")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[order_id]) for order_id in order_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("committed_db")
def test_orders_at_once_never_get_more_than_there_is() -> None:
    merchant = MerchantFactory()
    shop = make_shop(merchant, stock=((5,), (4,)))
    orders = [make_order(shop, (2,)) for _order in range(6)]
    race(merchant, *(order.pk for order in orders))
    assert sum(placed(shop, order) for order in orders) == 9
    assert [shop.level(store=store).allocated for store in range(2)] == [5, 4]


@pytest.mark.usefixtures("committed_db")
def test_one_order_routed_at_once_is_routed_once() -> None:
    merchant = MerchantFactory()
    shop = make_shop(merchant)
    order = make_order(shop, (2,))
    race(merchant, *[order.pk] * 4)
    assert [units_of(shop, row) for row in fulfillments(shop, order)] == [2]


@pytest.mark.usefixtures("committed_db")
def test_without_the_lock_of_the_order_its_units_go_out_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    from channels.orders.models import Order

    merchant = MerchantFactory()
    shop = make_shop(merchant)
    order = make_order(shop, (2,))
    meet, real = threading.Barrier(2), routing.load_facts

    def together(**names: Any) -> Any:
        facts = real(**names)
        meet.wait(10)
        return facts

    monkeypatch.setattr(routing, "_locked", lambda order_id: Order.objects.get(pk=order_id))
    monkeypatch.setattr(routing, "load_facts", together)
    race(merchant, order.pk, order.pk)
    assert sum(units_of(shop, row) for row in fulfillments(shop, order)) == 4


# --- withdrawing


def test_units_are_taken_where_they_cost_least(scope: Merchant) -> None:
    shop = make_shop(scope, stock=((3,), (2,), (2,)))
    order = make_order(shop, (9,))
    route_order(order_id=order.pk, at=AT, cause="placed")
    line = order.lines.get()
    first, second, third, waiting = fulfillments(shop, order)
    FulfillmentOrder.objects.filter(pk=first.pk).update(state="ready")
    FulfillmentOrder.objects.filter(pk=second.pk).update(state="accepted")

    def left() -> list[int]:
        return [units_of(shop, row) for row in (first, second, third, waiting)]

    assert left() == [3, 2, 2, 2]
    for units, expected in ((1, [3, 2, 2, 1]), (2, [3, 2, 1, 0]), (2, [3, 1, 0, 0]), (3, [1, 0, 0, 0])):
        assert withdraw_units(units={line.pk: units}, at=AT) == units
        OrderLine.objects.filter(pk=line.pk).update(cancelled=9 - sum(expected))
        assert left() == expected
    states = [row.state for row in fulfillments(shop, order)]
    assert states == ["ready", "cancelled", "cancelled", "cancelled"]
    assert [shop.level(store=store).allocated for store in range(3)] == [1, 0, 0]
    assert withdraw_units(units={line.pk: 5}, at=AT) == 1
    assert withdraw_units(units={uuid7(): 5}, at=AT) == 0


# --- the worklist


def test_a_worklist_shows_the_most_urgent_first(scope: Merchant, django_assert_num_queries: Any) -> None:
    shop = make_shop(scope, stock=((99,), (99,)))
    rows = []
    for minutes in (30, 10, None):
        order = make_order(shop, (1,))
        route_order(order_id=order.pk, at=AT, cause="placed")
        (row,) = fulfillments(shop, order)
        deadline = None if minutes is None else AT + timedelta(minutes=minutes)
        FulfillmentOrder.objects.filter(pk=row.pk).update(accept_by=deadline, routed_at=AT + timedelta(minutes=20))
        rows.append(row.pk)
    ready = fulfillments(shop, make_order(shop))
    assert ready == []
    with django_assert_num_queries(4):  # three lists, and the lines of the one that has rows
        worklist = store_worklist(location_ids=[shop.stores[0].pk])
    assert [row.pk for row in worklist.to_accept] == [rows[1], rows[2], rows[0]]
    assert [is_late(row, at=AT + timedelta(minutes=15)) for row in worklist.to_accept] == [True, False, False]
    assert store_worklist(location_ids=[shop.stores[1].pk]).to_accept == []
    assert len(store_worklist(location_ids=None).to_accept) == 3
