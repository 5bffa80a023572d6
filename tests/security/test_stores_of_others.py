"""A store of colleagues that a body names looks like one that does not exist (S1).

The routes come from the schema: each write whose body can name a location is either tried here, or stands in
``ANY_LOCATION`` with the reason why it may name any.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from channels.inventory.models import CycleCount, StockMovement
from channels.orders.models import AcceptancePolicy, Order, Return
from channels.orders.services import returning
from o2o.api.schema import Generator
from o2o.kit import clock
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders.conftest import make_shop, place
from tests.channels.orders.test_fulfillment_api import clerk, send
from tests.security.test_api_matrix import said, written

pytestmark = pytest.mark.django_db
Body = Callable[[SimpleNamespace, str], Mapping[str, Any]]

NAMES = {"location_id", "location_ids", "source_id", "destination_id", "backup_location_id"}
# Field by field, for the same route may name one of the caller's own and another beside it.
ANY_LOCATION = {
    ("POST /api/v1/transfers", "source_id"): "goods are asked for from another store",
    ("POST /api/v1/acceptance_policies", "backup_location_id"): "the backup of a store is another one",
    ("PATCH /api/v1/acceptance_policies/{id}", "backup_location_id"): "the backup of a store is another one",
    ("POST /api/v1/invitations", "location_ids"): "only owners invite, who work everywhere",
    ("PUT /api/v1/staff/{id}", "location_ids"): "only owners change staff, who work everywhere",
}


def _line(shop: SimpleNamespace, **fields: Any) -> dict[str, Any]:
    return {"variant_id": str(shop.variants[0].pk), **fields}


def _order(shop: SimpleNamespace, location: str) -> dict[str, Any]:
    return {
        "channel_id": str(shop.channel.pk), "method": "pickup", "location_id": location,
        "lines": [{"sku": shop.variants[0].sku, "quantity": 1, "unit_price": "18.00"}],
    }  # fmt: skip


BODIES: dict[tuple[str, str], Body] = {
    ("POST /api/v1/holds", "location_id"): lambda shop, location: {
        "reference": str(uuid.uuid4()), "channel_id": str(shop.channel.pk), "minutes": 5,
        "lines": [_line(shop, location_id=location, quantity=1)],
    },
    ("POST /api/v1/stock_receipts", "location_id"): lambda shop, location: {
        "reason": "purchase", "lines": [_line(shop, location_id=location, quantity=1)],
    },
    ("POST /api/v1/stock_adjustments", "location_id"): lambda shop, location: {
        "reason": "damage", "changes": [_line(shop, location_id=location, delta=-1)],
    },
    ("POST /api/v1/sold_out", "location_id"): lambda shop, location: {
        "location_id": location, "variant_ids": [str(shop.variants[0].pk)], "is_sold_out": True,
    },
    ("POST /api/v1/stock_counts", "location_id"): lambda _shop, location: {"location_id": location},
    ("POST /api/v1/transfers", "destination_id"): lambda shop, location: {
        "source_id": str(shop.locations[0].pk), "destination_id": location, "lines": [_line(shop, quantity=1)],
    },
    ("POST /api/v1/orders", "location_id"): _order,
    ("POST /api/v1/orders/ingest", "location_id"): lambda shop, location: {
        **_order(shop, location), "external_id": "E1", "version": 1,
    },
    ("POST /api/v1/orders/ingest/bulk", "location_id"): lambda shop, location: {
        "orders": [{**_order(shop, location), "external_id": "E1", "version": 1}],
    },
    ("POST /api/v1/returns", "location_id"): lambda shop, location: {
        "order_id": str(shop.order.pk), "location_id": location,
        "lines": [{"line_id": str(shop.line.pk), "quantity": 1}],
    },
    ("POST /api/v1/returns/{id}/receive", "location_id"): lambda shop, location: {
        "location_id": location,
        "lines": [{"line_id": str(shop.line.pk), "received": 1, "disposition": "restock"}],
    },
    ("POST /api/v1/acceptance_policies", "location_id"): lambda shop, location: {
        "channel_id": str(shop.channel.pk), "location_id": location, "accept_minutes": 10,
    },
    ("PUT /api/v1/sales_channels/{id}/locations", "location_id"): lambda _shop, location: {
        "locations": [{"location_id": location, "priority": 1}],
    },
    ("POST /api/v1/special_days", "location_id"): lambda _shop, location: {
        "days": ["2026-12-24"], "location_id": location,
    },
}  # fmt: skip


@pytest.fixture
def shop(merchant: Merchant) -> SimpleNamespace:
    """A shop of two stores with an order of the first and a return that may go anywhere."""
    from channels.orders.services import fulfilling

    with tenant_transaction(merchant.pk):
        made = make_shop(merchant)
        made.order = place(made, 2, at=clock.now(), placed_at=clock.now())
        made.line = made.order.lines.get()
        [part] = made.order.fulfillments.all()
        fulfilling.accept(fulfillment_id=part.pk, at=clock.now())
        fulfilling.ship(fulfillment_id=part.pk, at=clock.now())
        made.open_return = returning.request_return(order_id=made.order.pk, lines={made.line.pk: 1}, at=clock.now())
    return made


def address(route: str, shop: SimpleNamespace) -> tuple[str, str]:
    method, path = route.split(" ")
    pk = {"returns": shop.open_return.pk, "sales_channels": shop.channel.pk}.get(path.split("/")[3])
    return method, path.replace("{id}", str(pk))


def writes_that_name_locations() -> Iterator[tuple[str, str]]:
    """Yield each write of the schema and each of its fields, however deep, that names a location."""
    document: dict[str, Any] = Generator().get_schema(request=None, public=True)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in ("post", "put", "patch", "delete"):
                text = json.dumps(_opened(operation.get("requestBody", {}), document, ()), default=str)
                for name in sorted(NAMES):
                    if f'"{name}":' in text:
                        yield f"{method.upper()} {path}", name


def _opened(schema: Any, document: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    """Return a schema with everything that it refers to in its place."""
    if isinstance(schema, list):
        return [_opened(each, document, within) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return {} if name in within else _opened(document["components"]["schemas"][name], document, (*within, name))
    return {key: _opened(each, document, within) for key, each in schema.items()}


def test_every_write_that_can_name_a_location_is_tried_or_has_a_reason() -> None:
    found = set(writes_that_name_locations())
    assert found - BODIES.keys() - ANY_LOCATION.keys() == set()
    assert (BODIES.keys() | ANY_LOCATION.keys()) - found == set(), "these are gone"


@pytest.mark.parametrize("route", BODIES, ids=lambda route: route[0])
def test_another_store_looks_like_none(route: tuple[str, str], shop: SimpleNamespace, merchant: Merchant) -> None:
    bound = clerk(merchant, shop, 0, role=Role.OPERATIONS)
    method, path = address(route[0], shop)
    answers = []
    for named in (str(shop.locations[1].pk), str(uuid.uuid4())):
        before = written()
        answer = send(bound, method, path, BODIES[route](shop, named))
        assert {row for row in written() - before if row[0] != "events_storedanswer"} == set()
        answers.append((answer.status_code, said(answer, named)))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code"]) == (422, "unknown_reference"), answers[0]


def test_control_the_own_store_may_be_named(shop: SimpleNamespace, merchant: Merchant) -> None:
    """The bodies are well-formed: with the caller's own store each is done or refused for another reason."""
    bound: Client = clerk(merchant, shop, 0, role=Role.OPERATIONS)
    statuses = {}
    for route, body in BODIES.items():
        method, path = address(route[0], shop)
        own = str(shop.locations[1 if route[1] == "destination_id" else 0].pk)
        if route[1] == "destination_id":
            continue
        answer = send(bound, method, path, body(shop, own))
        statuses[route[0]] = (answer.status_code, answer.content if answer.status_code >= 400 else b"")
    refused = {route: answer for route, answer in statuses.items() if answer[0] >= 400}
    assert set(refused) == {"PUT /api/v1/sales_channels/{id}/locations", "POST /api/v1/returns/{id}/receive"}, refused
    with tenant_transaction(merchant.pk):
        assert (CycleCount.objects.count(), AcceptancePolicy.objects.count()) == (1, 1)
        assert Order.objects.count() == 3
        assert Return.objects.count() == 2
        assert StockMovement.objects.filter(kind="received").exists()


def test_control_somebody_of_all_stores_may_name_the_other(shop: SimpleNamespace, merchant: Merchant) -> None:
    everywhere = clerk(merchant, shop, role=Role.OPERATIONS)
    body = BODIES["POST /api/v1/stock_counts", "location_id"](shop, str(shop.locations[1].pk))
    assert send(everywhere, "POST", "/api/v1/stock_counts", body).status_code == 201
