"""The stores and channels of the demonstration's two chains, and who works where.

The parts of the apps above find channels and locations by their codes, which are in ``tea`` and ``fenwick``.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils import translation

from channels.stores.demo import fenwick, tea
from channels.stores.demo.building import Chain, acting_in_console, build, people
from channels.stores.models import StockLocation
from o2o.console.demo import demo_part
from o2o.kit.clock import now
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.services import change_staff

CHAINS: Mapping[str, Chain] = {"tea-isle": tea.CHAIN, "fenwick": fenwick.CHAIN}


@demo_part(order=10)
def load(merchants: Mapping[str, Merchant]) -> str:
    """Load channels, locations and hours of both chains; what is there already stays as it is."""
    return "stores: " + "; ".join(_load(merchants[slug], chain, at=now()) for slug, chain in CHAINS.items())


def _load(merchant: Merchant, chain: Chain, *, at: datetime) -> str:
    with tenant_transaction(merchant.pk), translation.override(merchant.language):
        if StockLocation.objects.filter(code=chain.locations[0].code).exists():
            return f"{merchant.name} is there"
        staff = people()
        with acting_in_console(staff[chain.owner]):
            locations = build(chain, at=at)
            for email, code in chain.bound.items():
                membership = Membership.objects.get(user__email=email)
                change_staff(
                    actor=staff[chain.owner],
                    membership_id=membership.pk,
                    role=membership.role,
                    location_ids=[locations[code].pk],
                )
        return f"{merchant.name} {len(chain.locations)} locations, {len(chain.channels)} channels"
