"""Orders of the past, taken over from other systems in bulk. They moved no stock here, and nobody is told of them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from channels.orders.drafts import OrderDraft
from channels.orders.enums import OrderState, PaymentState
from channels.orders.models import Order, OrderLine
from channels.orders.services.placing import adjustments_of, payment_of, variants_of
from channels.orders.totals import totals_of
from channels.stores.models import SalesChannel
from o2o.kit.copying import copy_rows
from o2o.kit.locks import lock_rows

Key = tuple[uuid.UUID, str]
"""A channel's id and an order's id there."""


@dataclass(frozen=True, slots=True)
class Known:
    """An order that is there already."""

    order_id: uuid.UUID
    is_undone: bool


def known_orders(keys: Sequence[Key]) -> Mapping[Key, Known]:
    """Return which orders are there, by channel and id, and whether an import of them was undone. One query."""
    rows = Order.objects.filter(
        channel_id__in={channel for channel, _id in keys},
        external_id__in={external_id for _channel, external_id in keys},
        connection_id=None,
    ).values_list("channel_id", "external_id", "pk", "is_historical", "state")
    return {
        (channel_id, external_id): Known(pk, is_historical and state == OrderState.CANCELLED)
        for channel_id, external_id, pk, is_historical, state in rows
    }


def import_orders(*, drafts: Sequence[OrderDraft], at: datetime) -> list[uuid.UUID]:
    """Write completed orders of the past and return their ids, in order. About ten statements for any number.

    Units count as fulfilled, and what was not told of payments as paid. Raises ``WrongTotalError`` for a draft whose
    amounts do not add up; then none was written. The caller knows that none of them is there.
    """
    with transaction.atomic():
        currencies = dict(SalesChannel.objects.values_list("pk", "currency"))
        variants = variants_of([line for draft in drafts for line in draft.lines])
        orders, lines, adjustments, payments = [], [], [], []
        for draft in drafts:
            currency = draft.currency or currencies[draft.channel_id]
            totals = totals_of(draft, currency)
            paid = sum((payment.amount for payment in draft.payments), Decimal(0))
            order = Order(
                channel_id=draft.channel_id,
                number=draft.number,
                external_id=draft.external_id,
                state=OrderState.COMPLETED,
                payment_state=PaymentState.PAID,
                method=draft.method,
                location_id=draft.location_id,
                customer_reference=draft.customer_reference,
                currency=currency,
                subtotal=totals.subtotal,
                discount_total=totals.discount,
                shipping_total=draft.shipping_total,
                tax_total=draft.tax_total,
                total=totals.total,
                paid_total=paid,
                placed_at=draft.placed_at,
                completed_at=draft.promised_at or draft.placed_at,
                is_historical=True,
            )
            orders.append(order)
            for position, (line, line_totals) in enumerate(zip(draft.lines, totals.lines, strict=True), start=1):
                variant = variants.get(line.variant_id or line.sku)
                made = OrderLine(
                    order=order,
                    position=position,
                    external_id=line.external_id,
                    variant=variant,
                    sku=variant.sku if variant else line.sku,
                    name=line.name,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    subtotal=line_totals.subtotal,
                    discount=line_totals.discount,
                    total=line_totals.total,
                    fulfilled=line.quantity,
                )
                lines.append(made)
                adjustments += adjustments_of([(made, line)])
            payments += [payment_of(order, payment) for payment in draft.payments if payment.amount]
        for rows in (orders, lines, adjustments, payments):
            copy_rows(rows)
        return [order.pk for order in orders]


def cancel_imported(*, order_ids: Sequence[uuid.UUID], at: datetime) -> int:
    """Take orders of the past back: they stay as cancelled, since their payments are a ledger. Returns how many."""
    with transaction.atomic():
        orders = lock_rows(Order.objects.filter(pk__in=order_ids, is_historical=True, state=OrderState.COMPLETED))
        for order in orders:
            order.state, order.cancelled_total, order.cancelled_at, order.updated_at = (
                OrderState.CANCELLED,
                order.total,
                at,
                at,
            )
        Order.objects.bulk_update(orders, ("state", "cancelled_total", "cancelled_at", "updated_at"), batch_size=500)
        return len(orders)


def restore_imported(*, order_ids: Sequence[uuid.UUID], at: datetime) -> int:
    """Let orders of the past count again whose import was undone. Returns how many."""
    return Order.objects.filter(pk__in=order_ids, is_historical=True, state=OrderState.CANCELLED).update(
        state=OrderState.COMPLETED, cancelled_total=0, cancelled_at=None, updated_at=at
    )
