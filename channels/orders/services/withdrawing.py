"""Take units off fulfilments, because the order that they belong to became smaller."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When

from channels.inventory.enums import MovementReason
from channels.inventory.services import queue_demand, release_allocations, settle_demand
from channels.orders.enums import FulfillmentState
from channels.orders.events.fulfillment import FulfillmentReduced
from channels.orders.models import FulfillmentLine, FulfillmentOrder, Order
from channels.orders.models.fulfillment import ACTIVE_STATES
from channels.stores.enums import FulfillmentMethod
from o2o.events import emit
from o2o.kit.locks import lock_rows

# What costs least goes first: units that nobody has begun with. Only a pickup that nobody fetched in time (it is ready,
# and its deadline was taken away) goes before all others: it is the one that its release is about.
RANKS = {FulfillmentState.OPEN: 2, FulfillmentState.ACCEPTED: 3, FulfillmentState.READY: 4}
RELEASED_RANK, WAITING_RANK = 0, 1


@dataclass(frozen=True, slots=True)
class Taken:
    """Units that are taken off a line of a fulfilment."""

    line: FulfillmentLine
    quantity: int

    @property
    def is_all(self) -> bool:
        """Say whether nothing of the line remains."""
        return self.quantity == self.line.quantity


def withdraw_units(
    *, units: Mapping[uuid.UUID, int], at: datetime, reason: MovementReason = MovementReason.CANCELLATION
) -> int:
    """Take units of order lines off fulfilments that have not left the store; return how many were taken.

    Those that wait for a location go first, then open, accepted and ready ones, newest first. Their allocations are
    released with ``reason``, their waiting demand is settled, and fulfilments without units are cancelled. Units that
    no fulfilment covers, or that were handed over, are left. Locks the orders.
    """
    with transaction.atomic():
        lock_rows(_orders_of(units))
        taken = _chosen(_active_lines(units), units)
        release(taken, reason=reason, at=at)
        _reduce(taken, at=at)
        return sum(part.quantity for part in taken)


def release(taken: Collection[Taken], *, reason: MovementReason, at: datetime) -> None:
    """Give back what these units held: allocations where they have a location, waiting demand where they have none.

    The caller holds the order's lock and changes the lines afterwards.
    """
    placed = {
        part.line.pk: None if part.is_all else part.quantity
        for part in taken
        if part.line.fulfillment.location_id is not None
    }
    if placed:
        release_allocations(lines=placed, reason=reason, at=at)
    waiting = [part for part in taken if part.line.fulfillment.location_id is None]
    if waiting:
        settle_demand(line_ids=[part.line.pk for part in waiting], at=at)
        _queue_the_rest([part for part in waiting if not part.is_all], at=at)


def take_off(taken: Collection[Taken]) -> None:
    """Lower the quantities of the lines in one statement."""
    less = [When(pk=part.line.pk, then=F("quantity") - Value(part.quantity)) for part in taken]
    FulfillmentLine.objects.filter(pk__in=[part.line.pk for part in taken]).update(quantity=Case(*less))


def _orders_of(units: Collection[uuid.UUID]) -> QuerySet[Order]:
    orders = FulfillmentLine.objects.filter(order_line__in=list(units)).values("fulfillment__order")
    return Order.objects.filter(pk__in=orders)


def _active_lines(units: Collection[uuid.UUID]) -> list[FulfillmentLine]:
    lines = FulfillmentLine.objects.select_related("fulfillment__order", "order_line").filter(
        order_line__in=list(units), fulfillment__state__in=ACTIVE_STATES, quantity__gt=0
    )
    return sorted(lines, key=lambda line: (_rank(line.fulfillment), -line.pk.int))


def _rank(fulfillment: FulfillmentOrder) -> int:
    if fulfillment.location_id is None:
        return WAITING_RANK
    is_ready_pickup = fulfillment.state == FulfillmentState.READY and fulfillment.method == FulfillmentMethod.PICKUP
    if is_ready_pickup and fulfillment.pickup_by is None:
        return RELEASED_RANK
    return RANKS[FulfillmentState(fulfillment.state)]


def _chosen(lines: Sequence[FulfillmentLine], units: Mapping[uuid.UUID, int]) -> list[Taken]:
    left = dict(units)
    chosen = []
    for line in lines:
        quantity = min(line.quantity, left[line.order_line_id])
        if quantity > 0:
            left[line.order_line_id] -= quantity
            chosen.append(Taken(line, quantity))
    return chosen


def _reduce(taken: Sequence[Taken], *, at: datetime) -> None:
    if not taken:
        return
    take_off(taken)
    fulfillments = {part.line.fulfillment.pk: part.line.fulfillment for part in taken}
    remaining = dict.fromkeys(fulfillments, 0)
    rest = FulfillmentLine.objects.filter(fulfillment__in=fulfillments, quantity__gt=0)
    for fulfillment_id, quantity in rest.values_list("fulfillment", "quantity"):
        remaining[fulfillment_id] += quantity
    empty = [pk for pk, quantity in remaining.items() if not quantity]
    FulfillmentOrder.objects.filter(pk__in=empty, state__in=ACTIVE_STATES).update(
        state=FulfillmentState.CANCELLED, queue="", ended_at=at, updated_at=at
    )
    gone: dict[uuid.UUID, int] = defaultdict(int)
    for part in taken:
        gone[part.line.fulfillment.pk] += part.quantity
    for fulfillment in fulfillments.values():
        emit(
            FulfillmentReduced(
                aggregate_id=fulfillment.order_id,
                fulfillment_id=fulfillment.pk,
                location_id=fulfillment.location_id,
                units=gone[fulfillment.pk],
                remaining=remaining[fulfillment.pk],
            )
        )


def _queue_the_rest(waiting: Sequence[Taken], *, at: datetime) -> None:
    by_order: dict[Order, list[tuple[uuid.UUID, uuid.UUID, int]]] = defaultdict(list)
    for part in waiting:
        variant_id = part.line.order_line.variant_id
        if variant_id is not None:
            rest = part.line.quantity - part.quantity
            by_order[part.line.fulfillment.order].append((part.line.pk, variant_id, rest))
    for order, lines in by_order.items():
        queue_demand(order_id=order.pk, channel_id=order.channel_id, lines=lines, at=at)
