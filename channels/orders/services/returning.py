"""Returns: requested, approved, received anywhere, refunded to the coin; or refused."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.inventory.lines import StockLine
from channels.inventory.services import return_stock
from channels.orders.enums import Disposition, PaymentKind, ReturnState, TimelineKind
from channels.orders.events.orders import ReturnChanged
from channels.orders.models import LineAdjustment, Order, OrderLine, Return, ReturnLine
from channels.orders.numbers import new_number
from channels.orders.services.cancelling import units_taken
from channels.orders.services.locking import lock_order
from channels.orders.services.payments import record_payment
from channels.orders.services.timeline import note
from channels.orders.totals import share, worth
from channels.stores.models import StockLocation
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.locks import lock_rows


class ReturnStateError(DomainError):
    """The return is in a state from which this is not possible."""

    code = "return_state"
    title = gettext_lazy("The return cannot do this now")


class NothingToReturnError(DomainError):
    """Fewer units can come back than are asked for."""

    code = "nothing_to_return"
    title = gettext_lazy("These units cannot be returned")


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """What arrived of a line of a return, and what becomes of it."""

    line_id: uuid.UUID
    received: int
    disposition: Disposition


def request_return(
    *,
    order_id: uuid.UUID,
    lines: Mapping[uuid.UUID, int],
    at: datetime,
    location_id: uuid.UUID | None = None,
    reason: str = "",
    external_id: str = "",
) -> Return:
    """Ask to give units of order lines (by id) back; the same ``external_id`` twice is one return.

    Each unit is worth its part of the line's total and of the points that it was paid with, whatever came back before.
    Raises ``NothingToReturnError`` for units that were not handed over or are in another return, ``NotFoundError``.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if external_id and (same := order.returns.filter(external_id=external_id).first()):
            return same
        if location_id is not None and not StockLocation.objects.filter(pk=location_id).exists():
            raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": location_id}, field="location_id")
        made = _return_lines(order, {line_id: units for line_id, units in lines.items() if units})
        row = Return.objects.create(
            order=order,
            number=new_number(at=at, prefix="R"),
            external_id=external_id,
            location_id=location_id,
            reason=reason,
            refund_total=sum((line.refund for line in made), Decimal(0)),
            requested_at=at,
        )
        for line in made:
            line.return_order = row
        ReturnLine.objects.bulk_create(made)
        _tell(row, TimelineKind.RETURN_REQUESTED, at)
        return row


def approve_return(*, return_id: uuid.UUID, at: datetime) -> Return:
    """Let the goods come. Raises ``ReturnStateError``."""
    return _step(return_id, {ReturnState.REQUESTED}, ReturnState.APPROVED, TimelineKind.RETURN_APPROVED, at)


def refuse_return(*, return_id: uuid.UUID, at: datetime) -> Return:
    """End a return without goods or money; its units can be asked for again. Raises ``ReturnStateError``."""
    allowed = {ReturnState.REQUESTED, ReturnState.APPROVED}
    return _step(return_id, allowed, ReturnState.REFUSED, TimelineKind.RETURN_REFUSED, at)


def receive_return(
    *, return_id: uuid.UUID, location_id: uuid.UUID, lines: Sequence[ReceivedLine], at: datetime
) -> Return:
    """Take the goods in, at any location: what goes back on the shelf is in stock, the rest is only recorded.

    Less may arrive than was announced: then the refund is that of what arrived. Raises ``ReturnStateError``,
    ``InvalidError``, ``NotFoundError``.
    """
    with transaction.atomic():
        row = _locked(return_id)
        _demand(row, {ReturnState.APPROVED})
        if not StockLocation.objects.filter(pk=location_id).exists():
            raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": location_id}, field="location_id")
        arrived = _take_in(row, {line.line_id: line for line in lines})
        row.location_id = location_id
        row.refund_total = sum((line.refund for line in row.lines.all()), Decimal(0))
        _save(row, ReturnState.RECEIVED, at)
        stock = [
            StockLine(line.order_line.variant_id, location_id, line.received or 0)
            for line in arrived
            if line.received and line.disposition == Disposition.RESTOCK and line.order_line.variant_id is not None
        ]
        if stock:
            return_stock(return_id=row.pk, lines=stock, at=at)
        _tell(row, TimelineKind.RETURN_RECEIVED, at)
        return row


