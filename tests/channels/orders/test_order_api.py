"""Orders and returns in the API: who sees what, and what each answer does."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.inventory.lines import StockLine
from channels.inventory.services import hold_stock
from channels.orders.models import Order, TimelineEntry
from channels.orders.services import fulfilling, returning
from o2o.kit import clock
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.orders.conftest import AT, paid, place, stock
from tests.channels.orders.test_fulfillment_api import clerk, program, send, shop_of
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db
ORDERS, RETURNS = "/api/v1/orders", "/api/v1/returns"
Shop = Any


def body(shop: Shop, units: int = 2, **fields: Any) -> dict[str, Any]:
    line = {
        "sku": shop.variants[0].sku,
        "quantity": units,
        "unit_price": "18.00",
        "adjustments": [{"kind": "promotion", "amount": "1.00", "reference": "SPRING"}],
    }
    return {
        "channel_id": str(shop.channel.pk),
        "method": "ship",
        "lines": [line],
        "shipping_total": "6.00",
        "payments": [{"method": "wechat_pay", "amount": str(18 * units + 5), "external_id": "WX1"}],
        "recipient": {"name": "李雷", "phone": "13800000000", "city": "上海", "street": "南京东路 1 号"},
        **fields,
    }


def shipped(shop: Shop, units: int = 2) -> Order:
    """Make an order that has left the first store."""
    with tenant_transaction(shop.merchant.pk):
        order = place(shop, units, payments=[paid(18 * units)])
        part = order.fulfillments.get()
        fulfilling.accept(fulfillment_id=part.pk, at=clock.now())
        fulfilling.ship(fulfillment_id=part.pk, at=clock.now())
    return order


def line_of(order: Order) -> str:
    with tenant_transaction(order.merchant_id):
        return str(order.lines.get().pk)


def test_an_order_is_placed_once_and_comes_with_all_that_belongs_to_it(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)

    first = send(client, "POST", ORDERS, body(shop), key="order-1")
    again = send(client, "POST", ORDERS, body(shop), key="order-1")

    assert (first.status_code, again.content) == (201, first.content)
    made = first.json()
    assert made["total"] == {"amount": "41.00", "currency": made["total"]["currency"]}
    assert (made["state"], made["payment_state"], made["recipient"]["name"]) == ("open", "paid", "李雷")
    assert made["lines"][0]["adjustments"][0] == {
        "kind": "promotion", "reference": "SPRING", "points": 0,
        "amount": {"amount": "1.00", "currency": made["total"]["currency"]},
    }  # fmt: skip
    assert made["fulfillments"][0]["location_id"] == str(shop.locations[0].pk)
    with tenant_transaction(merchant.pk):
        assert (Order.objects.count(), stock(shop)) == (1, (10, 2, 0))


@pytest.mark.parametrize(
    "fields",
    [
        {"total": "1.00"},
        {"lines": [{"sku": "X", "quantity": 1, "unit_price": "-5"}]},
        {"lines": [{"sku": "X", "quantity": 1, "unit_price": "NaN"}]},
        {"lines": [{"sku": "X", "quantity": 0, "unit_price": "5"}]},
        {"channel_id": "01a20000-0000-7000-8000-000000000000"},
        {"payments": [{"method": "cash", "amount": "1e30"}]},
        {"method": "pickup"},
    ],
    ids=["total", "negative", "nan", "no units", "channel", "amount", "no store"],
)
def test_a_wrong_order_is_refused_and_nothing_is_left(merchant: Merchant, fields: dict[str, Any]) -> None:
    shop, client = shop_of(merchant), program(merchant)

    answer = send(client, "POST", ORDERS, body(shop, **fields))

    assert answer.status_code in (400, 422), answer.content
    with tenant_transaction(merchant.pk):
        assert (Order.objects.count(), stock(shop)) == (0, (10, 0, 0))


def test_a_cart_is_held_and_becomes_an_order(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    with tenant_transaction(merchant.pk):
        reference, at = uuid.uuid4(), clock.now()
        hold_stock(
            reference=reference, channel_id=shop.channel.pk, at=at, expires_at=at + timedelta(minutes=10),
            lines=[StockLine(shop.variants[0].pk, shop.locations[0].pk, 10)],
        )  # fmt: skip

    answer = send(client, "POST", ORDERS, body(shop, units=10, payments=[], hold_reference=str(reference)))

    assert answer.status_code == 201, answer.content
    with tenant_transaction(merchant.pk):
        assert stock(shop) == (10, 10, 0)


def test_messages_of_a_channel_come_again_late_and_in_disorder(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    message = body(shop, external_id="MT-1")

    def tell(version: int, **fields: Any) -> tuple[int, str]:
        answer = send(client, "POST", f"{ORDERS}/ingest", {**message, "version": version, **fields})
        return answer.status_code, answer.json()["outcome"]

    assert tell(2) == (200, "created")
    assert tell(2) == (200, "unchanged")
    assert tell(1, is_cancelled=True) == (200, "outdated")
    assert tell(3, is_cancelled=True) == (200, "changed")
    with tenant_transaction(merchant.pk):
        assert (Order.objects.get().state, stock(shop)) == ("cancelled", (10, 0, 0))
    assert broken_invariants("orders.") == []


def test_many_messages_are_told_in_one_call_and_each_is_answered(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    told = [body(shop, 1, external_id=f"MT-{number}", version=1, payments=[]) for number in range(4)]
    told[2]["total"] = "1.00"
    told[3]["external_id"] = "MT-0"

    answer = send(client, "POST", f"{ORDERS}/ingest/bulk", {"orders": told}, key="bulk-1")
    again = send(client, "POST", f"{ORDERS}/ingest/bulk", {"orders": told}, key="bulk-2")

    assert answer.status_code == 200, answer.content
    results = answer.json()["results"]
    assert [row["outcome"] for row in results] == ["created", "created", "refused", "unchanged"]
    assert [row["outcome"] for row in again.json()["results"]] == ["unchanged", "unchanged", "refused", "unchanged"]
    assert results[2] == {
        "external_id": "MT-2", "outcome": "refused", "order": None,
        "error": {"code": "wrong_total", "detail": "The total is 23.00, not 1.00.", "field": "total"},
    }  # fmt: skip
    assert (results[0]["error"], results[0]["order"]["total"]["amount"]) == (None, "23.00")
    assert results[3]["order"] == results[0]["order"]
    with tenant_transaction(merchant.pk):
        assert (Order.objects.count(), stock(shop)) == (2, (10, 2, 0))


@pytest.mark.parametrize("count", [0, 101])
def test_call_of_none_or_too_many_messages_is_refused(merchant: Merchant, count: int) -> None:
    shop, client = shop_of(merchant), program(merchant)
    told = body(shop, 1, external_id="MT-1", version=1)

    answer = send(client, "POST", f"{ORDERS}/ingest/bulk", {"orders": [told] * count})

    assert answer.status_code == 422, answer.content


def test_many_messages_of_another_store_are_not_for_a_clerk(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    manager = clerk(merchant, shop, 0, role=Role.STORE_MANAGER)
    told = body(shop, 1, external_id="MT-1", version=1, method="pickup", location_id=str(shop.locations[1].pk))

    answer = send(manager, "POST", f"{ORDERS}/ingest/bulk", {"orders": [told]})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_reference"), answer.content
    with tenant_transaction(merchant.pk):
        assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["ingest", "ingest/bulk"])
def test_order_of_another_store_is_neither_shown_nor_changed_by_telling_of_it(merchant: Merchant, path: str) -> None:
    shop = shop_of(merchant)
    told = body(shop, 1, external_id="MT-1", version=1)
    send(program(merchant), "POST", f"{ORDERS}/ingest", told)
    manager = clerk(merchant, shop, 1, role=Role.STORE_MANAGER)
    colleague = clerk(merchant, shop, 0, role=Role.STORE_MANAGER)

    def tell(client: Client, version: int) -> Any:
        message = {**told, "version": version, "is_cancelled": True}
        return send(client, "POST", f"{ORDERS}/{path}", {"orders": [message]} if path == "ingest/bulk" else message)

    refused = tell(manager, 2)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), refused.content
    with tenant_transaction(merchant.pk):
        assert (Order.objects.get().state, stock(shop)) == ("open", (10, 1, 0))
    assert tell(colleague, 2).status_code == 200
    with tenant_transaction(merchant.pk):
        assert (Order.objects.get().state, stock(shop)) == ("cancelled", (10, 0, 0))


def test_orders_are_listed_by_when_they_were_placed_page_by_page(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    with tenant_transaction(merchant.pk):
        late, *same = (place(shop, 1, placed_at=AT + timedelta(days=days)).pk for days in (2, 1, 1, 1))
        early = place(shop, 1, placed_at=AT).pk
    seen, address = [], f"{ORDERS}?page_size=2"
    while address:
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert seen == [str(pk) for pk in (late, *same[::-1], early)]


def test_units_are_cancelled_and_the_timeline_tells_who_and_from_where(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    made = send(client, "POST", ORDERS, body(shop)).json()
    path, line = f"{ORDERS}/{made['id']}", made["lines"][0]["id"]

    part = send(client, "POST", f"{path}/cancel", {"lines": [{"line_id": line, "quantity": 1}], "reason": "changed"})
    too_many = send(client, "POST", f"{path}/cancel", {"lines": [{"line_id": line, "quantity": 2}]})
    rest = send(client, "POST", f"{path}/cancel")
    nothing = send(client, "POST", f"{path}/cancel")

    assert [answer.status_code for answer in (part, too_many, rest, nothing)] == [200, 409, 200, 409]
    assert part.json()["cancelled_total"]["amount"] == "17.50"
    assert (rest.json()["state"], rest.json()["cancelled_total"]["amount"]) == ("cancelled", "41.00")
    told = client.get(f"{path}/timeline").json()["results"]
    assert {entry["origin"] for entry in told} == {"api"}
    assert all(entry["actor_label"] for entry in told)
    assert {"placed", "paid", "routed", "cancelled"} <= {entry["kind"] for entry in told}


def test_payments_and_notes_are_written_down(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    path = f"{ORDERS}/{send(client, 'POST', ORDERS, body(shop, payments=[])).json()['id']}"
    payment = {"method": "alipay", "amount": "41.00", "external_id": "A1"}

    assert send(client, "POST", f"{path}/payments", payment).status_code == 201
    assert send(client, "POST", f"{path}/payments", payment).status_code == 201
    assert client.get(path).json()["paid_total"]["amount"] == "41.00"
    back = {**payment, "kind": "refund", "external_id": "A2", "amount": "41.01"}
    assert send(client, "POST", f"{path}/payments", back).json()["code"] == "refund_too_large"
    assert send(client, "POST", f"{path}/notes", {"text": "rings twice"}).status_code == 201
    with tenant_transaction(merchant.pk):
        assert TimelineEntry.objects.get(kind="note").details == {"text": "rings twice"}


def test_a_list_costs_the_same_for_one_order_and_for_three(merchant: Merchant) -> None:
    shop, client, counts = shop_of(merchant), program(merchant), []
    for more in (1, 2):
        for _order in range(more):
            order = shipped(shop, 1)
            with tenant_transaction(merchant.pk):
                returning.request_return(order_id=order.pk, lines={uuid.UUID(line_of(order)): 1}, at=clock.now())
        for path in (ORDERS, RETURNS):
            with CaptureQueriesContext(connection) as captured:
                shown = len(client.get(path).json()["results"])
            counts.append((path, shown, len(captured)))
    assert [shown for _path, shown, _count in counts] == [1, 1, 3, 3]
    assert [count for _path, _shown, count in counts[:2]] == [count for _path, _shown, count in counts[2:]]


def test_the_list_is_narrowed(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    done = shipped(shop)
    with tenant_transaction(merchant.pk):
        open_one = place(shop, 1, external_id="X-7", connection_id=uuid.uuid4())

    def shown(query: str) -> set[str]:
        return {row["id"] for row in client.get(f"{ORDERS}?{query}").json()["results"]}

    assert shown("state=completed") == {str(done.pk)}
    assert shown("external_id=X-7") == {str(open_one.pk)}
    assert shown(f"number={done.number}") == {str(done.pk)}
    assert shown("payment_state=paid") == {str(done.pk)}
    assert shown(f"channel_id={shop.channel.pk}") == {str(done.pk), str(open_one.pk)}
    assert shown("placed_since=2030-01-01T00:00:00Z") == set()


def test_a_return_goes_all_the_way_in_another_store(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    order = shipped(shop)
    wanted = {"order_id": str(order.pk), "lines": [{"line_id": line_of(order), "quantity": 2}], "external_id": "R1"}

    asked = send(client, "POST", RETURNS, wanted)
    again = send(client, "POST", RETURNS, wanted)
    path = f"{RETURNS}/{asked.json()['id']}"
    early = send(client, "POST", f"{path}/refund")
    send(client, "POST", f"{path}/approve")
    arrived = {
        "location_id": str(shop.locations[1].pk),
        "lines": [{"line_id": asked.json()["lines"][0]["id"], "received": 1, "disposition": "restock"}],
    }
    received = send(client, "POST", f"{path}/receive", arrived)
    refunded = send(client, "POST", f"{path}/refund")

    assert (asked.status_code, again.json()["id"]) == (201, asked.json()["id"])
    assert early.json()["code"] == "return_state"
    assert (received.json()["state"], received.json()["refund_total"]["amount"]) == ("received", "18.00")
    assert refunded.json()["state"] == "refunded"
    with tenant_transaction(merchant.pk):
        assert (stock(shop), stock(shop, location=1)) == ((8, 0, 0), (11, 0, 0))
        assert Order.objects.get().refunded_total == Decimal(18)
    assert broken_invariants("orders.") == broken_invariants() == []


def test_staff_of_a_store_see_and_take_in_only_what_is_theirs(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    here, there = clerk(merchant, shop, 0), clerk(merchant, shop, 1)
    order = shipped(shop)
    with tenant_transaction(merchant.pk):
        anywhere = returning.request_return(order_id=order.pk, lines={uuid.UUID(line_of(order)): 1}, at=clock.now())
        returning.approve_return(return_id=anywhere.pk, at=clock.now())
        line = str(anywhere.lines.get().pk)

    assert here.get(f"{ORDERS}/{order.pk}").status_code == 200
    assert there.get(f"{ORDERS}/{order.pk}").status_code == 404
    assert there.get(f"{ORDERS}/{order.pk}/routing").status_code == 404
    # It may go to any store, but nobody takes it in for another one.
    arrived = {
        "location_id": str(shop.locations[0].pk),
        "lines": [{"line_id": line, "received": 1, "disposition": "restock"}],
    }
    assert send(there, "POST", f"{RETURNS}/{anywhere.pk}/receive", arrived).json()["code"] == "unknown_reference"
    assert send(here, "POST", f"{RETURNS}/{anywhere.pk}/receive", arrived).status_code == 200
    assert there.get(f"{RETURNS}/{anywhere.pk}").status_code == 404
    assert send(here, "POST", f"{RETURNS}/{anywhere.pk}/refund").status_code == 403


def test_another_merchant_finds_nothing(merchant: Merchant) -> None:
    shop, stranger = shop_of(merchant), MerchantFactory()
    order, client = shipped(shop), program(stranger)
    theirs = shop_of(stranger)

    assert client.get(f"{ORDERS}/{order.pk}").status_code == 404
    assert send(client, "POST", f"{ORDERS}/{order.pk}/cancel").status_code == 404
    assert client.get(ORDERS).json()["results"] == []
    foreign = body(theirs, channel_id=str(shop.channel.pk))
    assert send(client, "POST", ORDERS, foreign).status_code == 422
    wanted = {"order_id": str(order.pk), "lines": [{"line_id": line_of(order), "quantity": 1}]}
    assert send(client, "POST", RETURNS, wanted).status_code == 422
    assert clerk(merchant, shop, 0, role=Role.AUDITOR).get(f"{ORDERS}/{order.pk}").status_code == 200
