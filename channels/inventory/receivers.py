"""What stock does when the catalog changes."""

from channels.catalog.events import VariantChanged
from channels.inventory.models import StockLevel
from channels.inventory.services import set_backorder
from o2o.events import receiver
from o2o.kit import clock


@receiver(VariantChanged)
def follow_backorder(event: VariantChanged) -> None:
    """Let the levels of a variant be sold beyond stock, as the variant says."""
    if (
        StockLevel.objects.filter(variant_id=event.aggregate_id)
        .exclude(allows_backorder=event.allows_backorder)
        .exists()
    ):
        set_backorder(variant_id=event.aggregate_id, allows_backorder=event.allows_backorder, at=clock.now())
