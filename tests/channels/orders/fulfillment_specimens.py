"""One thing of each kind that an address of fulfilment names by its id."""

import uuid
from collections.abc import Mapping
from typing import Any

from channels.orders.models import AcceptancePolicy, RoutingRule
from channels.orders.services.routing import route_order
from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders.shop import AT, fulfillments, make_order, make_shop


def _order(merchant: Merchant) -> uuid.UUID:
    return make_order(make_shop(merchant)).pk


def _fulfillment(merchant: Merchant) -> uuid.UUID:
    shop = make_shop(merchant)
    order = make_order(shop)
    with tenant_transaction(merchant.pk):
        route_order(order_id=order.pk, at=AT, cause="placed")
    return fulfillments(shop, order)[0].pk


def _policy(merchant: Merchant) -> uuid.UUID:
    channel = make_shop(merchant).channel
    with tenant_transaction(merchant.pk):
        return AcceptancePolicy.objects.create(channel=channel, accept_minutes=30).pk


def _rule(merchant: Merchant) -> uuid.UUID:
    with tenant_transaction(merchant.pk):
        return RoutingRule.objects.create(name=f"Rule {uuid7()}", definition={}).pk


SPECIMENS = {
    "/api/v1/orders/": _order,
    "/api/v1/fulfillments/": _fulfillment,
    "/api/v1/acceptance_policies/": _policy,
    "/api/v1/routing_rules/": _rule,
}
BODIES: dict[str, Mapping[str, Any]] = {
    "POST /api/v1/fulfillments/<uuid:pk>/reject": {"reason": "too_busy"},
}
