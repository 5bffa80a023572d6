"""Channels, locations and hours in the API."""

import uuid
from typing import Any

import pytest

from channels.stores.models import ChannelLocation, SalesChannel, SpecialDay, StockLocation
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders.conftest import make_shop, place
from tests.channels.orders.test_fulfillment_api import program, send
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
STORE = {
    "code": "SH-001",
    "name": "南京东路店",
    "kind": "store",
    "time_zone": "Asia/Shanghai",
    "country": "CN",
    "city": "上海",
    "latitude": 31.2347,
    "longitude": 121.4802,
    "methods": ["pickup", "deliver"],
    "daily_order_capacity": 200,
}


@pytest.fixture
def client(merchant: Merchant) -> Any:
    return program(merchant, Capability.CHANNELS_READ, Capability.CHANNELS_WRITE)


def test_a_store_opens_with_hours_and_serves_a_channel(merchant: Merchant, client: Any) -> None:
    store = send(client, "POST", f"{V1}/stock_locations", STORE)
    channel = send(
        client,
        "POST",
        f"{V1}/sales_channels",
        {"code": "mini", "name": "小程序", "kind": "mini_program", "currency": "CNY"},
    )
    assert (store.status_code, channel.status_code) == (201, 201), (store.content, channel.content)
    path = f"{V1}/stock_locations/{store.json()['id']}"
    weekdays = [{"weekday": day, "opens_at": "10:00", "closes_at": "02:00"} for day in range(7)]
    assert send(client, "PUT", f"{path}/opening_hours", {"periods": weekdays}).status_code == 204
    served = {"locations": [{"location_id": store.json()["id"], "priority": 5}]}
    assert send(client, "PUT", f"{V1}/sales_channels/{channel.json()['id']}/locations", served).status_code == 204

    late = client.get(f"{path}/open?at=2026-11-25T01:30:00%2B08:00").json()
    early = client.get(f"{path}/open?at=2026-11-25T09:00:00%2B08:00").json()

    assert (late["is_open"], late["closes_at"]) == (True, "2026-11-24T18:00:00Z")
    assert (early["is_open"], early["opens_at"]) == (False, "2026-11-25T02:00:00Z")
    assert client.get(f"{V1}/sales_channels/{channel.json()['id']}/locations").json() == [
        {"location_id": store.json()["id"], "priority": 5}
    ]
    with tenant_transaction(merchant.pk):
        assert ChannelLocation.objects.count() == 1


def test_a_holiday_closes_every_store(merchant: Merchant, client: Any) -> None:
    path = f"{V1}/stock_locations/{send(client, 'POST', f'{V1}/stock_locations', STORE).json()['id']}"
    days = {"days": ["2026-10-01", "2026-10-02"], "name": "国庆节"}

    made = send(client, "POST", f"{V1}/special_days", days)

    assert [row["on"] for row in made.json()["results"]] == days["days"]
    assert not client.get(f"{path}/open?at=2026-10-01T12:00:00%2B08:00").json()["is_open"]
    assert send(client, "DELETE", f"{V1}/special_days/{made.json()['results'][0]['id']}").status_code == 204
    assert client.get(f"{path}/open?at=2026-10-01T12:00:00%2B08:00").json()["is_open"]
    with tenant_transaction(merchant.pk):
        assert SpecialDay.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"time_zone": "Asia/Nowhere"}, "time_zone"),
        ({"country": "XX"}, "country"),
        ({"longitude": None}, ""),
        ({"latitude": 91}, "latitude"),
        ({"methods": ["fly"]}, "methods"),
        ({"daily_order_capacity": -1}, "daily_order_capacity"),
    ],
)
def test_a_wrong_store_is_refused_with_its_field(merchant: Merchant, client: Any, fields: Any, name: str) -> None:
    answer = send(client, "POST", f"{V1}/stock_locations", {**STORE, **fields})

    assert answer.status_code in (400, 422), answer.content
    assert name in answer.content.decode()
    with tenant_transaction(merchant.pk):
        assert not StockLocation.objects.exists()


def test_a_code_is_taken_once(client: Any) -> None:
    assert send(client, "POST", f"{V1}/stock_locations", STORE).status_code == 201
    again = send(client, "POST", f"{V1}/stock_locations", STORE)
    assert (again.status_code, "SH-001" in again.json()["detail"]) == (409, True)


def test_a_store_with_open_orders_does_not_rest(merchant: Merchant, client: Any) -> None:
    with tenant_transaction(merchant.pk):
        shop = make_shop(merchant)
        place(shop, 1)
    busy, idle = (f"{V1}/stock_locations/{location.pk}" for location in shop.locations)

    refused = send(client, "POST", f"{busy}/deactivate")

    assert refused.status_code == 409, refused.content
    assert client.get(busy).json()["is_active"]
    assert send(client, "POST", f"{idle}/deactivate").json()["is_active"] is False
    assert send(client, "POST", f"{idle}/activate").json()["is_active"] is True


def test_another_merchant_finds_nothing(merchant: Merchant, client: Any) -> None:
    store = send(client, "POST", f"{V1}/stock_locations", STORE).json()["id"]
    stranger = program(MerchantFactory(), Capability.CHANNELS_READ, Capability.CHANNELS_WRITE)
    theirs = send(
        stranger, "POST", f"{V1}/sales_channels", {"code": "own", "name": "Own", "kind": "own_shop", "currency": "USD"}
    ).json()["id"]

    assert stranger.get(f"{V1}/stock_locations/{store}").status_code == 404
    assert send(stranger, "PATCH", f"{V1}/stock_locations/{store}", {"name": "mine"}).status_code == 404
    served = {"locations": [{"location_id": store}]}
    assert send(stranger, "PUT", f"{V1}/sales_channels/{theirs}/locations", served).status_code == 422
    days = {"days": ["2026-10-01"], "location_id": store}
    assert send(stranger, "POST", f"{V1}/special_days", days).status_code == 422
    assert send(client, "GET", f"{V1}/sales_channels/{uuid.uuid4()}").status_code == 404
    with tenant_transaction(merchant.pk):
        assert StockLocation.objects.get().name == STORE["name"]
        assert not SalesChannel.objects.exists()
