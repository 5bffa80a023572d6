"""Cancelling an order, whole or in units."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.enums import OrderState, ReturnState, TimelineKind
from channels.orders.events.orders import OrderCancelled
from channels.orders.models import Order, OrderLine, ReturnLine
from channels.orders.services.locking import lock_order
from channels.orders.services.payments import save_payment_state
from channels.orders.services.state import settle_state
from channels.orders.services.timeline import note
from channels.orders.services.withdrawing import withdraw_units
from channels.orders.totals import worth
from o2o.events import emit
from o2o.kit.errors import DomainError


class NothingToCancelError(DomainError):
    """Fewer units remain than should be cancelled."""

    code = "nothing_to_cancel"
    title = gettext_lazy("There is nothing left to cancel")


def cancel_order(
    *,
    order_id: uuid.UUID,
    at: datetime,
    lines: Mapping[uuid.UUID, int] | None = None,
    reason: str = "",
    first: uuid.UUID | None = None,
) -> Order:
    """Cancel units of lines (by id), or all that remain; their stock is free again and they are owed no more.

    What the units are worth, with the discounts that they had, is exact to the coin over any sequence of cancellations
    and returns; shipping and tax go with the last unit where nothing was fulfilled. ``first`` names the fulfilment that
    loses its units before all others. Raises ``NothingToCancelError``; then nothing was cancelled.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        rows = list(order.lines.order_by("position"))
        units = _chosen(rows, lines)
        amount = cancel_units(order, rows, units, at=at, first=first)
        details = {"units": sum(units.values()), "amount": str(amount), "text": reason}
        note(order_id=order.pk, kind=TimelineKind.CANCELLED, at=at, details=details)
        emit(
            OrderCancelled(
                aggregate_id=order.pk,
                units=sum(units.values()),
                amount=amount,
                is_whole=order.state == OrderState.CANCELLED,
            )
        )
        return order


def cancel_units(
    order: Order,
    rows: Sequence[OrderLine],
    units: Mapping[uuid.UUID, int],
    *,
    at: datetime,
    first: uuid.UUID | None = None,
) -> Decimal:
    """Cancel units of a locked order and return what they are worth."""
    withdraw_units(order=order, units=units, at=at, first=first)
    taken = units_taken(rows)
    amount = Decimal(0)
    changed = [line for line in rows if units.get(line.pk)]
    for line in changed:
        count = units[line.pk]
        amount += worth(line.total, line.quantity, taken=taken[line.pk], units=count, currency=order.currency)
        line.cancelled += count
    OrderLine.objects.bulk_update(changed, ("cancelled",))
    if all(line.cancelled == line.quantity for line in rows):
        amount = order.total - order.cancelled_total
    order.cancelled_total += amount
    save_payment_state(order, at)
    settle_state(order, rows, at=at)
    return amount


def units_taken(rows: Sequence[OrderLine]) -> dict[uuid.UUID, int]:
    """Return how many units of each line are cancelled, or in a return that was not refused. One query."""
    returned = dict(
        ReturnLine.objects.filter(order_line__in=rows)
        .exclude(return_order__state=ReturnState.REFUSED)
        .values_list("order_line")
        .annotate(units=Sum("quantity"))
    )
    return {line.pk: line.cancelled + returned.get(line.pk, 0) for line in rows}


def _chosen(rows: Sequence[OrderLine], lines: Mapping[uuid.UUID, int] | None) -> dict[uuid.UUID, int]:
    remaining = {line.pk: line.remaining for line in rows}
    wanted = remaining if lines is None else dict(lines)
    chosen = {line_id: count for line_id, count in wanted.items() if count}
    if not chosen:
        raise NothingToCancelError(_("Everything of this order was handed over or cancelled before."))
    for line_id, count in chosen.items():
        if not 0 < count <= remaining.get(line_id, 0):
            raise NothingToCancelError(
                _("Of this line %(left)s units can be cancelled, not %(count)s. What was handed over can be returned.")
                % {"left": remaining.get(line_id, 0), "count": count}
            )
    return chosen
