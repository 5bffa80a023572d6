"""A thing for each address of stock that names one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction


def _made(name: str) -> Callable[[Merchant], UUID]:
    def make(merchant: Merchant) -> UUID:
        from tests.channels.inventory import console_rows

        with tenant_transaction(merchant.pk):
            return getattr(console_rows, name)(merchant).pk

    return make


SPECIMENS: Mapping[str, Callable[[Merchant], UUID]] = {
    "/api/v1/stock_levels/": _made("level"),
    "/api/v1/stock_movements/": _made("movement"),
    "/api/v1/holds/": _made("some_hold"),
    "/api/v1/channel_quotas/": _made("quota"),
    "/api/v1/transfers/": _made("transfer"),
    "/api/v1/goods_in_transit/": _made("in_transit"),
    "/api/v1/stock_counts/": _made("reviewed_count"),
    "/api/v1/stock_checks/": _made("check"),
}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "PUT /api/v1/stock_levels/<uuid:pk>/safety_stock": {"safety_stock": 1},
    "POST /api/v1/channel_quotas/<uuid:pk>/lend": {"borrower_id": str(uuid7()), "quantity": 1},
    "POST /api/v1/channel_quotas/<uuid:pk>/take_back": {"loan_id": str(uuid7()), "quantity": 1},
    "POST /api/v1/stock_counts/<uuid:pk>/record": {"lines": [{"variant_id": str(uuid7()), "quantity": 1}]},
    "POST /api/v1/stock_counts/<uuid:pk>/recount": {"line_ids": [str(uuid7())]},
    "POST /api/v1/stock_counts/<uuid:pk>/review": {"line_ids": [str(uuid7())], "is_accepted": True},
}