def refund_return(*, return_id: uuid.UUID, at: datetime, method: str = "", external_id: str = "") -> Return:
    """Write the refund down as a payment that goes back, with the points. Raises ``ReturnStateError``.

    Where less was paid than the goods are worth, what was paid goes back.
    """
    with transaction.atomic():
        row = _locked(return_id)
        _demand(row, {ReturnState.RECEIVED})
        order = row.order
        amount = min(row.refund_total, order.paid_total - order.refunded_total)
        if amount > 0:
            first = order.payments.filter(kind=PaymentKind.PAYMENT).order_by("pk").first()
            record_payment(
                order_id=order.pk,
                kind=PaymentKind.REFUND,
                amount=amount,
                method=method or (first.method if first else "other"),
                external_id=external_id,
                return_id=row.pk,
                at=at,
            )
        _save(row, ReturnState.REFUNDED, at)
        _tell(row, TimelineKind.REFUNDED, at, is_noted=amount > 0)
        return row


def _return_lines(order: Order, units: Mapping[uuid.UUID, int]) -> list[ReturnLine]:
    rows = {line.pk: line for line in order.lines.all()}
    if not units or set(units) - set(rows):
        raise NothingToReturnError(_("Choose units of lines of this order."))
    taken = units_taken(list(rows.values()))
    points = dict(LineAdjustment.objects.filter(line__in=rows).values_list("line").annotate(points=Sum("points")))
    return [_return_line(order, rows[pk], count, taken[pk], points.get(pk, 0)) for pk, count in units.items()]


def _return_line(order: Order, line: OrderLine, units: int, taken: int, points: int) -> ReturnLine:
    left = line.fulfilled - (taken - line.cancelled)
    if not 0 < units <= left:
        raise NothingToReturnError(
            _("Of %(sku)s %(left)s units can come back, not %(units)s.")
            % {"sku": line.sku, "left": max(left, 0), "units": units}
        )
    return ReturnLine(
        order_line=line,
        quantity=units,
        refund=worth(line.total, line.quantity, taken=taken, units=units, currency=order.currency),
        points=share(points, line.quantity, taken=taken, units=units),
    )


def _take_in(row: Return, given: Mapping[uuid.UUID, ReceivedLine]) -> list[ReturnLine]:
    lines = list(row.lines.select_related("order_line").order_by("pk"))
    if set(given) != {line.pk for line in lines}:
        raise InvalidError(_("Say of each line how many units arrived, if only none."), field="lines")
    sold = []
    for line in lines:
        arrived = given[line.pk]
        if not 0 <= arrived.received <= line.quantity:
            raise InvalidError(
                _("%(sku)s: at most %(quantity)s units can arrive.")
                % {"sku": line.order_line.sku, "quantity": line.quantity},
                field="lines",
            )
        if arrived.received < line.quantity:
            currency = row.order.currency
            parts = {"taken": 0, "units": arrived.received, "currency": currency}
            line.refund = worth(line.refund, line.quantity, **parts) if arrived.received else Decimal(0)  # type: ignore[arg-type]
            line.points = share(line.points, line.quantity, taken=0, units=arrived.received)
        line.received, line.disposition = arrived.received, arrived.disposition
        line.order_line.returned += arrived.received
        sold.append(line.order_line)
    ReturnLine.objects.bulk_update(lines, ("received", "disposition", "refund", "points"))
    OrderLine.objects.bulk_update(sold, ("returned",))
    return lines


def _step(
    return_id: uuid.UUID, allowed: set[ReturnState], state: ReturnState, kind: TimelineKind, at: datetime
) -> Return:
    with transaction.atomic():
        row = _locked(return_id)
        _demand(row, allowed)
        _save(row, state, at)
        _tell(row, kind, at)
        return row


def _locked(return_id: uuid.UUID) -> Return:
    """Lock the order of a return, then the return, and give both as they are now."""
    order_id = Return.objects.filter(pk=return_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFoundError(_("There is no return %(id)s.") % {"id": return_id})
    order = lock_order(order_id)
    row: Return = lock_rows(Return.objects.filter(pk=return_id))[0]
    row.order = order
    return row


def _demand(row: Return, allowed: set[ReturnState]) -> None:
    if row.state not in allowed:
        raise ReturnStateError(
            _("The return %(number)s is “%(state)s”; this is not possible then.")
            % {"number": row.number, "state": row.get_state_display()},
            state=row.state,
        )


def _save(row: Return, state: ReturnState, at: datetime) -> None:
    row.state = state
    setattr(row, f"{state.value}_at", at)
    row.save()


def _tell(row: Return, kind: TimelineKind, at: datetime, *, is_noted: bool = False) -> None:
    points = sum(line.points for line in row.lines.all())
    if not is_noted:
        details = {"number": row.number, "amount": str(row.refund_total)}
        note(order_id=row.order_id, kind=kind, at=at, details=details)
    emit(
        ReturnChanged(
            aggregate_id=row.pk, order_id=row.order_id, state=row.state, refund=row.refund_total, points=points
        )
    )
