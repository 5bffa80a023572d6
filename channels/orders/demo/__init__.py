"""The order book of the demonstration's two chains: a month of orders, and what waits for somebody now."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import translation

from channels.orders.demo import fenwick, files, tea, trials
from channels.orders.models import Order
from o2o.console.demo import demo_part
from o2o.kit.clock import now
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

LOADERS = {"tea-isle": tea.load, "fenwick": fenwick.load}


@demo_part(order=40)
def load(merchants: Mapping[str, Merchant]) -> str:
    """Load the orders of both chains, some files and a rule on trial; what is there already stays as it is."""
    at = now()
    lines = [_load(merchants[slug], slug, at=at) for slug in LOADERS]
    lines += [files.load(merchants[slug], slug, at=at) for slug in LOADERS]
    lines.append(trials.load(merchants["tea-isle"], operator="operations@tea.example", at=at))
    return "orders: " + "; ".join(lines)


def _load(merchant: Merchant, slug: str, *, at: datetime) -> str:
    with tenant_transaction(merchant.pk), translation.override(merchant.language):
        if Order.objects.filter(is_historical=False).exists():
            return f"{merchant.name} is there"
        LOADERS[slug](at=at)
        return f"{merchant.name} {Order.objects.count()} orders"
