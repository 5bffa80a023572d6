"""Transfers, counts, goods and sold-out days in the API: what each answer does, and who sees what of which store."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.inventory.models import StockLevel
from channels.inventory.services import counting, transferring
from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_scope, tenant_transaction
from tests.channels.factories import StockLevelFactory, StockLocationFactory, VariantFactory
from tests.channels.inventory.conftest import make_shop
from tests.factories import MembershipFactory
from tests.o2o.api.conftest import make_token

pytestmark = pytest.mark.django_db
SCOPES = (Capability.STOCK_READ, Capability.STOCK_WRITE, Capability.STOCK_COUNT)


@pytest.fixture
def shop(merchant):
    with tenant_transaction(merchant.pk):
        shop = make_shop(merchant)
        shop.other = StockLocationFactory(merchant=merchant)
    return shop


def program(merchant) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(merchant, SCOPES)}"})


def staff(merchant, *locations, role=Role.STORE_MANAGER) -> Client:
    """Sign somebody in who is bound to some stores."""
    membership = MembershipFactory(merchant=merchant, role=role, location_ids=[place.pk for place in locations])
    client = Client(headers={"X-CSRFToken": "a" * 32})
    client.force_login(membership.user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_MERCHANT] = str(merchant.pk)
    session.save()
    client.cookies["csrftoken"] = "a" * 32
    return client


def post(client, path, body=None, key=""):
    return client.post(
        f"/api/v1/{path}",
        json.dumps(body or {}, default=str),
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


def get(client, path) -> Any:
    return client.get(f"/api/v1/{path}")


def request_transfer(client, shop, units=4):
    body = {
        "source_id": shop.location.pk, "destination_id": shop.other.pk,
        "lines": [{"variant_id": shop.variant.pk, "quantity": units}],
    }  # fmt: skip
    answer = post(client, "transfers", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def on_hand(shop, location=None):
    with tenant_scope(shop.merchant.pk):
        found = StockLevel.objects.filter(variant=shop.variant, location=location or shop.location)
        return found.values_list("on_hand", flat=True).first()


def open_count(client, shop, **options):
    answer = post(client, "stock_counts", {"location_id": shop.location.pk, **options})
    assert answer.status_code == 201, answer.content
    return answer.json()


def record(client, shop, count, units):
    return post(
        client, f"stock_counts/{count['id']}/record",
        {"lines": [{"variant_id": shop.variant.pk, "quantity": units}]},
    )  # fmt: skip


def test_transfer_goes_through_its_steps(merchant, shop):
    client = program(merchant)
    path = f"transfers/{request_transfer(client, shop)['id']}"

    sent = post(client, f"{path}/ship", {"lines": [{"variant_id": shop.variant.pk, "quantity": 3}]})
    assert (sent.status_code, sent.json()["state"], on_hand(shop)) == (200, "shipped", 7)
    assert [row["quantity"] for row in get(client, "goods_in_transit").json()["results"]] == [3]
    arrived = {"variant_id": shop.variant.pk, "quantity": 1, "damaged": 1}
    assert post(client, f"{path}/receive", {"lines": [arrived]}).status_code == 422
    done = post(client, f"{path}/receive", {"lines": [{**arrived, "damage_reason": "Wet"}]})
    assert [
        (line["shipped"], line["received"], line["damaged"], line["damage_reason"], line["difference"])
        for line in done.json()["lines"]
    ] == [(3, 1, 1, "Wet", -1)]
    assert get(client, "goods_in_transit").json()["results"] == []
    back = post(client, f"{path}/take_back")

    assert (back.json()["lines"][0]["returned"], back.json()["lines"][0]["difference"]) == (1, 0)
    assert (on_hand(shop), on_hand(shop, shop.other)) == (8, 1)
    assert post(client, f"{path}/cancel").status_code == 409


def test_same_receipt_twice_is_booked_once_and_answered_alike(merchant, shop):
    client = program(merchant)
    path = f"transfers/{request_transfer(client, shop)['id']}"
    post(client, f"{path}/ship")

    first, again = (post(client, f"{path}/receive", key="the-same-receipt") for _ in range(2))
    other_clerk = post(client, f"{path}/receive")

    assert (first.status_code, again.content) == (200, first.content)
    assert (other_clerk.status_code, other_clerk.json()["code"]) == (409, "transfer_state")
    assert on_hand(shop, shop.other) == 4


def test_variant_that_stands_twice_in_a_body_is_refused(merchant, shop):
    client = program(merchant)
    line = {"variant_id": shop.variant.pk, "quantity": 1}

    answer = post(
        client, "transfers", {"source_id": shop.location.pk, "destination_id": shop.other.pk, "lines": [line, line]}
    )

    assert answer.status_code == 422
    assert "twice" in answer.content.decode()


def test_promised_stock_is_named_place_by_place(merchant, shop):
    from tests.channels.inventory.conftest import allocate

    with tenant_transaction(merchant.pk):
        allocate(shop, 8)
    change = {"variant_id": shop.variant.pk, "location_id": shop.location.pk, "delta": -3}

    answer = post(program(merchant), "stock_adjustments", {"changes": [change], "reason": "loss"})

    assert (answer.status_code, answer.json()["code"]) == (409, "stock_is_promised")
    [line] = answer.json()["lines"]
    assert (line["sku"], line["on_hand"], line["promised"]) == (shop.variant.sku, 10, 8)
    assert on_hand(shop) == 10


def test_count_goes_through_its_steps_and_tells_nothing_meanwhile(merchant, shop):
    client = program(merchant)
    count = open_count(client, shop)
    path = f"stock_counts/{count['id']}"
    answers = [record(client, shop, count, 7), get(client, path)]

    assert all("expected" not in line and "variance" not in line for a in answers for line in a.json()["lines"])
    assert get(client, f"{path}/differences").status_code == 409
    assert post(client, f"{path}/submit").json()["state"] == "open"
    assert get(client, path).json()["lines"][0]["needs_recount"]
    record(client, shop, count, 8)
    assert post(client, f"{path}/submit").json()["state"] == "review"
    [row] = get(client, f"{path}/differences").json()["results"]
    assert (row["expected"], row["counted"], row["recounted"], row["variance"], row["after"]) == (10, 7, 8, -2, 8)
    assert post(client, f"{path}/post").status_code == 422
    post(client, f"{path}/review", {"line_ids": [row["line_id"]], "is_accepted": True})
    assert post(client, f"{path}/recount", {"line_ids": [row["line_id"]]}).json()["state"] == "open"
    record(client, shop, count, 9)
    post(client, f"{path}/submit")
    post(client, f"{path}/review", {"line_ids": [row["line_id"]], "is_accepted": True})
    posted = post(client, f"{path}/post")

    assert (posted.status_code, posted.json()) == (200, {"variance": 1})
    assert on_hand(shop) == 9


def test_clerk_counts_and_sees_no_difference(merchant, shop):
    clerk = staff(merchant, shop.location, role=Role.CLERK)
    count = open_count(clerk, shop, recount_above=100)
    path = f"stock_counts/{count['id']}"
    assert record(clerk, shop, count, 7).status_code == 200
    assert post(clerk, f"{path}/submit").json()["state"] == "review"

    assert get(clerk, f"{path}/differences").status_code == 403
    for act in ("review", "recount", "post", "cancel"):
        assert post(clerk, f"{path}/{act}", {"line_ids": [uuid.uuid4()], "is_accepted": True}).status_code == 403
    assert "expected" not in get(clerk, path).content.decode()


def test_staff_of_a_store_see_and_do_only_what_is_theirs(merchant, shop):
    owner = program(merchant)
    with tenant_transaction(merchant.pk):
        third = StockLocationFactory(merchant=merchant)
    transfer, count = request_transfer(owner, shop), open_count(owner, shop)
    source, destination, stranger = (staff(merchant, place) for place in (shop.location, shop.other, third))

    for client, seen in ((source, 1), (destination, 1), (stranger, 0)):
        assert len(get(client, "transfers").json()["results"]) == seen
    for act in ("ship", "receive", "take_back", "cancel"):
        assert post(stranger, f"transfers/{transfer['id']}/{act}").status_code == 404
    assert post(destination, f"transfers/{transfer['id']}/ship").status_code == 403
    assert post(source, f"transfers/{transfer['id']}/ship").status_code == 200
    assert [len(get(client, "goods_in_transit").json()["results"]) for client in (source, destination, stranger)] == [
        1, 1, 0
    ]  # fmt: skip
    assert post(source, f"transfers/{transfer['id']}/receive").status_code == 403
    assert post(destination, f"transfers/{transfer['id']}/take_back").status_code == 403
    assert post(destination, f"transfers/{transfer['id']}/receive").status_code == 200
    assert get(destination, f"stock_counts/{count['id']}").status_code == 404
    assert record(destination, shop, count, 1).status_code == 404
    body = {"location_id": shop.location.pk}
    for path in ("stock_counts", "sold_out"):
        refused = post(stranger, path, {**body, "variant_ids": [shop.variant.pk]})
        assert refused.json()["code"] == "unknown_reference", path
    assert (on_hand(shop), on_hand(shop, shop.other)) == (6, 4)


def test_sold_out_is_one_tap_and_listed(merchant, shop):
    clerk, stranger = staff(merchant, shop.location, role=Role.CLERK), staff(merchant, shop.other)
    body = {"location_id": shop.location.pk, "variant_ids": [shop.variant.pk]}

    until = post(clerk, "sold_out", body).json()["until"]

    assert until
    assert [row["sku"] for row in get(clerk, "sold_out").json()["results"]] == [shop.variant.sku]
    assert get(clerk, f"sold_out?location_id={shop.other.pk}").json()["results"] == []
    assert get(stranger, f"sold_out?location_id={shop.location.pk}").json()["results"] == []
    assert post(clerk, "sold_out", {**body, "is_sold_out": False}).json()["until"] is None
    assert get(clerk, "sold_out").json()["results"] == []


@pytest.mark.parametrize("path", ["transfers", "stock_counts", "goods_in_transit"])
def test_lists_take_as_many_queries_for_three_rows_as_for_one(merchant, shop, path):
    client, taken = program(merchant), []
    for rows in (1, 2):
        for _ in range(rows):
            with tenant_transaction(merchant.pk):
                variant = VariantFactory(merchant=merchant)
                StockLevelFactory(merchant=merchant, variant=variant, location=shop.location, on_hand=5)
                at = clock.now()
                made = transferring.request_transfer(
                    source_id=shop.location.pk, destination_id=shop.other.pk, units={variant.pk: 1}, at=at
                )
                transferring.ship_transfer(transfer_id=made.pk, at=at)
                counting.open_count(location_id=shop.location.pk, variant_ids=[variant.pk], at=at)
        with CaptureQueriesContext(connection) as queries:
            assert get(client, path).status_code == 200
        taken.append(len(queries))

    assert taken[0] == taken[1]
