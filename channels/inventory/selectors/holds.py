"""Reads of holds."""

import uuid
from collections.abc import Mapping

from django.db.models import Sum

from channels.inventory.enums import HoldState
from channels.inventory.models import Hold


def held_for(*, reference: uuid.UUID) -> Mapping[tuple[uuid.UUID, uuid.UUID], int]:
    """Return the units that a cart holds, by variant and location."""
    rows = Hold.objects.filter(reference=reference, state=HoldState.ACTIVE).values_list(
        "level__variant_id", "level__location_id"
    )
    return {(variant_id, location_id): units for variant_id, location_id, units in rows.annotate(units=Sum("quantity"))}
