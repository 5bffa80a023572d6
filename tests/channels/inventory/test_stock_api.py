"""Levels, holds, availability and quotas in the API: who sees what, and what each answer does."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.inventory.models import Hold
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import SalesChannelFactory, StockLevelFactory
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.orders.conftest import make_shop, stock
from tests.channels.orders.test_fulfillment_api import clerk, program, send
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
STOCK = (Capability.STOCK_READ, Capability.STOCK_WRITE)


@pytest.fixture
def shop(merchant: Merchant) -> Any:
    with tenant_transaction(merchant.pk):
        return make_shop(merchant)


@pytest.fixture
def client(merchant: Merchant) -> Any:
    return program(merchant, *STOCK)


def cart(shop: Any, units: int = 2, **fields: Any) -> dict[str, Any]:
    lines = [
        {"variant_id": str(variant.pk), "location_id": str(shop.locations[0].pk), "quantity": units}
        for variant in shop.variants
    ]
    return {"reference": str(uuid.uuid4()), "channel_id": str(shop.channel.pk), "lines": lines, **fields}


def available(client: Any, shop: Any) -> int:
    query = f"variant={shop.variants[0].pk}&channel={shop.channel.pk}"
    figure: int = client.get(f"{V1}/availability?{query}").json()["results"][0]["quantity"]
    return figure


def test_a_cart_is_held_whole_and_released(shop: Any, client: Any) -> None:
    assert available(client, shop) == 20

    held = send(client, "POST", f"{V1}/holds", cart(shop))

    assert (held.status_code, len(held.json()["holds"])) == (201, 2)
    assert available(client, shop) == 18
    released = send(client, "POST", f"{V1}/holds/{held.json()['holds'][0]['id']}/release")
    assert released.json() == {"units": 4}
    assert available(client, shop) == 20
    assert broken_invariants() == []


def test_a_cart_of_which_one_line_is_short_is_not_held(shop: Any, client: Any) -> None:
    wanted = cart(shop)
    wanted["lines"][1]["quantity"] = 11

    refused = send(client, "POST", f"{V1}/holds", wanted)

    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_stock")
    short = refused.json()["lines"]
    assert [(line["sku"], line["wanted"], line["available"]) for line in short] == [(shop.variants[1].sku, 11, 10)]
    with tenant_transaction(shop.merchant.pk):
        assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel_id", "01a20000-0000-7000-8000-000000000000"),
        ("minutes", 0),
        ("minutes", 1441),
        ("lines", []),
        ("reference", "cart"),
    ],
)
def test_a_wrong_cart_is_refused(shop: Any, client: Any, field: str, value: Any) -> None:
    assert send(client, "POST", f"{V1}/holds", cart(shop, **{field: value})).status_code == 422
    with tenant_transaction(shop.merchant.pk):
        assert stock(shop) == (10, 0, 0)


def test_the_waterfall_adds_up_to_what_can_be_promised(shop: Any, client: Any) -> None:
    send(client, "POST", f"{V1}/holds", cart(shop, units=3))
    level = client.get(f"{V1}/stock_levels?variant_id={shop.variants[0].pk}").json()["results"][0]
    path = f"{V1}/stock_levels/{level['id']}/safety_stock"
    assert send(client, "PUT", path, {"safety_stock": 2}).json()["safety_stock"] == 2

    told = client.get(f"{V1}/availability/explain?variant={shop.variants[0].pk}&channel={shop.channel.pk}").json()

    assert told["available"] == sum(term["quantity"] for term in told["terms"]) == available(client, shop) == 15
    by_code = {term["code"]: term for term in told["terms"]}
    assert (by_code["held"]["quantity"], by_code["safety_stock"]["quantity"]) == (-3, -2)
    assert by_code["held"]["rows"][0]["quantity"] == -3


def test_a_quota_takes_from_the_others_and_lends(shop: Any, client: Any) -> None:
    with tenant_transaction(shop.merchant.pk):
        other = SalesChannelFactory(merchant=shop.merchant)
    variant = str(shop.variants[0].pk)
    quotas = [
        send(client, "POST", f"{V1}/channel_quotas", {"variant_id": variant, "channel_id": str(pk), "exclusive": units})
        for pk, units in ((other.pk, 15), (shop.channel.pk, 2))
    ]
    assert [answer.status_code for answer in quotas] == [201, 201]
    assert available(client, shop) == 5
    lender, borrower = (answer.json()["id"] for answer in quotas)

    loan = send(client, "POST", f"{V1}/channel_quotas/{lender}/lend", {"borrower_id": borrower, "quantity": 5})
    too_much = send(client, "POST", f"{V1}/channel_quotas/{lender}/lend", {"borrower_id": borrower, "quantity": 11})

    assert (loan.status_code, too_much.status_code) == (201, 409)
    assert available(client, shop) == 10
    back = {"loan_id": loan.json()["id"], "quantity": 5}
    assert send(client, "POST", f"{V1}/channel_quotas/{lender}/take_back", back).json()["returned"] == 5
    assert send(client, "POST", f"{V1}/channel_quotas/{lender}/end").status_code == 200
    assert available(client, shop) == 20
    assert broken_invariants() == []


def test_lists_cost_the_same_for_few_rows_and_for_many(shop: Any, client: Any) -> None:
    def costs() -> list[int]:
        counts = []
        for path in ("stock_levels", "stock_movements", "holds"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"{V1}/{path}").status_code == 200
            counts.append(len(captured))
        return counts

    send(client, "POST", f"{V1}/holds", cart(shop, units=1))
    few = costs()
    with tenant_transaction(shop.merchant.pk):
        for _variant in range(5):
            StockLevelFactory(merchant=shop.merchant, location=shop.locations[0], on_hand=3)
    for _cart in range(3):
        send(client, "POST", f"{V1}/holds", cart(shop, units=1))
    assert costs() == few


def test_availability_is_one_query_whatever_is_asked(shop: Any, client: Any) -> None:
    def ask(*variants: Any) -> int:
        query = "&".join(f"variant={variant.pk}" for variant in variants)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"{V1}/availability?{query}&channel={shop.channel.pk}")
        assert len(answer.json()["results"]) == len(variants)
        return len(captured)

    assert ask(shop.variants[0]) == ask(*shop.variants)
    assert client.get(f"{V1}/availability?variant=x&channel={shop.channel.pk}").status_code == 422
    assert client.get(f"{V1}/availability?channel={shop.channel.pk}").status_code == 422


def test_staff_of_a_store_see_its_stock_alone(merchant: Merchant, shop: Any) -> None:
    manager = clerk(merchant, shop, 1, role=Role.STORE_MANAGER)

    rows = manager.get(f"{V1}/stock_levels").json()["results"]

    assert {row["location_id"] for row in rows} == {str(shop.locations[1].pk)}
    assert {row["level_id"] for row in manager.get(f"{V1}/stock_movements").json()["results"]} == {
        row["id"] for row in rows
    }
    with tenant_transaction(merchant.pk):
        foreign = shop.variants[0].levels.get(location=shop.locations[0])
    assert manager.get(f"{V1}/stock_levels/{foreign.pk}").status_code == 404


def test_another_merchant_finds_nothing(shop: Any, client: Any) -> None:
    held = send(client, "POST", f"{V1}/holds", cart(shop)).json()["holds"][0]["id"]
    stranger = program(MerchantFactory(), *STOCK)

    assert stranger.get(f"{V1}/holds/{held}").status_code == 404
    assert send(stranger, "POST", f"{V1}/holds/{held}/release").status_code == 404
    assert send(stranger, "POST", f"{V1}/holds", cart(shop)).status_code == 422
    query = f"variant={shop.variants[0].pk}&channel={shop.channel.pk}"
    assert stranger.get(f"{V1}/availability/explain?{query}").status_code == 422
    with tenant_transaction(shop.merchant.pk):
        assert stock(shop) == (10, 0, 2)
