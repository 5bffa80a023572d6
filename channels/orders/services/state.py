"""The state of an order, which follows from its units."""

from collections.abc import Iterable
from datetime import datetime

from channels.orders.enums import OrderState, TimelineKind
from channels.orders.events.orders import OrderCompleted
from channels.orders.models import Order, OrderLine
from channels.orders.services.timeline import note
from o2o.events import emit


def settle_state(order: Order, lines: Iterable[OrderLine], *, at: datetime) -> bool:
    """Write the state of a locked order that follows from its lines; return whether it has changed.

    Open while units remain, completed once none does and some were fulfilled, else cancelled. Completion is told once.
    """
    lines = list(lines)
    if any(line.remaining for line in lines):
        state = OrderState.OPEN
    elif any(line.fulfilled for line in lines):
        state = OrderState.COMPLETED
    else:
        state = OrderState.CANCELLED
    if state == order.state:
        return False
    order.state = state
    order.completed_at = at if state == OrderState.COMPLETED else None
    order.cancelled_at = at if state == OrderState.CANCELLED else None
    order.save(update_fields=["state", "completed_at", "cancelled_at", "updated_at"])
    if state == OrderState.COMPLETED:
        note(order_id=order.pk, kind=TimelineKind.COMPLETED, at=at)
        emit(
            OrderCompleted(
                aggregate_id=order.pk,
                channel_id=order.channel_id,
                member_id=order.member_id,
                total=order.total - order.cancelled_total,
                currency=order.currency,
            )
        )
    return True
