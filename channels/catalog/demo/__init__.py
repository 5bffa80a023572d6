"""The products of the demonstration's two chains, how their channels list them, and what is wrong with it."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import translation

from channels.catalog.demo import fenwick, tea
from channels.catalog.models import Variant
from o2o.console.demo import demo_part
from o2o.kit.clock import now
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

LOADERS = {"tea-isle": tea.load, "fenwick": fenwick.load}


@demo_part(order=20)
def load(merchants: Mapping[str, Merchant]) -> str:
    """Load the catalogs of both chains; what is there already stays as it is."""
    return "catalog: " + "; ".join(_load(merchants[slug], slug, at=now()) for slug in LOADERS)


def _load(merchant: Merchant, slug: str, *, at: datetime) -> str:
    with tenant_transaction(merchant.pk), translation.override(merchant.language):
        if Variant.objects.exists():
            return f"{merchant.name} is there"
        LOADERS[slug](at=at)
        return f"{merchant.name} {Variant.objects.count()} variants"
