"""A store does not fulfil: its units go back, its stock is put right, and the order is routed anew without it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.inventory.enums import MovementReason
from channels.orders.enums import FulfillmentState, RejectionReason, StockEffect, TimelineKind
from channels.orders.events.fulfillment import FulfillmentRejected
from channels.orders.models import FulfillmentLine, FulfillmentOrder, RoutingDecision
from channels.orders.services.routing import route_order
from channels.orders.services.stock_effects import correct_stock
from channels.orders.services.telling import names, note_step
from channels.orders.services.transitions import Step, get_fulfillment, lock_order_of, require_possible, take_step
from channels.orders.services.withdrawing import Taken, release, take_off
from o2o.events import emit
from o2o.kit.errors import InvalidError

STOPPED = {"accept_by": None, "remind_at": None, "escalate_at": None, "pickup_by": None, "pickup_remind_at": None}


@dataclass(frozen=True, slots=True)
class Rejected:
    """The fulfilment that was rejected (of some lines: a new one that holds them), and where its units went.

    ``decision`` is None where the order needs nothing any more.
    """

    fulfillment: FulfillmentOrder
    decision: RoutingDecision | None


def reject(
    *,
    fulfillment_id: uuid.UUID,
    reason: RejectionReason,
    at: datetime,
    stock_effect: StockEffect = StockEffect.NONE,
    lines: Mapping[uuid.UUID, int] | None = None,
) -> Rejected:
    """Give back all units of a fulfilment, or those of ``lines`` (order line → units), and route them anew.

    The store is not asked for this order again. ``stock_effect`` says what of its stock was wrong: ``this_unit`` takes
    the rejected units off, ``whole_variant`` takes off all that is free and asks for a count. Raises
    ``FulfillmentStateError``, ``NotFoundError``, or ``InvalidError`` for lines that the fulfilment does not have.
    """
    reason, stock_effect = RejectionReason(reason), StockEffect(stock_effect)  # forms send plain text
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        fulfillment = get_fulfillment(fulfillment_id)
        require_possible(Step.REJECT, fulfillment)
        taken = _rejected_units(fulfillment, lines)
        rejected = give_back(taken, fulfillment=fulfillment, reason=reason, at=at)
        correct_stock(taken, effect=stock_effect, reason=reason, at=at)
        units = sum(part.quantity for part in taken)
        note_step(rejected, TimelineKind.REJECTED, at, reason=reason, stock_effect=stock_effect, units=units)
        emit(FulfillmentRejected(**names(rejected), reason=reason, stock_effect=stock_effect, units=units))
        decision = route_order(
            order_id=rejected.order_id, at=at, cause=f"rejected:{reason.value}", fulfillment_id=rejected.pk
        )
        return Rejected(rejected, decision)


def give_back(
    taken: Sequence[Taken], *, fulfillment: FulfillmentOrder, reason: RejectionReason, at: datetime
) -> FulfillmentOrder:
    """Release these units of a fulfilment and return the rejected one that holds them. The order is locked.

    Of some units a new, rejected fulfilment is split off, so that the store is known to have refused them.
    """
    release(taken, reason=MovementReason.REJECTION, at=at)
    whole = {part.line.pk for part in taken if part.is_all} == {line.pk for line in _lines(fulfillment)}
    if whole:
        return take_step(
            Step.REJECT, fulfillment_id=fulfillment.pk, at=at, rejection_reason=reason, ended_at=at, **STOPPED
        )
    take_off(taken)
    split = FulfillmentOrder.objects.create(
        order_id=fulfillment.order_id,
        location=fulfillment.location,
        method=fulfillment.method,
        state=FulfillmentState.REJECTED,
        attempt=fulfillment.attempt,
        routed_at=fulfillment.routed_at,
        rejection_reason=reason,
        ended_at=at,
    )
    FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment=split, order_line_id=part.line.order_line_id, quantity=part.quantity)
        for part in taken
    )
    return split


def all_units(fulfillment: FulfillmentOrder) -> list[Taken]:
    """Return every unit of a fulfilment."""
    return [Taken(line, line.quantity) for line in _lines(fulfillment)]


def _rejected_units(fulfillment: FulfillmentOrder, wanted: Mapping[uuid.UUID, int] | None) -> list[Taken]:
    everything = all_units(fulfillment)
    if wanted is None:
        return everything
    by_line = {part.line.order_line_id: part.line for part in everything}
    for line_id, quantity in wanted.items():
        if line_id not in by_line or not 0 < quantity <= by_line[line_id].quantity:
            raise InvalidError(
                _("The fulfilment does not have %(quantity)s units of the line %(line)s to reject.")
                % {"quantity": quantity, "line": line_id},
                field="lines",
            )
    if not wanted:
        raise InvalidError(_("Name the lines to reject, or leave them out to reject all."), field="lines")
    return [Taken(by_line[line_id], quantity) for line_id, quantity in wanted.items()]


def _lines(fulfillment: FulfillmentOrder) -> list[FulfillmentLine]:
    lines = FulfillmentLine.objects.select_related("fulfillment", "order_line")
    return list(lines.filter(fulfillment=fulfillment, quantity__gt=0))
