"""Routing in the database: decide, allocate, and let what nobody has wait."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from channels.catalog.models import Variant
from channels.inventory.lines import AllocationLine
from channels.inventory.selectors.holds import held_for
from channels.inventory.services import OutOfStockError, allocate_held, allocate_stock, queue_demand
from channels.inventory.services.demand import DemandLine
from channels.orders.enums import FulfillmentState, TimelineKind, UnroutedQueue
from channels.orders.events.fulfillment import FulfillmentRouted, FulfillmentUnrouted
from channels.orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    OrderLine,
    RoutingDecision,
    TimelineEntry,
)
from channels.orders.models.fulfillment import ACTIVE_STATES
from channels.orders.routing import Candidate, Decision, route, route_in_turn
from channels.orders.services.acceptance import load_policies, start_clock
from channels.orders.services.candidates import Wish, candidates_of, demands_of, load_rules
from channels.orders.services.locking import lock_order
from channels.orders.services.timeline import News, entry_of, tell
from channels.orders.services.withdrawing import take_off_queue
from channels.stores.network import load_network
from o2o.kit.inserting import new_row
from o2o.tenancy.reference import ReferenceData, current_reference_data

ATTEMPTS = 3


class _Waiting(NamedTuple):
    """Units of an order that no location can take now, and the queue in which they wait."""

    order: Order
    queue: str
    units: Mapping[OrderLine, int]


def route_order(*, order_id: uuid.UUID, at: datetime, cause: str) -> RoutingDecision | None:
    """Route the units of an order that no location has, also those that wait; None where there are none.

    What a location takes is allocated there in the same transaction; the rest waits in a queue that says why. Where all
    would go on waiting as it does, nothing is written and None returned: it is tried every few minutes. Raises
    ``NotFoundError``.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        units = uncovered(order)
        if not units:
            return None
        recognise([line for line in units if line.variant_id is None])
        before = _waiting(order)
        with transaction.atomic():
            take_off_queue(order)
            news = News()
            reference = current_reference_data()
            wish = Wish.of(order, units)
            decision = _route([wish], news, reference, at=at, cause=cause, has_history=True).get(order.pk)
            tell(news)
            if before and _waiting(order) == before:
                transaction.set_rollback(True)
                return None
        return decision


def recognise(lines: Sequence[OrderLine]) -> None:
    """Give lines that the catalog did not know the variant that has their SKU by now."""
    if not lines:
        return
    found = dict(Variant.objects.filter(sku__in={line.sku for line in lines}).values_list("sku", "pk"))
    known = [line for line in lines if line.sku in found]
    for line in known:
        line.variant_id = found[line.sku]
    OrderLine.objects.bulk_update(known, ("variant",))


def _waiting(order: Order) -> set[tuple[str, uuid.UUID, int]]:
    """Return queue, order line and units of what waits for a location."""
    rows = FulfillmentLine.objects.filter(
        fulfillment__order=order, fulfillment__location=None, fulfillment__state=FulfillmentState.OPEN, quantity__gt=0
    )
    return set(rows.values_list("fulfillment__queue", "order_line_id", "quantity"))


def route_new(
    wishes: Sequence[Wish],
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    hold_reference: uuid.UUID | None = None,
) -> None:
    """Route orders of one channel that were just made; adds to ``news`` what there is to write and to tell.

    What each is given, those after it are not. Raises ``OutOfStockError`` where several of them were outrun at the
    shelf again and again; one alone waits then, as any order that nobody can serve.
    """
    _route(wishes, news, reference, at=at, cause="placed", has_history=False, hold_reference=hold_reference)


def uncovered(order: Order) -> dict[OrderLine, int]:
    """Return the units of each line that no active fulfilment with a location covers. Two queries."""
    covered: dict[uuid.UUID, int] = defaultdict(int)
    rows = FulfillmentLine.objects.filter(
        fulfillment__order=order, fulfillment__state__in=ACTIVE_STATES, fulfillment__location__isnull=False
    )
    for line_id, quantity in rows.values_list("order_line_id", "quantity"):
        covered[line_id] += quantity
    return {
        line: line.remaining - covered[line.pk]
        for line in order.lines.order_by("position")
        if line.remaining > covered[line.pk]
    }


def _route(
    wishes: Sequence[Wish],
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    cause: str,
    has_history: bool,
    hold_reference: uuid.UUID | None = None,
) -> dict[uuid.UUID, RoutingDecision]:
    """Give orders of one channel what there is; let the rest wait; return the record of each decision by order."""
    records: dict[uuid.UUID, RoutingDecision] = {}
    waiting: list[_Waiting] = []
    known = [wish for wish in wishes if wish.known]
    decisions = _decide(known, news, reference, at=at, has_history=has_history, hold_reference=hold_reference)
    for wish, decision in zip(known, decisions, strict=True):
        records[wish.order.pk] = new_row(
            RoutingDecision,
            order_id=wish.order.pk,
            rule_name=decision.rule,
            cause=cause,
            decision=decision.to_json(),
            decided_at=at,
        )
        by_id = {line.pk: line for line in wish.known}
        queues: dict[str, dict[OrderLine, int]] = defaultdict(dict)
        for row in decision.unrouted:
            queues[row.queue][by_id[row.line_id]] = row.quantity
        waiting += [_Waiting(wish.order, queue, units) for queue, units in queues.items()]
    waiting += [_Waiting(wish.order, UnroutedQueue.UNKNOWN_ITEM, wish.unknown) for wish in wishes if wish.unknown]
    news.rows += records.values()
    _queue(waiting, news, at)
    return records


