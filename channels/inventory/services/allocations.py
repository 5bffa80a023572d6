"""Allocations: units promised to lines of orders, until they leave the store or are released."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.inventory.enums import AllocationState, HoldState, MovementKind, MovementReason
from channels.inventory.lines import AllocationLine, SaleLine
from channels.inventory.models import Allocation, ChannelQuota, StockLevel, StockMovement
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.holds import end_holds, place_parameters, places_of
from channels.inventory.services.ledger import ensure_levels
from channels.inventory.services.quotas import draw, give_back
from channels.inventory.services.reserving import ALLOCATE, Place, lock_places, merged, refuse_short
from o2o.kit.errors import InvalidError
from o2o.kit.locks import lock_rows
from o2o.kit.models import uuid7_text
from o2o.tenancy.acting import current_actor_label


def allocate_stock(*, channel_id: uuid.UUID, lines: Sequence[AllocationLine], at: datetime) -> None:
    """Promise units to lines of orders of a channel, all of them or none.

    Two statements, whatever the number of orders and lines; two or three more for variants with quotas. Raises
    ``OutOfStockError``, whose ``lines`` name each place that has too little; then nothing was allocated.
    """
    units = merged(lines)
    with transaction.atomic():
        has_quotas = lock_places(units, at=at)
        _allocate(units, lines, channel_id=channel_id, has_quotas=has_quotas, at=at)


def allocate_held(
    *, reference: uuid.UUID, channel_id: uuid.UUID, lines: Sequence[AllocationLine], at: datetime
) -> None:
    """Turn what is held for a cart into allocations: beyond the holds as far as there is stock, what is left goes back.

    Raises as ``allocate_stock``; the holds then live on.
    """
    units = merged(lines)
    with transaction.atomic():
        has_quotas = lock_places({*units, *places_of(reference)}, at=at)
        end_holds(reference=reference, state=HoldState.ALLOCATED, at=at)
        _allocate(units, lines, channel_id=channel_id, has_quotas=has_quotas, at=at)


def release_allocations(
    *, lines: Mapping[uuid.UUID, int | None], at: datetime, reason: MovementReason = MovementReason.CANCELLATION
) -> int:
    """Give promised units back into stock: so many of each line, or all (None); return how many that was.

    Raises ``InvalidError`` where a line has fewer. A constant number of statements.
    """
    with transaction.atomic():
        ended = _end(lines, AllocationState.RELEASED, at)
        _record(ended, kind=MovementKind.RELEASED, reason=reason, at=at)
        _return_quotas(ended)
        tell_available({row.level_id for row in ended}, at=at)
        return sum(row.quantity for row in ended)


def ship_allocations(*, lines: Mapping[uuid.UUID, int | None], at: datetime) -> int:
    """Let promised units leave the store: so many of each line, or all (None); return how many that was.

    Raises ``InvalidError`` where a line has fewer. A constant number of statements.
    """
    with transaction.atomic():
        ended = _end(lines, AllocationState.SHIPPED, at)
        _record(ended, kind=MovementKind.SHIPPED, reason=MovementReason.SALE, at=at)
        return sum(row.quantity for row in ended)


def sell_stock(*, lines: Sequence[SaleLine], at: datetime, is_done: bool = False) -> None:
    """Take units off the shelf that were sold over the counter, promised to nobody before.

    Raises ``OutOfStockError`` where a level has fewer free; safety stock may be sold, and what counts as sold out. With
    ``is_done`` the goods are out of the door already: what the books lack is then corrected first, in an entry of its
    own, so that nothing that is promised is touched. A constant number of statements.
    """
    units = merged(lines)
    with transaction.atomic():
        ensure_levels(places=units)
        lock_places(units, at=at)
        # Once more, as they are now that nobody else changes them.
        levels = ensure_levels(places=units)
        free = {place: level.on_hand - level.allocated - level.held for place, level in levels.items()}
        if not is_done and any(free[place] < units[place] and not levels[place].allows_backorder for place in units):
            refuse_short(units, at=at)
        rows = []
        for (order_id, place), quantity in _by_order(lines).items():
            lacking = quantity - free[place]
            if lacking > 0 and not levels[place].allows_backorder:
                rows.append(_sale(levels[place], lacking, order_id, at, is_correction=True))
                free[place] += lacking
            rows.append(_sale(levels[place], quantity, order_id, at))
            free[place] -= quantity
        StockMovement.objects.bulk_create(rows)


def _by_order(lines: Sequence[SaleLine | AllocationLine]) -> Mapping[tuple[uuid.UUID, Place], int]:
    """Return the units of each order at each place."""
    units: dict[tuple[uuid.UUID, Place], int] = defaultdict(int)
    for line in lines:
        units[line.order_id, (line.variant_id, line.location_id)] += line.quantity
    return units


def _allocate(
    units: dict[Place, int],
    lines: Sequence[AllocationLine],
    *,
    channel_id: uuid.UUID,
    has_quotas: bool,
    at: datetime,
) -> None:
    draws = draw(units, channel_id=channel_id, at=at) if has_quotas else {}
    parameters = place_parameters(units, draws, at)
    numbered = dict(zip(units, parameters["ids"], strict=True))
    movements = {key: uuid7_text() for key in _by_order(lines)}
    left = {place: drawn.own for place, drawn in draws.items()}
    places, entries, own = [], [], []
    for line in lines:
        place = (line.variant_id, line.location_id)
        taken = min(line.quantity, left.get(place, 0))
        left[place] = left.get(place, 0) - taken
        own.append(taken)
        places.append(numbered[place])
        entries.append(movements[line.order_id, place])
    parameters |= {
        "channel": str(channel_id),
        "actor": current_actor_label()[:200],
        "allocations": [uuid7_text() for _line in lines],
        "order_ids": [str(line.order_id) for line in lines],
        "line_ids": [str(line.line_id) for line in lines],
        "places": places,
        "movements": entries,
        "line_quantities": [line.quantity for line in lines],
        "line_quotas": own,
    }
    with connection.cursor() as cursor:
        cursor.execute(ALLOCATE, parameters)
        made = len(cursor.fetchall())
    if made != len(lines):
        refuse_short(units, at=at)


def _end(lines: Mapping[uuid.UUID, int | None], state: AllocationState, at: datetime) -> list[Allocation]:
    """End units of lines, splitting the rows of which a part lives on; levels are locked before the rows."""
    found = Allocation.objects.filter(line_id__in=lines, state=AllocationState.ACTIVE)
    level_ids = set(found.values_list("level_id", flat=True))
    variants = StockLevel.objects.filter(pk__in=level_ids).values("variant_id")
    lock_rows(ChannelQuota.objects.filter(variant_id__in=variants))
    lock_rows(StockLevel.objects.filter(pk__in=level_ids))
    rows = lock_rows(found)
    left = dict(lines)
    ended, kept = [], []
    for row in rows:
        wanted = left[row.line_id]
        take = row.quantity if wanted is None else min(row.quantity, wanted)
        if wanted is not None:
            left[row.line_id] = wanted - take
        if take < row.quantity:
            kept.append(_rest(row, take))
        if take:
            row.quantity, row.state, row.ended_at, row.updated_at = take, state, at, at
            row.quota_quantity = min(row.quota_quantity, take)
            ended.append(row)
    if short := {line_id: units for line_id, units in left.items() if units}:
        line_id, units = next(iter(short.items()))
        raise InvalidError(
            _("Line %(line)s has %(units)s units fewer promised than this wants.") % {"line": line_id, "units": units}
        )
    Allocation.objects.bulk_update(ended, ("quantity", "quota_quantity", "state", "ended_at", "updated_at"))
    Allocation.objects.bulk_create(kept)
    return ended


def _rest(row: Allocation, taken: int) -> Allocation:
    """Return the part of an allocation that lives on; the pool's units go first, the quota's stay longest."""
    return Allocation(
        level_id=row.level_id,
        channel_id=row.channel_id,
        order_id=row.order_id,
        line_id=row.line_id,
        quantity=row.quantity - taken,
        quota_id=row.quota_id,
        quota_quantity=row.quota_quantity - min(row.quota_quantity, taken),
    )


def _record(ended: Sequence[Allocation], *, kind: MovementKind, reason: MovementReason, at: datetime) -> None:
    units: dict[tuple[uuid.UUID, uuid.UUID], int] = defaultdict(int)
    for row in ended:
        units[row.level_id, row.order_id] += row.quantity
    leaves = kind == MovementKind.SHIPPED
    StockMovement.objects.bulk_create(
        StockMovement(
            level_id=level_id,
            kind=kind,
            on_hand_delta=-quantity if leaves else 0,
            allocated_delta=-quantity,
            reason=reason,
            reference_kind="order",
            reference_id=order_id,
            actor_label=current_actor_label()[:200],
            occurred_at=at,
        )
        for (level_id, order_id), quantity in sorted(units.items())
    )


def _return_quotas(ended: Sequence[Allocation]) -> None:
    taken: dict[uuid.UUID, tuple[int, int]] = {}
    for row in ended:
        if row.quota_id is not None:
            own, shared = taken.get(row.quota_id, (0, 0))
            taken[row.quota_id] = (own + row.quota_quantity, shared + row.quantity - row.quota_quantity)
    give_back(taken)


def _sale(
    level: StockLevel, quantity: int, order_id: uuid.UUID, at: datetime, *, is_correction: bool = False
) -> StockMovement:
    return StockMovement(
        level=level,
        kind=MovementKind.ADJUSTED if is_correction else MovementKind.SHIPPED,
        on_hand_delta=quantity if is_correction else -quantity,
        reason=MovementReason.CORRECTION if is_correction else MovementReason.SALE,
        reference_kind="order",
        reference_id=order_id,
        note=_("Sold although the books had none") if is_correction else "",
        actor_label=current_actor_label()[:200],
        occurred_at=at,
    )
