"""Telling that something can be promised again."""

import uuid
from collections.abc import Collection
from datetime import datetime

from channels.inventory.events import StockAvailable
from channels.inventory.models import StockLevel, UnroutedDemand
from o2o.events import emit_all


def tell_available(level_ids: Collection[uuid.UUID], *, at: datetime) -> None:
    """Emit ``StockAvailable`` for locked levels that gained units for which somebody waits. Two queries at most.

    Only variants with unrouted demand are told of: who publishes stock to channels compares figures by itself.
    """
    if not level_ids:
        return
    waited_for = set(UnroutedDemand.objects.filter(variant__levels__in=level_ids).values_list("variant_id", flat=True))
    if not waited_for:
        return
    levels = StockLevel.objects.filter(pk__in=level_ids, variant_id__in=waited_for).order_by("pk")
    emit_all(
        [
            StockAvailable(aggregate_id=level.pk, variant_id=level.variant_id, location_id=level.location_id)
            for level in levels
        ]
    )
