"""The stock of the demonstration's two chains: received, shared out, on its way, counted, held and sold out."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import translation

from channels.inventory.demo import fenwick, tea
from channels.inventory.models import StockLevel
from o2o.console.demo import demo_part
from o2o.kit.clock import now
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

LOADERS = {"tea-isle": tea.load, "fenwick": fenwick.load}


@demo_part(order=30)
def load(merchants: Mapping[str, Merchant]) -> str:
    """Load the stock of both chains; what is there already stays as it is."""
    return "stock: " + "; ".join(_load(merchants[slug], slug, at=now()) for slug in LOADERS)


def _load(merchant: Merchant, slug: str, *, at: datetime) -> str:
    with tenant_transaction(merchant.pk), translation.override(merchant.language):
        if StockLevel.objects.exists():
            return f"{merchant.name} is there"
        LOADERS[slug](at=at)
        return f"{merchant.name} {StockLevel.objects.count()} stock levels"
