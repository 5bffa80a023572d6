"""The stock ledger: entries go in, and the database moves the counters with them."""

import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Variant
from channels.inventory.models import StockLevel, StockMovement
from o2o.kit.errors import DomainError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

Place = tuple[uuid.UUID, uuid.UUID]
"""A variant's id and a location's id."""


class PromisedStockError(DomainError):
    """More would leave than is free: the rest is promised to orders or held for carts."""

    code = "stock_is_promised"
    title = gettext_lazy("The stock is promised")


def ensure_levels(*, places: Collection[Place]) -> Mapping[Place, StockLevel]:
    """Return the stock level of each place, made empty where there is none. Two queries, or one where all exist.

    Two callers who make the same level at once both get it.
    """
    levels = _levels(places)
    missing = sorted(set(places) - set(levels))
    if missing:
        backorder = dict(
            Variant.objects.filter(pk__in={variant for variant, _location in missing}).values_list(
                "pk", "allows_backorder"
            )
        )
        rows = [
            StockLevel(variant_id=variant, location_id=location, allows_backorder=backorder[variant])
            for variant, location in missing
        ]
        StockLevel.objects.bulk_create(rows, ignore_conflicts=True)
        levels |= _levels(missing)
    return levels


def record_movements(*, movements: Sequence[StockMovement]) -> list[StockMovement]:
    """Write entries into the ledger, all or none, and with them ``on_hand`` and ``allocated`` of their levels.

    Locks the levels in order. Two queries, whatever the number of entries. Raises ``PromisedStockError`` where a level
    would have less on hand than it has promised, unless its variant may be sold beyond stock.
    """
    if not movements:
        return []
    actor = current_actor_label()[:200]
    with transaction.atomic():
        levels = {level.pk: level for level in lock_rows(_by_id(movements))}
        _refuse_broken_promises(levels, movements)
        for movement in movements:
            movement.actor_label = movement.actor_label or actor
        return StockMovement.objects.bulk_create(movements)


def _levels(places: Collection[Place]) -> dict[Place, StockLevel]:
    wanted = set(places)
    # Both sets are an index range; the few pairs that nobody asked for are dropped here.
    rows = StockLevel.objects.filter(
        variant_id__in={variant for variant, _location in wanted},
        location_id__in={location for _variant, location in wanted},
    )
    found = {(level.variant_id, level.location_id): level for level in rows}
    return {place: level for place, level in found.items() if place in wanted}


def _by_id(movements: Sequence[StockMovement]) -> QuerySet[StockLevel]:
    return StockLevel.objects.select_related("variant", "location").filter(
        pk__in={movement.level_id for movement in movements}
    )


def _refuse_broken_promises(levels: Mapping[uuid.UUID, StockLevel], movements: Sequence[StockMovement]) -> None:
    for movement in movements:
        level = levels[movement.level_id]
        level.on_hand += movement.on_hand_delta
        level.allocated += movement.allocated_delta
    for level in levels.values():
        promised = level.allocated + level.held
        if level.on_hand < promised and not level.allows_backorder:
            raise PromisedStockError(
                _(
                    "%(sku)s at %(location)s would have %(on_hand)s on hand, but %(promised)s are promised."
                    " Release orders or holds first, or move less."
                )
                % {
                    "sku": level.variant.sku,
                    "location": level.location.name,
                    "on_hand": level.on_hand,
                    "promised": promised,
                },
                sku=level.variant.sku,
                on_hand=level.on_hand,
                promised=promised,
            )
