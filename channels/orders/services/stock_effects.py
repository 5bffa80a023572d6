"""What a rejection says about the stock of the store."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from channels.inventory.enums import MovementReason
from channels.inventory.lines import StockLine
from channels.inventory.models import StockLevel
from channels.inventory.services import adjust_stock, ask_for_count
from channels.orders.enums import RejectionReason, StockEffect
from channels.orders.services.withdrawing import Taken
from o2o.kit.locks import lock_rows

REASONS = {RejectionReason.DAMAGED: MovementReason.DAMAGE}


def correct_stock(taken: Sequence[Taken], *, effect: StockEffect, reason: RejectionReason, at: datetime) -> None:
    """Take off the store's stock what is not there. The rejected units have been released already.

    ``this_unit`` takes off as many as were rejected, ``whole_variant`` all that is neither promised nor held, and asks
    for a count of these variants. What others were promised stays: the count, or their own rejection, will tell.
    """
    location_id = taken[0].line.fulfillment.location_id if taken else None
    if effect is StockEffect.NONE or location_id is None:
        return
    rejected: dict[uuid.UUID, int] = defaultdict(int)
    for part in taken:
        if part.line.order_line.variant_id is not None:
            rejected[part.line.order_line.variant_id] += part.quantity
    gone = _missing(location_id, rejected, is_everything=effect is StockEffect.WHOLE_VARIANT)
    if gone:
        adjust_stock(
            lines=[StockLine(variant_id, location_id, -quantity) for variant_id, quantity in gone.items()],
            reason=REASONS.get(reason, MovementReason.LOSS),
            note=_("Rejected: %(reason)s") % {"reason": reason.label},
            at=at,
        )
    if effect is StockEffect.WHOLE_VARIANT and rejected:
        ask_for_count(location_id=location_id, variant_ids=sorted(rejected), reason=str(reason.label), at=at)


def _missing(location_id: uuid.UUID, rejected: Mapping[uuid.UUID, int], *, is_everything: bool) -> dict[uuid.UUID, int]:
    """Return how many units to take off each variant. Locks the levels, which the release has locked already."""
    free = {
        level.variant_id: level.on_hand - level.allocated - level.held
        for level in lock_rows(StockLevel.objects.filter(location=location_id, variant__in=rejected))
    }
    wanted = {
        variant_id: free.get(variant_id, 0) if is_everything else min(quantity, free.get(variant_id, 0))
        for variant_id, quantity in rejected.items()
    }
    return {variant_id: quantity for variant_id, quantity in wanted.items() if quantity > 0}
