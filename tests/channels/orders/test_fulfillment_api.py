"""Fulfilment and routing in the API: who sees what, and what each answer does."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.orders.models import AcceptancePolicy, FulfillmentOrder, PickupCode, RoutingRule
from channels.orders.services import fulfilling
from channels.orders.worklist import is_late, store_worklist
from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders.conftest import make_shop, place, stock
from tests.factories import MembershipFactory
from tests.o2o.api.conftest import make_token

Shop = Any
pytestmark = pytest.mark.django_db

ALL = (Capability.ORDERS_READ, Capability.ORDERS_FULFIL, Capability.ORDERS_WRITE)
FULFILLMENTS = "/api/v1/fulfillments"


def program(merchant: Merchant, *scopes: Capability) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(merchant, scopes or ALL)}"})


def clerk(merchant: Merchant, shop: Shop, *stores: int, role: Role = Role.CLERK) -> Client:
    """Sign somebody in who is bound to some stores."""
    membership = MembershipFactory(
        merchant=merchant, role=role, location_ids=[shop.locations[store].pk for store in stores]
    )
    client = Client(headers={"X-CSRFToken": "a" * 32})
    client.force_login(membership.user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_MERCHANT] = str(merchant.pk)
    session.save()
    client.cookies["csrftoken"] = "a" * 32
    return client


def send(client: Client, method: str, path: str, body: Any = None, key: str = "") -> Any:
    return client.generic(
        method,
        path,
        json.dumps(body or {}),
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


def routed(shop: Shop, *, method: str = "ship", store: int = 0, units: int = 2) -> FulfillmentOrder:
    with tenant_transaction(shop.merchant.pk):
        order = place(shop, units, method=method, location_id=shop.locations[store].pk)
        row: FulfillmentOrder = order.fulfillments.order_by("pk")[0]
        return row


def ready(shop: Shop, *, store: int = 0) -> FulfillmentOrder:
    row = routed(shop, method="pickup", store=store)
    with tenant_transaction(shop.merchant.pk):
        fulfilling.accept(fulfillment_id=row.pk, at=clock.now())
        fulfilling.mark_ready(fulfillment_id=row.pk, at=clock.now())
    return row


def shop_of(merchant: Merchant) -> Shop:
    with tenant_transaction(merchant.pk):
        return make_shop(merchant)


def test_a_list_costs_the_same_for_one_row_and_for_three(merchant: Merchant) -> None:
    shop, client, counts = shop_of(merchant), program(merchant), []
    for more in (1, 2):
        for _row in range(more):
            routed(shop)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(FULFILLMENTS)
        assert answer.status_code == 200, answer.content
        counts.append(len(captured))
    assert len(client.get(FULFILLMENTS).json()["results"]) == 3
    assert counts[0] == counts[1]


def test_the_list_is_narrowed(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    here, there = routed(shop), ready(shop, store=1)
    with tenant_transaction(merchant.pk):
        waits = place(shop, 99, method="pickup", location_id=shop.locations[0].pk)
        waiting = {str(row.pk) for row in waits.fulfillments.filter(location=None)}

    def shown(query: str) -> set[str]:
        return {row["id"] for row in client.get(f"{FULFILLMENTS}?{query}").json()["results"]}

    assert shown("state=ready") == {str(there.pk)}
    assert shown(f"order_id={here.order_id}") == {str(here.pk)}
    assert shown(f"location_id={shop.locations[1].pk}") == {str(there.pk)}
    assert shown("queue=no_stock") == waiting


def test_one_comes_with_its_lines_and_what_is_possible(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    row = routed(shop)
    body = program(merchant).get(f"{FULFILLMENTS}/{row.pk}").json()
    assert [line["quantity"] for line in body["lines"]] == [2]
    assert body["possible_steps"] == ["accept", "reject"]


def test_the_way_of_a_parcel(merchant: Merchant) -> None:
    shop, client = shop_of(merchant), program(merchant)
    one = f"{FULFILLMENTS}/{routed(shop).pk}"
    for step, body, state in (
        ("accept", {}, "accepted"),
        ("ready", {}, "ready"),
        ("ship", {"carrier": "SF", "tracking_number": "SF1"}, "shipped"),
        ("close", {}, "closed"),
    ):
        answer = send(client, "POST", f"{one}/{step}", body)
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.content
    refused = send(client, "POST", f"{one}/accept")
    assert (refused.status_code, refused.json()["code"], refused.json()["state"]) == (
        409,
        "fulfillment_state",
        "closed",
    )


def test_rejecting_answers_with_what_was_rejected(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    row = routed(shop)
    body = {"reason": "damaged", "stock_effect": "this_unit"}
    answer = send(clerk(merchant, shop, 0), "POST", f"{FULFILLMENTS}/{row.pk}/reject", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "rejected"), answer.content
    with tenant_transaction(merchant.pk):
        assert (stock(shop), stock(shop, 1)) == ((8, 0, 0), (10, 2, 0))
    assert send(program(merchant), "POST", f"{FULFILLMENTS}/{row.pk}/reject", {"reason": "expired"}).status_code == 422


def test_some_units_are_rejected_and_the_rest_stays(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    row = routed(shop, units=5)
    with tenant_transaction(merchant.pk):
        line = str(row.order.lines.get().pk)
    one, client = f"{FULFILLMENTS}/{row.pk}", program(merchant)
    for units in (6, 0):
        wrong = {"reason": "damaged", "lines": [{"order_line_id": line, "quantity": units}]}
        assert send(client, "POST", f"{one}/reject", wrong).status_code == 422
    body = {"reason": "damaged", "stock_effect": "this_unit", "lines": [{"order_line_id": line, "quantity": 2}]}
    answer = send(client, "POST", f"{one}/reject", body).json()
    assert (answer["state"], answer["lines"][0]["quantity"], answer["id"] == str(row.pk)) == ("rejected", 2, False)
    kept = client.get(one).json()
    assert (kept["state"], kept["lines"][0]["quantity"]) == ("open", 3)
    with tenant_transaction(merchant.pk):
        assert (stock(shop), stock(shop, 1)) == ((8, 3, 0), (10, 2, 0))


def test_staff_see_and_touch_only_their_stores(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    theirs, other = routed(shop, method="pickup"), routed(shop, method="pickup", store=1)
    with tenant_transaction(merchant.pk):
        place(shop, 99)
    client = clerk(merchant, shop, 0)
    shown = {row["location_id"] for row in client.get(FULFILLMENTS).json()["results"]}
    assert shown == {str(shop.locations[0].pk)}
    assert client.get(f"{FULFILLMENTS}/{theirs.pk}").status_code == 200
    for pk in (other.pk, uuid.uuid4()):
        assert client.get(f"{FULFILLMENTS}/{pk}").status_code == 404
        for step in ("accept", "ready", "hand_over", "ship", "close", "extend_pickup"):
            assert send(client, "POST", f"{FULFILLMENTS}/{pk}/{step}").status_code == 404
        assert send(client, "POST", f"{FULFILLMENTS}/{pk}/reject", {"reason": "other"}).status_code == 404
    with tenant_transaction(merchant.pk):
        assert FulfillmentOrder.objects.get(pk=other.pk).state == "open"
    assert client.get(f"/api/v1/orders/{theirs.order_id}/routing").status_code == 200
    assert client.get(f"/api/v1/orders/{other.order_id}/routing").status_code == 404


def test_a_wrong_code_is_refused_and_stays_counted(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    row = ready(shop)
    one, client = f"{FULFILLMENTS}/{row.pk}", clerk(merchant, shop, 0)
    assert send(client, "POST", f"{one}/issue_code").status_code == 403
    code = send(program(merchant), "POST", f"{one}/issue_code").json()["code"]
    wrong = "ZZZZ-ZZZZ-ZZZZ"
    refused = send(client, "POST", f"{one}/hand_over", {"code": wrong}, key="the-same-key-twice")
    again = send(client, "POST", f"{one}/hand_over", {"code": wrong}, key="the-same-key-twice")
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_pickup_code")
    assert again.content == refused.content
    with tenant_transaction(merchant.pk):
        assert PickupCode.objects.get().tries == 1
    for _try in range(4):
        send(client, "POST", f"{one}/hand_over", {"code": wrong})
    code = send(program(merchant), "POST", f"{one}/issue_code").json()["code"]
    assert send(client, "POST", f"{one}/hand_over", {"code": code}).status_code == 429, "a new code brings no new tries"
    with tenant_transaction(merchant.pk):
        PickupCode.objects.update(tries=0)
    handed = send(client, "POST", f"{one}/hand_over", {"code": code})
    assert (handed.status_code, handed.json()["state"]) == (200, "handed_over")


def test_only_a_manager_hands_over_without_a_code(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    one = f"{FULFILLMENTS}/{ready(shop).pk}/hand_over"
    body = {"override_reason": "shows the order"}
    assert send(clerk(merchant, shop, 0), "POST", one, body).status_code == 403
    assert send(clerk(merchant, shop, 0), "POST", one).status_code == 422
    manager = clerk(merchant, shop, 0, role=Role.STORE_MANAGER)
    assert send(manager, "POST", one, body).json()["state"] == "handed_over"


# --- rules, times to accept, explanations


def test_rules_are_made_changed_put_in_order_and_removed(merchant: Merchant) -> None:
    client, rules = program(merchant), "/api/v1/routing_rules"
    first, second = (
        send(client, "POST", rules, {"name": name, "definition": {"prefer": ["nearest"]}}).json()["id"]
        for name in ("near", "far")
    )
    assert send(client, "POST", rules, {"name": "near", "definition": {}}).status_code == 422
    wrong = send(client, "POST", rules, {"name": "new", "definition": {"prefer": ["luck"]}})
    assert (wrong.status_code, "prefer[0].by" in wrong.json()["detail"]) == (422, True)
    ordered = send(client, "POST", f"{rules}/reorder", {"rule_ids": [second, first]})
    assert [rule["id"] for rule in ordered.json()] == [second, first]
    assert send(client, "POST", f"{rules}/reorder", {"rule_ids": [str(uuid.uuid4())]}).status_code == 422
    changed = send(client, "PATCH", f"{rules}/{first}", {"is_active": False})
    assert (changed.json()["is_active"], changed.json()["name"]) == (False, "near")
    assert changed.json()["definition"] == {"prefer": ["nearest"]}
    assert send(client, "DELETE", f"{rules}/{first}").status_code == 204
    with tenant_transaction(merchant.pk):
        assert list(RoutingRule.objects.values_list("name", flat=True)) == ["far"]


def test_those_of_one_store_change_no_rules(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    manager = clerk(merchant, shop, 0, role=Role.STORE_MANAGER)
    answer = send(manager, "POST", "/api/v1/routing_rules", {"name": "mine", "definition": {}})
    assert answer.status_code == 403
    with tenant_transaction(merchant.pk):
        assert not RoutingRule.objects.exists()


def test_times_to_accept(merchant: Merchant, other_merchant: Merchant) -> None:
    client, policies, shop = program(merchant), "/api/v1/acceptance_policies", shop_of(merchant)
    strange = shop_of(other_merchant)
    body = {"channel_id": str(shop.channel.pk), "accept_minutes": 30, "remind_minutes": 10}
    made = send(client, "POST", policies, body)
    assert made.status_code == 201, made.content
    one = f"{policies}/{made.json()['id']}"
    assert send(client, "POST", policies, body).json()["code"] == "acceptance_policy_exists"
    for change in (
        {"remind_minutes": 30},
        {"accept_minutes": 5},
        {"escalate_minutes": 20},
        {"backup_location_id": str(strange.locations[0].pk)},
    ):
        assert send(client, "PATCH", one, change).status_code == 422, change
    answer = send(client, "PATCH", one, {"escalate_minutes": 20, "backup_location_id": str(shop.locations[1].pk)})
    assert answer.json()["escalate_minutes"] == 20
    foreign = {"channel_id": str(strange.channel.pk), "accept_minutes": 30}
    assert send(client, "POST", policies, foreign).status_code == 422
    manager = clerk(merchant, shop, 0, role=Role.STORE_MANAGER)
    assert manager.get(policies).json()["results"] == []
    assert send(manager, "PATCH", one, {"accept_minutes": 60}).status_code == 404
    assert send(manager, "POST", policies, {**body, "location_id": str(shop.locations[1].pk)}).status_code == 422
    mine = {**body, "location_id": str(shop.locations[0].pk)}
    assert send(manager, "POST", policies, mine).status_code == 201
    assert send(client, "DELETE", one).status_code == 204
    with tenant_transaction(merchant.pk):
        assert AcceptancePolicy.objects.count() == 1


def test_an_order_explains_where_it_went(merchant: Merchant) -> None:
    row = routed(shop_of(merchant))
    (decision,) = program(merchant).get(f"/api/v1/orders/{row.order_id}/routing").json()
    assert decision["cause"] == "placed"
    assert sorted(verdict["outcome"] for verdict in decision["verdicts"]) == ["lost", "won"]
    assert "Takes 2 units" in [verdict["sentence"] for verdict in decision["verdicts"]]


def test_a_worklist_shows_the_most_urgent_first(merchant: Merchant) -> None:
    shop = shop_of(merchant)
    first, second = routed(shop, units=1), routed(shop, units=1)
    with tenant_transaction(merchant.pk):
        soon = clock.now()
        FulfillmentOrder.objects.filter(pk=second.pk).update(accept_by=soon)
        FulfillmentOrder.objects.filter(pk=first.pk).update(accept_by=soon + timedelta(minutes=5))
        worklist = store_worklist(location_ids=[shop.locations[0].pk])
        assert [row.pk for row in worklist.to_accept] == [second.pk, first.pk]
        assert [is_late(row, at=soon) for row in worklist.to_accept] == [True, False]
        assert store_worklist(location_ids=[shop.locations[1].pk]).to_accept == []
