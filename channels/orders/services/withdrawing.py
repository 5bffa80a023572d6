"""Taking units off fulfilments again."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from channels.inventory.enums import MovementReason
from channels.inventory.services import queue_demand, release_allocations, settle_demand
from channels.inventory.services.demand import DemandLine
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentLine, FulfillmentOrder, Order
from channels.orders.models.fulfillment import ACTIVE_STATES
from o2o.kit.errors import InvalidError
from o2o.kit.locks import lock_rows

# What costs least to stop comes first: nobody has it, nobody has accepted it, it is not packed yet.
EASE = {FulfillmentState.OPEN: 1, FulfillmentState.ACCEPTED: 2, FulfillmentState.READY: 3}


def take_off_queue(order: Order) -> None:
    """Forget the parts of a locked order that wait for a location, so that their units can be routed anew."""
    waiting = lock_rows(FulfillmentOrder.objects.filter(order=order, location=None, state=FulfillmentState.OPEN))
    lines = FulfillmentLine.objects.filter(fulfillment__in=waiting)
    settle_demand(line_ids=list(lines.values_list("pk", flat=True)))
    lines.delete()
    FulfillmentOrder.objects.filter(pk__in=[part.pk for part in waiting]).delete()


def withdraw_units(
    *,
    order: Order,
    units: Mapping[uuid.UUID, int],
    at: datetime,
    reason: MovementReason = MovementReason.CANCELLATION,
    first: uuid.UUID | None = None,
) -> None:
    """Take units of order lines off the fulfilments of a locked order: waiting ones first, packed ones last.

    ``first`` names the fulfilment that is to lose them before all others, such as a pickup that nobody fetched.

    Their stock is free again. Fulfilments of which nothing is left are cancelled. Raises ``InvalidError`` where more
    units are asked for than are still to be fulfilled.
    """
    parts = lock_rows(FulfillmentOrder.objects.filter(order=order, state__in=ACTIVE_STATES))
    by_id = {part.pk: part for part in parts}
    lines = sorted(
        FulfillmentLine.objects.filter(fulfillment__in=parts, order_line_id__in=units),
        key=lambda line: (line.fulfillment_id != first, _ease(by_id[line.fulfillment_id]), str(line.pk)),
    )
    left = dict(units)
    touched, released, waiting = [], {}, []
    for line in lines:
        taken = min(line.quantity, left[line.order_line_id])
        if not taken:
            continue
        left[line.order_line_id] -= taken
        line.quantity -= taken
        touched.append(line)
        if by_id[line.fulfillment_id].location_id is None:
            waiting.append(line)
        else:
            released[line.pk] = taken
    if any(left.values()):
        raise InvalidError(_("Some of these units have been handed over or cancelled already."))
    FulfillmentLine.objects.bulk_update(touched, ("quantity",))
    _requeue(waiting, order, at)
    if released:
        release_allocations(lines=released, reason=reason, at=at)
    _cancel_empty(parts, at)


def _ease(part: FulfillmentOrder) -> int:
    return 0 if part.location_id is None else EASE[FulfillmentState(part.state)]


def _requeue(waiting: list[FulfillmentLine], order: Order, at: datetime) -> None:
    """Lower the demand of lines that wait to what is left of them."""
    if not waiting:
        return
    settle_demand(line_ids=[line.pk for line in waiting])
    variants = dict(order.lines.values_list("pk", "variant_id"))
    left = [
        DemandLine(order.pk, line.pk, variants[line.order_line_id], line.quantity)
        for line in waiting
        if line.quantity and variants[line.order_line_id] is not None
    ]
    queue_demand(channel_id=order.channel_id, lines=left, at=at)


def _cancel_empty(parts: list[FulfillmentOrder], at: datetime) -> None:
    ids = [part.pk for part in parts]
    busy = set(
        FulfillmentLine.objects.filter(fulfillment__in=ids, quantity__gt=0).values_list("fulfillment", flat=True)
    )
    empty = [pk for pk in ids if pk not in busy]
    FulfillmentOrder.objects.filter(pk__in=empty).update(
        state=FulfillmentState.CANCELLED, queue="", ended_at=at, updated_at=at
    )
