"""What is sold out for today."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from channels.inventory.models import StockLevel


def sold_out_levels(
    *, at: datetime, location_id: uuid.UUID | None = None, allowed: Collection[uuid.UUID] | None = None
) -> QuerySet[StockLevel]:
    """Return the levels that are sold out at an instant, of one location or of those that are allowed, by SKU."""
    found = StockLevel.objects.filter(sold_out_until__gt=at)
    if location_id is not None:
        found = found.filter(location_id=location_id)
    if allowed is not None:
        found = found.filter(location_id__in=allowed)
    rows: QuerySet[StockLevel] = found.select_related("variant__product", "location").order_by("variant__sku", "pk")
    return rows
