"""Find locations for the units of an order: decide by the rules, allocate, and let wait what has no place."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.inventory.services import OutOfStockError
from channels.orders.enums import OrderState, UnroutedQueue
from channels.orders.models import FulfillmentOrder, Order, RoutingDecision
from channels.orders.services.placements import place_units
from channels.orders.services.routing_facts import Facts, load_facts, with_fresh_stock
from channels.orders.services.routing_plans import Placement, Plan, decide
from o2o.kit.errors import NotFoundError
from o2o.kit.locks import lock_rows

ATTEMPTS = 3


def route_order(
    *, order_id: uuid.UUID, at: datetime, cause: str = "", fulfillment_id: uuid.UUID | None = None
) -> RoutingDecision | None:
    """Find a location for every unit of an open order that no location has yet; return the decision.

    Units are allocated where they go; the rest waits in the queue that says why, and counts as waiting demand. Where
    somebody else was faster with the stock it is read and decided anew, up to three times; then the units wait. Nothing
    is written and None returned where nothing is left to route, or all that waits would go on waiting as it does.

    Locations that have rejected the order are not asked again, and a pickup goes to its store only. Two orders that
    are routed at once may together exceed a location's daily capacity by one: a limit of people, not of stock.
    ``fulfillment_id`` names the one that is routed anew. Locks the order. Raises ``NotFoundError``.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order.state != OrderState.OPEN or order.is_historical:
            return None
        facts = load_facts(order=order, at=at)
        if not facts.units:
            return None
        for _attempt in range(ATTEMPTS):
            plan = decide(facts)
            if _waits_as_before(plan, facts, at):
                return None
            try:
                with transaction.atomic():
                    return _carry_out(plan, facts, at, cause, fulfillment_id)
            except OutOfStockError:
                facts = with_fresh_stock(facts, at=at)
        return _carry_out(_all_wait(facts), facts, at, cause, fulfillment_id)


def _locked(order_id: uuid.UUID) -> Order:
    found = lock_rows(Order.objects.filter(pk=order_id))
    if not found:
        raise NotFoundError(_("There is no order %(id)s.") % {"id": order_id})
    return found[0]


def _carry_out(plan: Plan, facts: Facts, at: datetime, cause: str, fulfillment_id: uuid.UUID | None) -> RoutingDecision:
    place_units(plan.placements, facts=facts, at=at)
    return RoutingDecision.objects.create(
        order=facts.order,
        fulfillment_id=fulfillment_id,
        rule_name=plan.rule_name[:100],
        cause=cause[:40],
        decision=plan.record,
        decided_at=at,
    )


def _waits_as_before(plan: Plan, facts: Facts, at: datetime) -> bool:
    before = {
        (row.queue, frozenset((line.order_line_id, line.quantity) for line in row.lines.all())) for row in facts.waiting
    }
    after = {(place.queue, frozenset(place.units.items())) for place in plan.placements if place.location_id is None}
    if before != after or any(place.location_id for place in plan.placements):
        return False
    FulfillmentOrder.objects.filter(pk__in=[row.pk for row in facts.waiting]).update(tried_at=at)
    return True


def _all_wait(facts: Facts) -> Plan:
    waiting = Placement(location_id=None, queue=UnroutedQueue.NO_STOCK, units=facts.units)
    return Plan(rule_name="", placements=(waiting,), record={"gave_up_after": ATTEMPTS})
