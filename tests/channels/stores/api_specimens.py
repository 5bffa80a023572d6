"""A thing for each address of channels and locations that names one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from channels.stores.models import SpecialDay
from o2o.kit.clock import now
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import SalesChannelFactory, StockLocationFactory


def _special_day(merchant: Merchant) -> UUID:
    with tenant_transaction(merchant.pk):
        location = StockLocationFactory(merchant=merchant)
        return SpecialDay.objects.create(on=now().date(), location=location).pk


SPECIMENS: Mapping[str, Callable[[Merchant], UUID]] = {
    "/api/v1/sales_channels/": lambda merchant: SalesChannelFactory(merchant=merchant).pk,
    "/api/v1/stock_locations/": lambda merchant: StockLocationFactory(merchant=merchant).pk,
    "/api/v1/special_days/": _special_day,
}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "PUT /api/v1/sales_channels/<uuid:pk>/locations": {"locations": []},
    "PUT /api/v1/stock_locations/<uuid:pk>/opening_hours": {"periods": []},
}
