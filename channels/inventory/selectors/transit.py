"""Goods that have left one location and not arrived at another."""

import uuid
from collections.abc import Collection

from django.db.models import Q, QuerySet

from channels.inventory.enums import TransferState
from channels.inventory.models import TransferLine


def in_transit(
    *, location_ids: Collection[uuid.UUID] | None = None, variant_ids: Collection[uuid.UUID] | None = None
) -> QuerySet[TransferLine]:
    """Return the lines of transfers on their way from or to locations, with their ``shipped`` units, oldest first."""
    found = TransferLine.objects.filter(transfer__state=TransferState.SHIPPED, shipped__gt=0)
    if location_ids is not None:
        found = found.filter(Q(transfer__source_id__in=location_ids) | Q(transfer__destination_id__in=location_ids))
    if variant_ids is not None:
        found = found.filter(variant_id__in=variant_ids)
    rows: QuerySet[TransferLine] = found.select_related("transfer", "variant").order_by("pk")
    return rows
