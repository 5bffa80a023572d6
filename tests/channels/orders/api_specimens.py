"""A thing for each address of orders that names one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction


def _made(name: str) -> Callable[[Merchant], UUID]:
    def make(merchant: Merchant) -> UUID:
        from tests.channels.orders import console_rows

        with tenant_transaction(merchant.pk):
            return getattr(console_rows, name)(merchant).pk

    return make


SPECIMENS: Mapping[str, Callable[[Merchant], UUID]] = {
    "/api/v1/orders/": _made("order"),
    "/api/v1/returns/": _made("some_return"),
    "/api/v1/fulfillments/": _made("fulfillment"),
    "/api/v1/routing_rules/": _made("rule"),
    "/api/v1/rule_replays/": _made("trial"),
    "/api/v1/acceptance_policies/": _made("acceptance"),
}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "POST /api/v1/orders/<uuid:pk>/payments": {"method": "cash", "amount": "1.00"},
    "POST /api/v1/orders/<uuid:pk>/notes": {"text": "ring twice"},
    "POST /api/v1/returns/<uuid:pk>/receive": {
        "location_id": str(uuid7()),
        "lines": [{"line_id": str(uuid7()), "received": 1, "disposition": "restock"}],
    },
    "POST /api/v1/fulfillments/<uuid:pk>/reject": {"reason": "other"},
    "PUT /api/v1/routing_rules/<uuid:pk>": {"name": "Nearest", "definition": {}},
}