def _decide(
    wishes: Sequence[Wish],
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    has_history: bool,
    hold_reference: uuid.UUID | None,
) -> list[Decision]:
    """Decide and allocate; where somebody was faster at the shelf, look again. At last one alone is given nothing."""
    if not wishes:
        return []
    rules, network = reference.get(load_rules), reference.get(load_network)
    demands = demands_of(wishes, rules, at=at)
    for attempt in range(1, ATTEMPTS + 1):
        candidates = candidates_of(wishes, network, at=at, has_history=has_history)
        if hold_reference is not None:
            candidates = with_held(candidates, hold_reference)
        decisions = route_in_turn(demands, candidates, rules, at=at)
        try:
            _give(wishes, decisions, news, reference, at=at, hold_reference=hold_reference)
        except OutOfStockError:
            if attempt < ATTEMPTS:
                continue
            if len(wishes) > 1:
                raise
            return [route(demands[0], [replace(one, available={}) for one in candidates], rules, at=at)]
        return decisions
    raise AssertionError("unreachable")


def _give(
    wishes: Sequence[Wish],
    decisions: Sequence[Decision],
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    hold_reference: uuid.UUID | None,
) -> None:
    """Allocate what was decided, all of it or none, and add the fulfilments to ``news``."""
    policies, calendars = reference.get(load_policies), reference.get(load_network).calendars
    parts: list[FulfillmentOrder] = []
    lines: list[FulfillmentLine] = []
    allocations: list[AllocationLine] = []
    entries: list[TimelineEntry] = []
    for wish, decision in zip(wishes, decisions, strict=True):
        order, by_id = wish.order, {line.pk: line for line in wish.known}
        for part in decision.parts:
            fulfillment = new_row(
                FulfillmentOrder, order_id=order.pk, location_id=part.location_id, method=order.method
            )
            policy = policies.get((order.channel_id, part.location_id)) or policies.get((order.channel_id, None))
            start_clock(fulfillment, policy, calendars[part.location_id], at=at)
            parts.append(fulfillment)
            for line_id, count in part.units.items():
                line = new_row(FulfillmentLine, fulfillment_id=fulfillment.pk, order_line_id=line_id, quantity=count)
                lines.append(line)
                variant_id = by_id[line_id].variant_id
                if variant_id is not None:
                    allocations.append(AllocationLine(order.pk, line.pk, variant_id, part.location_id, count))
            details = {"location_id": str(part.location_id), "units": sum(part.units.values())}
            entries.append(entry_of(order_id=order.pk, kind=TimelineKind.ROUTED, at=at, details=details))
    if not parts:
        return
    channel_id = wishes[0].order.channel_id
    if hold_reference is not None:
        allocate_held(reference=hold_reference, channel_id=channel_id, lines=allocations, at=at)
    else:
        allocate_stock(channel_id=channel_id, lines=allocations, at=at)
    news.rows += [*parts, *lines]
    news.entries += entries
    news.events += [
        FulfillmentRouted(aggregate_id=part.pk, order_id=part.order_id, location_id=part.location_id) for part in parts
    ]


def with_held(candidates: Sequence[Candidate], reference: uuid.UUID) -> list[Candidate]:
    """Return the candidates with the units that a cart holds there added to what is free: they are the cart's own."""
    held = held_for(reference=reference)
    return [
        replace(
            candidate,
            available={
                variant_id: candidate.available.get(variant_id, 0) + held.get((variant_id, candidate.location_id), 0)
                for variant_id in {*candidate.available, *(variant for variant, _place in held)}
            },
        )
        for candidate in candidates
    ]


def _queue(waiting: Sequence[_Waiting], news: News, at: datetime) -> None:
    """Let units of orders of one channel wait, each in its queue."""
    demand: list[DemandLine] = []
    for order, queue, units in waiting:
        part = FulfillmentOrder(order=order, method=order.method, queue=queue)
        lines = [FulfillmentLine(fulfillment=part, order_line=line, quantity=count) for line, count in units.items()]
        news.rows += [part, *lines]
        demand += [
            DemandLine(order.pk, line.pk, line.order_line.variant_id, line.quantity)
            for line in lines
            if line.order_line.variant_id is not None
        ]
        news.events.append(FulfillmentUnrouted(aggregate_id=part.pk, order_id=order.pk, location_id=None, queue=queue))
        details = {"queue": queue, "units": sum(units.values())}
        news.entries.append(entry_of(order_id=order.pk, kind=TimelineKind.UNROUTED, at=at, details=details))
    if demand:
        queue_demand(channel_id=waiting[0].order.channel_id, lines=demand, at=at)
