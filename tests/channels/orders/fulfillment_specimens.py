"""One thing of each kind that an address of fulfilment names by its id."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders import console_rows as rows


def _made(make: Callable[[Merchant], Any]) -> Callable[[Merchant], uuid.UUID]:
    def specimen(merchant: Merchant) -> uuid.UUID:
        with tenant_transaction(merchant.pk):
            pk: uuid.UUID = make(merchant).pk
            return pk

    return specimen


SPECIMENS = {
    "/api/v1/orders/": _made(rows.order),
    "/api/v1/fulfillments/": _made(rows.fulfillment),
    "/api/v1/acceptance_policies/": _made(rows.acceptance),
    "/api/v1/routing_rules/": _made(rows.rule),
}
BODIES: dict[str, Mapping[str, Any]] = {
    "POST /api/v1/fulfillments/<uuid:pk>/reject": {"reason": "too_busy"},
}
