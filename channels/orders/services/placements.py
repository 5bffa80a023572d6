"""Write where the units of an order go: fulfilments with their lines, allocations, waiting demand, and who is told."""

import uuid
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from channels.inventory.lines import AllocationLine
from channels.inventory.services import allocate_stock, queue_demand, settle_demand
from channels.orders.enums import FulfillmentState, TimelineKind, UnroutedQueue
from channels.orders.events.fulfillment import FulfillmentAccepted, FulfillmentRouted, OrderUnrouted
from channels.orders.models import FulfillmentLine, FulfillmentOrder
from channels.orders.services.acceptance_times import Times, times_to_accept
from channels.orders.services.routing_facts import Facts
from channels.orders.services.routing_plans import Placement
from channels.orders.services.telling import names, note_step
from channels.stores.enums import FulfillmentMethod
from o2o.events import emit

CHANGED = (
    "location", "queue", "state", "attempt", "routed_at", "tried_at", "accept_by", "remind_at", "escalate_at",
    "accepted_at", "ended_at", "updated_at",
)  # fmt: skip


def place_units(placements: Sequence[Placement], *, facts: Facts, at: datetime) -> list[FulfillmentOrder]:
    """Turn placements into fulfilments. Those in which the units waited so far are used first, then new ones made.

    The caller holds the order's lock. Raises ``OutOfStockError``, upon which the caller undoes all of it.
    """
    settle_demand(line_ids=[line.pk for row in facts.waiting for line in row.lines.all()], at=at)
    FulfillmentLine.objects.filter(fulfillment__in=[row.pk for row in facts.waiting]).delete()
    rows = _rows(placements, facts, at)
    lines = [
        FulfillmentLine(fulfillment=row, order_line=facts.lines[line_id], quantity=quantity)
        for row, placement in zip(rows, placements, strict=True)
        for line_id, quantity in placement.units.items()
    ]
    FulfillmentLine.objects.bulk_create(lines)
    _reserve(lines, facts, at)
    for row, placement in zip(rows, placements, strict=True):
        _tell(row, sum(placement.units.values()), at)
    return rows


def _rows(placements: Sequence[Placement], facts: Facts, at: datetime) -> list[FulfillmentOrder]:
    # Copies: should the stock be gone, all is undone and decided anew from the facts as they were.
    reused = [copy(row) for row in facts.waiting]
    changed = list(reused)
    rows = [
        reused.pop(0) if reused else FulfillmentOrder(order=facts.order, method=facts.order.method)
        for _placement in placements
    ]
    times = times_to_accept(
        channel_id=facts.order.channel_id,
        opens_at={
            placement.location_id: facts.opens_at.get(placement.location_id)
            for placement in placements
            if placement.location_id is not None
        },
        locations=facts.locations,
        at=at,
    )
    for row, placement in zip(rows, placements, strict=True):
        _fill(row, placement, facts, times, at)
    for row in reused:
        row.state, row.queue, row.ended_at, row.updated_at = FulfillmentState.CANCELLED, "", at, at
    FulfillmentOrder.objects.bulk_create([row for row in rows if row._state.adding])
    if changed:
        FulfillmentOrder.objects.bulk_update(changed, CHANGED)
    return rows


def _fill(
    row: FulfillmentOrder, placement: Placement, facts: Facts, times: Mapping[uuid.UUID, Times], at: datetime
) -> None:
    row.tried_at, row.updated_at, row.attempt = at, at, facts.attempt
    if placement.location_id is None:
        row.location, row.queue = None, placement.queue
        return
    row.location, row.queue, row.routed_at = facts.locations[placement.location_id], "", at
    clock = times.get(placement.location_id, Times())
    if clock.accepts_automatically:
        row.state, row.accepted_at = FulfillmentState.ACCEPTED, at
    else:
        row.remind_at, row.escalate_at, row.accept_by = clock.remind_at, clock.escalate_at, clock.accept_by


def _reserve(lines: Sequence[FulfillmentLine], facts: Facts, at: datetime) -> None:
    order: Any = {"order_id": facts.order.pk, "channel_id": facts.order.channel_id}
    placed = [
        AllocationLine(
            line_id=line.pk,
            variant_id=line.order_line.variant_id,
            location_id=line.fulfillment.location_id,
            quantity=line.quantity,
        )
        for line in lines
        if line.fulfillment.location_id is not None and line.order_line.variant_id is not None
    ]
    if placed:
        allocate_stock(lines=placed, at=at, **order)
    waiting = [
        (line.pk, line.order_line.variant_id, line.quantity)
        for line in lines
        if line.fulfillment.location_id is None and line.order_line.variant_id is not None
    ]
    if waiting:
        queue_demand(lines=waiting, at=at, **order)


def _tell(row: FulfillmentOrder, units: int, at: datetime) -> None:
    if row.location_id is None:
        queue = UnroutedQueue(row.queue)
        note_step(row, TimelineKind.UNROUTED, at, queue=queue.value, units=units)
        emit(OrderUnrouted(aggregate_id=row.order_id, fulfillment_id=row.pk, queue=queue, units=units))
        return
    note_step(row, TimelineKind.ROUTED, at, units=units, accept_by=row.accept_by)
    method = FulfillmentMethod(row.method)
    emit(FulfillmentRouted(**names(row), method=method, attempt=row.attempt, accept_by=row.accept_by))
    if row.state == FulfillmentState.ACCEPTED:
        note_step(row, TimelineKind.ACCEPTED, at, is_automatic=True)
        emit(FulfillmentAccepted(**names(row)))
