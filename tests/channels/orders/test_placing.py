"""New orders: what they cost, where they go, and what waits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.inventory import services as inventory
from channels.inventory.lines import StockLine
from channels.inventory.models import UnroutedDemand
from channels.inventory.services.reserving import OutOfStockError
from channels.orders.drafts import AdjustmentDraft, LineDraft, OrderDraft
from channels.orders.models import Order, RoutingDecision
from channels.orders.recipients import Recipient, recipient_of
from channels.orders.services.placing import place_order
from channels.orders.services.retrying import retry_unrouted
from channels.orders.totals import WrongTotalError, share, totals_of, worth
from o2o.events.models import OutboxEvent
from o2o.kit.errors import InvalidError, UnknownReferenceError
from o2o.kit.models import uuid7
from o2o.tenancy.scope import tenant_transaction
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.orders.conftest import AT, draft, make_shop, paid, parts, place, stock
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


def test_order_is_routed_and_its_units_are_promised(shop):
    order = place(shop, 2, 1, payments=[paid(54)])

    assert (order.total, order.payment_state, order.state) == (54, "paid", "open")
    assert parts(order) == [(shop.locations[0].pk, "open", "")]
    assert (stock(shop), stock(shop, variant=1)) == ((10, 2, 0), (10, 1, 0))
    assert [entry.kind for entry in order.timeline.all()] == ["placed", "paid", "routed"]
    kinds = set(
        OutboxEvent.objects.filter(aggregate_type__in=("order", "fulfillment")).values_list("event_type", flat=True)
    )
    assert kinds == {"order.placed", "fulfillment.routed"}
    [verdict, other] = RoutingDecision.objects.get().decision["verdicts"]
    assert (verdict["outcome"], other["code"]) == ("won", "lower_priority")
    assert broken_invariants("orders.") == broken_invariants() == []


def test_purchase_in_a_store_leaves_the_shelf_at_once(shop):
    order = place(shop, 3, method="in_store", location_id=shop.locations[1].pk, payments=[paid(54)])

    assert (order.state, stock(shop, 1)) == ("completed", (7, 0, 0))
    assert order.lines.get().fulfilled == 3
    assert parts(order) == [(shop.locations[1].pk, "closed", "")]


def test_purchase_of_what_is_not_there_is_refused_unless_it_is_done(shop):
    fields = {"method": "in_store", "location_id": shop.locations[0].pk}
    with pytest.raises(OutOfStockError):
        place(shop, 11, **fields)
    assert not Order.objects.exists()

    place_order(draft=draft(shop, 11, **fields), at=AT, is_done=True)

    assert stock(shop) == (0, 0, 0)
    assert broken_invariants() == []


def test_pickup_waits_for_its_own_store(shop):
    order = place(shop, 11, method="pickup", location_id=shop.locations[0].pk)

    assert parts(order) == [(None, "open", "no_stock")]
    assert UnroutedDemand.objects.get().quantity == 11
    assert stock(shop) == (10, 0, 0)
    inventory.receive_stock(lines=[StockLine(shop.variants[0].pk, shop.locations[0].pk, 5)], at=AT)
    assert OutboxEvent.objects.filter(event_type="stock.available").count() == 1

    assert retry_unrouted(variant_id=shop.variants[0].pk, at=AT) == 1

    assert parts(order) == [(shop.locations[0].pk, "open", "")]
    assert not UnroutedDemand.objects.exists()
    assert stock(shop) == (15, 11, 0)


def test_lines_go_to_two_stores_where_none_has_all(scope):
    shop = make_shop(scope)
    inventory.adjust_stock(
        changes=[(shop.variants[0].pk, shop.locations[0].pk, -10), (shop.variants[1].pk, shop.locations[1].pk, -10)],
        reason="loss", at=AT,
    )  # fmt: skip

    order = place(shop, 1, 1)

    assert {location for location, _state, _queue in parts(order)} == {location.pk for location in shop.locations}


def test_unknown_item_waits_and_is_not_lost(shop):
    order = place_order(draft=OrderDraft(shop.channel.pk, "ship", [LineDraft(1, Decimal(5), sku="NEW")], AT), at=AT)

    assert parts(order) == [(None, "open", "unknown_item")]
    assert order.lines.get().variant is None


def test_held_cart_becomes_the_order_also_where_nothing_else_is_left(shop):
    reference = uuid7()
    for location in shop.locations:
        inventory.hold_stock(
            reference=reference if location == shop.locations[0] else uuid7(), channel_id=shop.channel.pk, at=AT,
            lines=[StockLine(shop.variants[0].pk, location.pk, 10)], expires_at=AT.replace(hour=5),
        )  # fmt: skip

    order = place_order(draft=draft(shop, 10), at=AT, hold_reference=reference)

    assert parts(order) == [(shop.locations[0].pk, "open", "")]
    assert stock(shop) == (10, 10, 0)


def test_recipient_is_sealed(shop):
    order = place(shop, 1, recipient=Recipient(name="陈屿", phone="+8613800000000", city="上海"))

    order.refresh_from_db()
    assert "陈屿" not in order.recipient
    assert recipient_of(order).name == "陈屿"
    for event in OutboxEvent.objects.all():
        assert "陈屿" not in str(event.payload)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"lines": []}, WrongTotalError),
        ({"shipping_total": Decimal(-1)}, WrongTotalError),
        ({"shipping_total": Decimal("NaN")}, WrongTotalError),
        ({"total": Decimal(1)}, WrongTotalError),
        ({"channel_id": uuid7()}, UnknownReferenceError),
        ({"method": "pickup"}, InvalidError),
        ({"location_id": uuid7()}, UnknownReferenceError),
        ({"payments": [paid(5, kind="refund")]}, InvalidError),
    ],
)
def test_tampered_order_is_refused_and_nothing_is_left(shop, fields, error):
    with pytest.raises(error):
        place(shop, 1, **fields)

    assert not Order.objects.exists()
    assert stock(shop) == (10, 0, 0)


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"unit_price": Decimal(-1)},
        {"unit_price": Decimal("1E30")},
        {"unit_price": Decimal("Infinity")},
        {"adjustments": [AdjustmentDraft("manual", Decimal(19))]},
        {"adjustments": [AdjustmentDraft("manual", Decimal(-1))]},
        {"adjustments": [AdjustmentDraft("manual", Decimal("0.001"))]},
        {"subtotal": Decimal(40)},
    ],
)
def test_tampered_line_is_refused(shop, line):
    lines = [LineDraft(**{"quantity": 1, "unit_price": Decimal(18), "sku": shop.variants[0].sku, **line})]

    with pytest.raises(WrongTotalError):
        place(shop, lines=lines)

    assert not Order.objects.exists()


def test_store_that_is_full_for_today_passes_orders_on_but_still_sells_over_the_counter(shop):
    first, second = shop.locations
    first.daily_order_capacity = 1
    first.save()

    place(shop, 1, method="in_store", location_id=first.pk)
    places = [parts(place(shop, 1))[0][0] for _order in range(2)]

    assert places == [first.pk, second.pk]
    assert parts(place(shop, 1, method="in_store", location_id=first.pk))[0][:2] == (first.pk, "closed")


def test_order_of_any_length_takes_the_same_number_of_queries(scope, django_assert_max_num_queries):
    counts = []
    for variants in (1, 3, 30):
        shop = make_shop(scope, variants=variants)
        with django_assert_max_num_queries(40) as queries:
            place(shop, *[1] * variants, payments=[paid(1)])
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


@pytest.mark.usefixtures("committed_db")
def test_order_takes_eleven_round_trips_where_stores_and_rules_are_in_memory(django_assert_num_queries):
    merchant = MerchantFactory()
    with tenant_transaction(merchant.pk):
        shop = make_shop(merchant, variants=3)
    with tenant_transaction(merchant.pk):
        place(shop, 1, 1, 1)
    with tenant_transaction(merchant.pk), django_assert_num_queries(11):  # four of them savepoints
        place(shop, 1, 1, 1, payments=[paid(54)])


def test_number_of_stores_does_not_change_the_number_of_queries(scope, django_assert_max_num_queries):
    counts = []
    for stores in (2, 12):
        shop = make_shop(scope, stores=stores)
        with django_assert_max_num_queries(40) as queries:
            place(shop, 1)
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


MONEY = st.integers(0, 100_000).map(lambda cents: Decimal(cents) / 100)


@given(MONEY, st.lists(st.integers(1, 7), min_size=1, max_size=9), st.integers(0, 500))
def test_any_partition_of_units_is_worth_the_whole(total, partition, points):
    quantity, taken, amounts, given_back = sum(partition), 0, [], 0
    for units in partition:
        amounts.append(worth(total, quantity, taken=taken, units=units, currency="CNY"))
        given_back += share(points, quantity, taken=taken, units=units)
        taken += units

    assert sum(amounts) == total
    assert given_back == points
    assert all(amount >= 0 for amount in amounts)
    assert all(
        abs(amount - total * units / quantity) < Decimal("0.02")
        for amount, units in zip(amounts, partition, strict=True)
    )


def test_units_are_not_taken_twice():
    with pytest.raises(InvalidError):
        worth(Decimal(10), 3, taken=2, units=2, currency="CNY")


def test_unit_price_may_be_finer_than_a_coin(shop):
    line = LineDraft(350, Decimal("0.0258"), sku=shop.variants[0].sku)
    totals = totals_of(OrderDraft(shop.channel.pk, "ship", [line], AT), "CNY")

    assert totals.total == Decimal("9.03")


def test_number_that_is_taken_is_told(shop):
    place(shop, 1, number="A-1")

    with pytest.raises(InvalidError, match="A-1"):
        place(shop, 1, number="A-1")

    assert Order.objects.count() == 1
