"""The stock ledger: entries go in, and the database moves the counters with them."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.catalog.models import Variant
from channels.inventory.models import StockLevel, StockMovement
from channels.inventory.services.reserving import Place, lock_places
from o2o.kit.errors import DomainError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

MOST_NAMED = 10


class PromisedStockError(DomainError):
    """More would leave than is free: the rest is promised to orders or held for carts. ``lines`` says where."""

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

    Locks the levels in order; where units leave, the quotas of their variants before them, because holds that have
    expired by then are ended and stand in nobody's way. Three or four queries, whatever the number of entries. Raises
    ``PromisedStockError`` where levels would have less on hand than they have promised, unless their variants may be
    sold beyond stock; its ``lines`` name each.
    """
    if not movements:
        return []
    actor = current_actor_label()[:200]
    with transaction.atomic():
        if any(movement.on_hand_delta < 0 for movement in movements):
            places = {(movement.level.variant_id, movement.level.location_id) for movement in movements}
            lock_places(places, at=movements[0].occurred_at)
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
    taken: dict[uuid.UUID, int] = defaultdict(int)
    for movement in movements:
        level = levels[movement.level_id]
        taken[level.pk] += movement.on_hand_delta
        level.on_hand += movement.on_hand_delta
        level.allocated += movement.allocated_delta
    broken = [
        {
            "variant_id": str(level.variant_id),
            "sku": level.variant.sku,
            "location_id": str(level.location_id),
            "location": level.location.name,
            "on_hand": level.on_hand - taken[level.pk],
            "change": taken[level.pk],
            "promised": level.allocated + level.held,
        }
        for level in levels.values()
        if level.on_hand < level.allocated + level.held and not level.allows_backorder
    ]
    if broken:
        raise PromisedStockError(_describe(broken), lines=broken, **broken[0])


def _describe(broken: Sequence[Mapping[str, Any]]) -> str:
    """Return every place that has promised too much, or the first of many, and the way out."""
    places = [
        _("%(sku)s at %(location)s has %(on_hand)s, of which %(promised)s are promised, and %(leaving)s would leave.")
        % {**line, "leaving": -line["change"]}
        for line in broken[:MOST_NAMED]
    ]
    more = len(broken) - MOST_NAMED
    if more > 0:
        places.append(ngettext("%(count)s more place.", "%(count)s more places.", more) % {"count": more})
    way_out = _("Move less, or first cancel or re-route the orders and release the carts that have them.")
    return " ".join([*places, way_out])
