"""Payments and refunds, as others report them. No money is moved here."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.enums import PaymentKind, PaymentState, TimelineKind
from channels.orders.events.orders import OrderPaid
from channels.orders.models import Order, Payment
from channels.orders.services.locking import lock_order
from channels.orders.services.timeline import note as note_timeline
from channels.orders.totals import coins
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError


class RefundTooLargeError(DomainError):
    """More would go back than came in."""

    code = "refund_too_large"
    title = gettext_lazy("More would be refunded than was paid")


def record_payment(
    *,
    order_id: uuid.UUID,
    amount: Decimal,
    method: str,
    at: datetime,
    kind: PaymentKind = PaymentKind.PAYMENT,
    external_id: str = "",
    note: str = "",
    paid_at: datetime | None = None,
    return_id: uuid.UUID | None = None,
) -> Payment:
    """Write down money that came in or went back; the same ``external_id`` twice is one payment.

    Raises ``RefundTooLargeError``, ``InvalidError`` or ``NotFoundError``.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        if external_id:
            same = order.payments.filter(kind=kind, external_id=external_id).first()
            if same is not None:
                return same
        coins(amount, order.currency, field="amount")
        if amount <= 0:
            raise InvalidError(_("An amount is greater than zero."), field="amount")
        payment = Payment(
            order=order, kind=kind, amount=amount, method=method, external_id=external_id, note=note,
            paid_at=paid_at or at, return_order_id=return_id,
        )  # fmt: skip
        _add(order, payment)
        payment.save(force_insert=True)
        save_payment_state(order, at)
        kind_of_entry = TimelineKind.PAID if kind == PaymentKind.PAYMENT else TimelineKind.REFUNDED
        note_timeline(order_id=order.pk, kind=kind_of_entry, at=at, details={"amount": str(amount), "method": method})
        emit(OrderPaid(aggregate_id=order.pk, kind=kind, amount=amount, currency=order.currency))
        return payment


def save_payment_state(order: Order, at: datetime) -> None:
    """Write the totals of a locked order and the state of payment that follows from them."""
    order.payment_state = payment_state(order)
    order.updated_at = at
    order.save(update_fields=["paid_total", "refunded_total", "cancelled_total", "payment_state", "updated_at"])


def payment_state(order: Order) -> PaymentState:
    """Return how payments stand against what is due: the total without what was cancelled."""
    if order.refunded_total:
        is_all = order.refunded_total >= order.paid_total
        return PaymentState.REFUNDED if is_all else PaymentState.PARTIALLY_REFUNDED
    if order.paid_total >= order.total - order.cancelled_total:
        return PaymentState.PAID
    return PaymentState.PARTIALLY_PAID if order.paid_total else PaymentState.UNPAID


def _add(order: Order, payment: Payment) -> None:
    if payment.kind == PaymentKind.PAYMENT:
        order.paid_total += payment.amount
        return
    if order.refunded_total + payment.amount > order.paid_total:
        raise RefundTooLargeError(
            _("%(paid)s came in and %(refunded)s went back; %(amount)s more is too much.")
            % {"paid": order.paid_total, "refunded": order.refunded_total, "amount": payment.amount}
        )
    order.refunded_total += payment.amount
