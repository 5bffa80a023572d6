"""A thing for each address of the catalog that names one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import ProductFactory, VariantFactory


def _made(name: str) -> Callable[[Merchant], UUID]:
    def make(merchant: Merchant) -> UUID:
        from tests.channels.catalog import console_rows

        with tenant_transaction(merchant.pk):
            return getattr(console_rows, name)(merchant).pk

    return make


SPECIMENS: Mapping[str, Callable[[Merchant], UUID]] = {
    "/api/v1/categories/": _made("category"),
    "/api/v1/products/": lambda merchant: ProductFactory(merchant=merchant).pk,
    "/api/v1/product_images/": _made("image"),
    "/api/v1/variants/": lambda merchant: VariantFactory(merchant=merchant).pk,
    "/api/v1/listings/": _made("listing"),
    "/api/v1/price_change_requests/": _made("request"),
    "/api/v1/deviations/": _made("deviation"),
    "/api/v1/price_cycles/": _made("cycle"),
    "/api/v1/consistency_policies/": _made("policy"),
}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "PUT /api/v1/listings/<uuid:pk>/price": {"price": {"amount": "17.00", "currency": "CNY"}},
    "POST /api/v1/listings/<uuid:pk>/withdraw_price": {"interval_id": "01890000-0000-7000-8000-000000000000"},
    "PUT /api/v1/products/<uuid:pk>/images": {"images": []},
    "POST /api/v1/variants/<uuid:pk>/barcodes": {"value": "123"},
}
