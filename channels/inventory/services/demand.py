"""Demand that waits for a location."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.inventory.models import UnroutedDemand


@dataclass(frozen=True, slots=True)
class DemandLine:
    """Units of a variant for a line of a fulfilment of an order that has no location."""

    order_id: uuid.UUID
    line_id: uuid.UUID
    variant_id: uuid.UUID
    quantity: int


def queue_demand(*, channel_id: uuid.UUID, lines: Sequence[DemandLine], at: datetime) -> None:
    """Note units that wait for a location, so that later orders are not promised them. One statement, or none."""
    UnroutedDemand.objects.bulk_create(
        UnroutedDemand(
            order_id=line.order_id,
            channel_id=channel_id,
            line_id=line.line_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
        )
        for line in lines
    )


def settle_demand(*, line_ids: Collection[uuid.UUID]) -> int:
    """Forget demand that was routed or cancelled; return how many lines that was."""
    deleted, _kinds = UnroutedDemand.objects.filter(line_id__in=line_ids).delete()
    return deleted
