"""What stock does when the catalog changes, and says before a location is switched off."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import ngettext

from channels.catalog.events import VariantChanged
from channels.inventory.enums import TransferState
from channels.inventory.models import StockLevel, TransferOrder
from channels.inventory.services import set_backorder
from channels.stores.closing import keeps_open
from channels.stores.models import StockLocation
from o2o.events import group_receiver
from o2o.kit import clock


@group_receiver(VariantChanged)
def follow_backorder(events: Sequence[VariantChanged]) -> None:
    """Let the levels of variants be sold beyond stock, as the variants say."""
    wanted = {event.aggregate_id: event.allows_backorder for event in events}
    levels = StockLevel.objects.filter(variant_id__in=wanted).order_by().values_list("variant_id", "allows_backorder")
    for variant_id in sorted({pk for pk, allows_backorder in levels.distinct() if wanted[pk] != allows_backorder}):
        set_backorder(variant_id=variant_id, allows_backorder=wanted[variant_id], at=clock.now())


@keeps_open
def goods_are_on_their_way(location: StockLocation) -> str | None:
    """Keep a location on to which, or from which, goods are on their way."""
    there = Q(source=location) | Q(destination=location)
    count = TransferOrder.objects.filter(there, state=TransferState.SHIPPED).count()
    if not count:
        return None
    return ngettext(
        "%(count)s transfer from or to %(name)s is on its way; receive it first.",
        "%(count)s transfers from or to %(name)s are on their way; receive them first.",
        count,
    ) % {"count": count, "name": location.name}
