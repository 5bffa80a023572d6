"""Routing in the database: decide, allocate, and let what nobody has wait."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

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
)
from channels.orders.models.fulfillment import ACTIVE_STATES
from channels.orders.routing import Candidate, Decision, Part, route
from channels.orders.services.acceptance import load_policies, start_clock
from channels.orders.services.candidates import candidates_of, demand_of, load_rules
from channels.orders.services.locking import lock_order
from channels.orders.services.timeline import News, entry_of, tell
from channels.orders.services.withdrawing import take_off_queue
from channels.stores.network import load_network
from o2o.tenancy.reference import ReferenceData, current_reference_data

ATTEMPTS = 3
Units = Mapping[OrderLine, int]


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
            decision = _route(order, units, news, reference, at=at, cause=cause, has_history=True)
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
    order: Order,
    lines: Sequence[OrderLine],
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    hold_reference: uuid.UUID | None = None,
) -> None:
    """Route the lines of an order that was just made; adds to ``news`` what there is to write and to tell."""
    units = {line: line.remaining for line in lines if line.remaining}
    if units:
        _route(order, units, news, reference, at=at, cause="placed", has_history=False, hold_reference=hold_reference)


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
    order: Order,
    units: Units,
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    cause: str,
    has_history: bool,
    hold_reference: uuid.UUID | None = None,
) -> RoutingDecision | None:
    by_id = {line.pk: line for line in units}
    unknown = {line: count for line, count in units.items() if line.variant_id is None}
    decision, record = None, None
    if len(unknown) < len(units):
        decision = _decide(order, units, news, reference, at=at, has_history=has_history, hold_reference=hold_reference)
        record = RoutingDecision(
            order=order, rule_name=decision.rule, cause=cause, decision=decision.to_json(), decided_at=at
        )
        news.rows.append(record)
    waiting: dict[str, dict[OrderLine, int]] = defaultdict(dict)
    if unknown:
        waiting[UnroutedQueue.UNKNOWN_ITEM] = unknown
    for row in decision.unrouted if decision else ():
        waiting[row.queue][by_id[row.line_id]] = row.quantity
    for queue, waiting_units in waiting.items():
        _queue(order, queue, waiting_units, news, at)
    return record


def _decide(
    order: Order,
    units: Units,
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    has_history: bool,
    hold_reference: uuid.UUID | None,
) -> Decision:
    """Decide and allocate. Where somebody was faster at the shelf, look again; at last nothing is given to anybody."""
    rules, network = reference.get(load_rules), reference.get(load_network)
    demand = demand_of(order, units, rules, at=at)
    variant_ids = {line.variant_id for line in demand.lines}
    for attempt in range(1, ATTEMPTS + 1):
        candidates = candidates_of(order, variant_ids, network, at=at, has_history=has_history)
        if hold_reference is not None:
            candidates = with_held(candidates, hold_reference)
        decision = route(demand, candidates, rules, at=at)
        try:
            _give(order, units, decision.parts, news, reference, at=at, hold_reference=hold_reference)
        except OutOfStockError:
            if attempt < ATTEMPTS:
                continue
            return route(demand, [], rules, at=at)
        return decision
    raise AssertionError("unreachable")


def _give(
    order: Order,
    units: Units,
    parts: Sequence[Part],
    news: News,
    reference: ReferenceData,
    *,
    at: datetime,
    hold_reference: uuid.UUID | None,
) -> None:
    if not parts:
        return
    by_id = {line.pk: line for line in units}
    policies, calendars = reference.get(load_policies), reference.get(load_network).calendars
    made, lines, allocations = [], [], []
    for part in parts:
        fulfillment = FulfillmentOrder(order=order, location_id=part.location_id, method=order.method)
        policy = policies.get((order.channel_id, part.location_id)) or policies.get((order.channel_id, None))
        start_clock(fulfillment, policy, calendars[part.location_id], at=at)
        made.append(fulfillment)
        for line_id, count in part.units.items():
            line = FulfillmentLine(fulfillment=fulfillment, order_line=by_id[line_id], quantity=count)
            lines.append(line)
            variant_id = by_id[line_id].variant_id
            if variant_id is not None:
                allocations.append(AllocationLine(line.pk, variant_id, part.location_id, count))
    if hold_reference is not None:
        allocate_held(
            reference=hold_reference, order_id=order.pk, channel_id=order.channel_id, lines=allocations, at=at
        )
    else:
        allocate_stock(order_id=order.pk, channel_id=order.channel_id, lines=allocations, at=at)
    news.rows += [*made, *lines]
    news.events.extend(
        FulfillmentRouted(aggregate_id=part.pk, order_id=order.pk, location_id=part.location_id) for part in made
    )
    news.entries.extend(
        entry_of(
            order_id=order.pk,
            kind=TimelineKind.ROUTED,
            at=at,
            details={"location_id": str(part.location_id), "units": sum(part.units.values())},
        )
        for part in parts
    )


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


def _queue(order: Order, queue: str, units: Units, news: News, at: datetime) -> None:
    part = FulfillmentOrder(order=order, method=order.method, queue=queue)
    lines = [FulfillmentLine(fulfillment=part, order_line=line, quantity=count) for line, count in units.items()]
    news.rows += [part, *lines]
    queue_demand(
        order_id=order.pk,
        channel_id=order.channel_id,
        lines=[
            DemandLine(line.pk, line.order_line.variant_id, line.quantity)
            for line in lines
            if line.order_line.variant_id is not None
        ],
        at=at,
    )
    news.events.append(FulfillmentUnrouted(aggregate_id=part.pk, order_id=order.pk, location_id=None, queue=queue))
    details = {"queue": queue, "units": sum(units.values())}
    news.entries.append(entry_of(order_id=order.pk, kind=TimelineKind.UNROUTED, at=at, details=details))
