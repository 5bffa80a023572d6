"""What a stock count found, for those who review it."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Sum

from channels.inventory.enums import HoldState, MovementKind
from channels.inventory.models import CountLine, CycleCount, Hold, StockLevel, StockMovement


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of a count and what posting it would do; ``value`` is what the difference is worth at cost, if known.

    ``is_void``: the stock was adjusted after it was counted. ``lacking``: units by which promises would be broken.
    """

    line: CountLine
    variance: int
    value: Decimal | None
    on_hand: int
    promised: int
    is_void: bool
    allows_backorder: bool

    @property
    def after(self) -> int:
        """What would be on hand if it were posted now."""
        return self.on_hand + self.variance

    @property
    def lacking(self) -> int:
        """Units by which what is promised would exceed what is on hand; 0 where nothing speaks against posting."""
        return 0 if self.allows_backorder or self.variance >= 0 else max(self.promised - self.after, 0)


@dataclass(frozen=True, slots=True)
class Preview:
    """What posting a count would do now, in units and at cost."""

    found: int
    missing: int
    value: Decimal
    unjudged: int
    refused: int
    blocked: int


def adjustments_of(*, location_id: uuid.UUID, variant_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """Return how often the stock of variants at a location was adjusted. One query, which an index of these serves.

    Units that arrived damaged were never on the shelf, so that writing them off does not count.
    """
    rows = (
        StockMovement.objects.filter(
            kind=MovementKind.ADJUSTED, level__location_id=location_id, level__variant_id__in=variant_ids
        )
        .exclude(reference_kind="transfer")
        .order_by()
        .values("level__variant_id")
        .annotate(times=Count("pk"))
    )
    return {row["level__variant_id"]: row["times"] for row in rows}


def differences(*, count: CycleCount, at: datetime) -> list[Difference]:
    """Return the lines that differ, the costliest first; those of unknown cost by their units. Four queries."""
    lines = count.lines.filter(counted__isnull=False).select_related("variant__product")
    differing = [line for line in lines if line.variance]
    ids = [line.variant_id for line in differing]
    levels = {
        level.variant_id: level
        for level in StockLevel.objects.filter(location_id=count.location_id, variant_id__in=ids)
    }
    seen = adjustments_of(location_id=count.location_id, variant_ids=ids)
    expired = _expired({level.pk for level in levels.values()}, at)
    found = [_difference(line, levels[line.variant_id], seen, expired) for line in differing]
    return sorted(found, key=lambda one: (-abs(one.value or Decimal(0)), -abs(one.variance), one.line.variant.sku))


def preview(rows: Collection[Difference]) -> Preview:
    """Return what posting these differences would do: those refused stay out, those unjudged stop it."""
    accepted = [row for row in rows if row.line.is_accepted]
    return Preview(
        found=sum(max(row.variance, 0) for row in accepted),
        missing=-sum(min(row.variance, 0) for row in accepted),
        value=sum((row.value or Decimal(0) for row in accepted), Decimal(0)),
        unjudged=sum(row.line.is_accepted is None for row in rows),
        refused=sum(row.line.is_accepted is False for row in rows),
        blocked=sum(row.is_void or bool(row.lacking) for row in accepted),
    )


def _difference(
    line: CountLine, level: StockLevel, seen: Mapping[uuid.UUID, int], expired: Mapping[uuid.UUID, int]
) -> Difference:
    variance, cost = line.variance or 0, line.variant.cost
    return Difference(
        line=line,
        variance=variance,
        value=None if cost is None else variance * Decimal(cost),
        on_hand=level.on_hand,
        promised=level.allocated + level.held - expired.get(level.pk, 0),
        is_void=seen.get(line.variant_id, 0) != line.adjustments_seen,
        allows_backorder=level.allows_backorder,
    )


def _expired(level_ids: Collection[uuid.UUID], at: datetime) -> Mapping[uuid.UUID, int]:
    holds = Hold.objects.filter(level_id__in=level_ids, state=HoldState.ACTIVE, expires_at__lte=at).order_by()
    return dict(holds.values(pk_=F("level_id")).annotate(units=Sum("quantity")).values_list("pk_", "units"))
