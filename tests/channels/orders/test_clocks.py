"""Clocks: reminders, backup stores, answers that never came, pickups that nobody fetched; and two tickers at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from channels.orders.enums import FulfillmentState
from channels.orders.models import AcceptancePolicy, FulfillmentOrder, OrderLine, TimelineEntry
from channels.orders.services import acceptance, fulfilling, ticking
from channels.orders.services.pickup_deadlines import extend_pickup
from channels.orders.services.routing import route_order
from channels.orders.services.ticking import merchants_with_due_clocks, tick_merchant, tick_order
from channels.orders.services.transitions import FulfillmentStateError
from o2o.events.models import OutboxEvent
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders.shop import AT, Shop, fulfillments, make_order, make_shop
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


def after(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


def clocked(merchant: Merchant, *, backup: int | None = 2, method: str = "ship", **stock: Any) -> tuple[Shop, Any]:
    """Return a shop of three stores that have 30 minutes, and a routed order: remind at 10, backup at 20."""
    shop = make_shop(merchant, **{"stock": ((10,), (10,), (10,)), **stock})
    with tenant_transaction(merchant.pk):
        AcceptancePolicy.objects.create(
            channel=shop.channel,
            remind_minutes=10,
            escalate_minutes=20,
            accept_minutes=30,
            backup_location=None if backup is None else shop.stores[backup],
        )
        order = make_order(shop, (2,), method=method, location=shop.stores[0])
        route_order(order_id=order.pk, at=AT, cause="placed")
    return shop, order


def states(shop: Shop, order: Any) -> list[tuple[int | None, str]]:
    places = {store.pk: place for place, store in enumerate(shop.stores)}
    return [(places.get(row.location_id), row.state) for row in fulfillments(shop, order)]


def told(prefix: tuple[str, ...] = ("fulfillment.", "pickup.", "order.")) -> list[str]:
    names = OutboxEvent.objects.order_by("position").values_list("event_type", flat=True)
    return [name.split(".")[1] for name in names if name.startswith(prefix)]


def tick(shop: Shop, at: datetime) -> int:
    return tick_merchant(merchant_id=shop.merchant.pk, at=at)


def test_routing_sets_the_clock_and_accepting_stops_it(scope: Merchant) -> None:
    shop, order = clocked(scope)
    (row,) = fulfillments(shop, order)
    assert (row.remind_at, row.escalate_at, row.accept_by) == (after(10), after(20), after(30))
    fulfilling.accept(fulfillment_id=row.pk, at=after(5))
    assert merchants_with_due_clocks(at=after(99)) == []
    assert tick(shop, after(99)) == 0
    assert states(shop, order) == [(0, "accepted")]


def test_a_policy_of_the_store_goes_before_that_of_the_channel(scope: Merchant) -> None:
    shop, _order = clocked(scope)
    AcceptancePolicy.objects.create(channel=shop.channel, location=shop.stores[0], accept_minutes=7)
    order = make_order(shop)
    route_order(order_id=order.pk, at=AT, cause="placed")
    (row,) = fulfillments(shop, order)
    assert (row.remind_at, row.escalate_at, row.accept_by) == (None, None, after(7))


def test_a_store_that_accepts_by_itself_is_asked_nothing(scope: Merchant) -> None:
    shop = make_shop(scope)
    AcceptancePolicy.objects.create(channel=shop.channel, accept_minutes=7, accepts_automatically=True)
    order = make_order(shop)
    route_order(order_id=order.pk, at=AT, cause="placed")
    (row,) = fulfillments(shop, order)
    assert (row.state, row.accepted_at, row.accept_by) == ("accepted", AT, None)
    assert told() == ["routed", "accepted"]


def test_minutes_count_while_the_store_is_open(scope: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """It closes 15 minutes after the order and opens again after ten hours."""
    closes_at, reopens_at = after(15), after(600)

    def instants(*, locations: Any, at: datetime) -> dict[Any, datetime]:
        return {place.pk: reopens_at if closes_at <= at < reopens_at else at for place in locations}

    monkeypatch.setattr("channels.orders.services.acceptance_times.opening_instants", instants)
    shop, order = clocked(scope)
    (row,) = fulfillments(shop, order)
    assert (row.remind_at, row.escalate_at, row.accept_by) == (after(10), after(620), after(630))


def test_an_order_of_the_night_waits_for_the_morning(scope: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    def instants(*, locations: Any, at: datetime) -> dict[Any, datetime]:
        return {place.pk: max(at, after(480)) for place in locations}

    for module in ("acceptance_times", "routing_facts"):
        monkeypatch.setattr(f"channels.orders.services.{module}.opening_instants", instants)
    shop, order = clocked(scope)
    (row,) = fulfillments(shop, order)
    assert (row.remind_at, row.accept_by) == (after(490), after(510))


def test_the_ladder_reminds_passes_on_and_takes_back(scope: Merchant) -> None:
    shop, order = clocked(scope)
    assert tick(shop, after(9)) == 0
    assert merchants_with_due_clocks(at=after(10)) == [scope.pk]
    assert [tick(shop, after(10)), tick(shop, after(11))] == [1, 0]
    assert [tick(shop, after(20)), tick(shop, after(21))] == [1, 0]
    assert states(shop, order) == [(0, "rejected"), (2, "open")]
    assert [shop.level(store=store).allocated for store in range(3)] == [0, 0, 2]
    backup = fulfillments(shop, order)[1]
    assert (backup.accept_by, backup.remind_at, backup.escalate_at) == (after(30), None, None)
    assert [tick(shop, after(30)), tick(shop, after(31))] == [1, 0]
    assert states(shop, order) == [(0, "rejected"), (2, "rejected"), (1, "open")]
    assert [shop.level(store=store).allocated for store in range(3)] == [0, 2, 0]
    assert told() == ["routed", "reminded", "escalated", "rejected", "routed"]
    kinds = list(TimelineEntry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["routed", "reminded", "escalated", "rejected", "routed"]


def test_a_late_tick_does_all_that_is_due_in_order(scope: Merchant) -> None:
    """The backup store is passed over: it would have no time to answer."""
    shop, order = clocked(scope)
    assert tick(shop, after(45)) == 2
    assert states(shop, order) == [(0, "rejected"), (1, "open")]
    assert told() == ["routed", "reminded", "rejected", "routed"]
    assert fulfillments(shop, order)[1].accept_by == after(75)


@pytest.mark.parametrize("fault", ["none", "no stock", "other method", "inactive", "has refused", "pickup"])
def test_units_stay_where_they_are_if_the_backup_cannot(scope: Merchant, fault: str) -> None:
    stock = ((10,), (10,), (1 if fault == "no stock" else 10,))
    shop, order = clocked(
        scope, backup=None if fault == "none" else 2, stock=stock, method="pickup" if fault == "pickup" else "ship"
    )
    backup = shop.stores[2]
    if fault == "other method":
        backup.methods = ["pickup"]
    backup.is_active = fault != "inactive"
    backup.save()
    if fault == "has refused":
        FulfillmentOrder.objects.create(
            order=order, location=backup, method="ship", state="rejected", rejection_reason="other"
        )
    tick(shop, after(20))
    assert (0, "open") in states(shop, order)
    assert shop.level(store=0).allocated == 2
    assert "escalated" not in told()


def test_a_fault_in_one_order_does_not_stop_the_clocks_of_others(
    scope: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, first = clocked(scope)
    second = make_order(shop)
    route_order(order_id=second.pk, at=AT, cause="placed")
    real = ticking.tick_order

    def faulty(*, order_id: Any, at: datetime) -> int:
        if order_id == first.pk:
            raise FulfillmentStateError("broken")
        return real(order_id=order_id, at=at)

    monkeypatch.setattr(ticking, "tick_order", faulty)
    assert tick(shop, after(10)) == 1


# --- pickups


def ready_pickup(scope: Merchant) -> tuple[Shop, Any, FulfillmentOrder]:
    shop = make_shop(scope, stock=((3,), (9,)), pickup_days=3, pickup_extension_days=2)
    order = make_order(shop, (5,), method="pickup", location=shop.stores[0])
    route_order(order_id=order.pk, at=AT, cause="placed")
    row = fulfillments(shop, order)[0]
    fulfilling.accept(fulfillment_id=row.pk, at=AT)
    return shop, order, fulfilling.mark_ready(fulfillment_id=row.pk, at=AT)


def test_a_pickup_waits_is_reminded_of_extended_once_and_released(scope: Merchant) -> None:
    shop, order, row = ready_pickup(scope)
    day = timedelta(days=1)
    assert (row.pickup_by, row.pickup_remind_at) == (AT + 3 * day, AT + 2 * day)
    assert [tick(shop, AT + 2 * day), tick(shop, AT + 2 * day)] == [1, 0]
    extended = extend_pickup(fulfillment_id=row.pk, at=AT + 2 * day)
    assert (extended.pickup_by, extended.pickup_remind_at) == (AT + 5 * day, AT + 4 * day)
    with pytest.raises(FulfillmentStateError):
        extend_pickup(fulfillment_id=row.pk, at=AT + 2 * day)
    assert tick(shop, AT + 4 * day) == 1
    assert [tick(shop, AT + 5 * day), tick(shop, AT + 5 * day)] == [1, 0]
    row.refresh_from_db()
    assert row.state == FulfillmentState.CANCELLED
    assert (shop.level().on_hand, shop.level().allocated) == (3, 0)
    assert OrderLine.objects.get(order=order).cancelled == 3
    # What waits for stock in the same order is another matter, and goes on waiting.
    assert states(shop, order) == [(0, "cancelled"), (None, "open")]
    assert told(("pickup.",)) == ["reminder_due", "extended", "reminder_due", "released"]


def test_a_pickup_cannot_be_extended_after_its_end(scope: Merchant) -> None:
    _shop, _order, row = ready_pickup(scope)
    with pytest.raises(FulfillmentStateError):
        extend_pickup(fulfillment_id=row.pk, at=AT + timedelta(days=3))


def test_what_was_handed_over_is_not_released(scope: Merchant) -> None:
    shop, _order, row = ready_pickup(scope)
    fulfilling.hand_over(fulfillment_id=row.pk, override_reason="came", at=AT)
    assert tick(shop, AT + timedelta(days=9)) == 0


# --- races: the same thing at once, with the guards and without


def at_once(merchant: Merchant, *work: Callable[[], Any]) -> list[BaseException]:
    """Run the functions in threads, each in a transaction of the merchant, and return what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(work))

    def guarded(function: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            with tenant_transaction(merchant.pk):
                function()
        except Exception as error:  # noqa: BLE001 - handed to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=[function]) for function in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.fixture
def committed_shop(committed_db: None) -> tuple[Shop, Any]:
    """A shop and a routed order that other connections see."""
    return clocked(MerchantFactory())


def count(shop: Shop, *names: str) -> int:
    with tenant_transaction(shop.merchant.pk):
        return OutboxEvent.objects.filter(event_type__in=names).count()


def test_of_two_who_accept_one_is_refused(committed_shop: tuple[Shop, Any]) -> None:
    shop, order = committed_shop
    pk = fulfillments(shop, order)[0].pk
    raised = at_once(shop.merchant, *[lambda: fulfilling.accept(fulfillment_id=pk, at=AT)] * 4)
    assert [type(error) for error in raised] == [FulfillmentStateError] * 3
    assert count(shop, "fulfillment.accepted") == 1


def without_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the condition on the state away."""
    from dataclasses import replace

    from channels.orders.services import transitions

    every = frozenset(FulfillmentState)
    loose = {step: replace(rule, states=every) for step, rule in transitions.RULES.items()}
    monkeypatch.setattr(transitions, "RULES", loose)


def test_without_the_condition_all_of_them_accept(
    committed_shop: tuple[Shop, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control."""
    without_states(monkeypatch)
    shop, order = committed_shop
    pk = fulfillments(shop, order)[0].pk
    assert at_once(shop.merchant, *[lambda: fulfilling.accept(fulfillment_id=pk, at=AT)] * 4) == []
    assert count(shop, "fulfillment.accepted") == 4


def test_of_two_who_hand_over_one_is_refused(committed_shop: tuple[Shop, Any]) -> None:
    shop, order = committed_shop
    pk = ready_for_hand_over(shop, order)
    work = [lambda: fulfilling.hand_over(fulfillment_id=pk, override_reason="here", at=AT)] * 2
    (error,) = at_once(shop.merchant, *work)
    assert isinstance(error, FulfillmentStateError)
    assert shop.level().on_hand == 8


def test_without_the_condition_the_line_itself_refuses_the_second(
    committed_shop: tuple[Shop, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the second one comes through to the constraint of the line, which stands behind."""
    without_states(monkeypatch)
    shop, order = committed_shop
    pk = ready_for_hand_over(shop, order)
    work = [lambda: fulfilling.hand_over(fulfillment_id=pk, override_reason="here", at=AT)] * 2
    (error,) = at_once(shop.merchant, *work)
    assert "orderline_units_add_up" in str(error)


def ready_for_hand_over(shop: Shop, order: Any) -> Any:
    row = fulfillments(shop, order)[0]
    with tenant_transaction(shop.merchant.pk):
        FulfillmentOrder.objects.filter(pk=row.pk).update(method="in_store", state="ready")
    return row.pk


def test_either_the_store_accepts_or_its_time_is_over(committed_shop: tuple[Shop, Any]) -> None:
    shop, order = committed_shop
    pk = fulfillments(shop, order)[0].pk
    at_once(
        shop.merchant,
        lambda: fulfilling.accept(fulfillment_id=pk, at=after(31)),
        lambda: tick_order(order_id=order.pk, at=after(31)),
    )
    found = states(shop, order)
    assert found in ([(0, "accepted")], [(0, "rejected"), (1, "open")])
    assert sum(shop.level(store=store).allocated for store in range(3)) == 2


def tickers(shop: Shop) -> None:
    assert at_once(shop.merchant, *[lambda: tick_in_own_transactions(shop)] * 4) == []


def tick_in_own_transactions(shop: Shop) -> None:
    tick_merchant(merchant_id=shop.merchant.pk, at=after(45))


def test_many_tickers_do_each_thing_once(committed_shop: tuple[Shop, Any]) -> None:
    shop, order = committed_shop
    tickers(shop)
    assert states(shop, order) == [(0, "rejected"), (1, "open")]
    assert count(shop, "fulfillment.reminded") == count(shop, "fulfillment.rejected") == 1


def test_without_the_claim_and_the_condition_they_remind_more_than_once(
    committed_shop: tuple[Shop, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: every ticker believes that the instant is its own."""
    shop, _order = committed_shop
    meet = threading.Barrier(2)

    def looked(*_args: Any, **_fields: Any) -> bool:
        meet.wait(10)
        return True

    monkeypatch.setattr(ticking, "claim_order", lambda _order_id: True)
    monkeypatch.setattr(acceptance, "_clear", looked)
    monkeypatch.setattr(ticking, "expire", lambda **_names: True)
    assert at_once(shop.merchant, *[lambda: tick_in_own_transactions(shop)] * 2) == []
    assert count(shop, "fulfillment.reminded") == 2
