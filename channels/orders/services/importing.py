"""Orders of the past, taken over from other systems in bulk. They moved no stock here, and nobody is told of them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import transaction
from django.db.models import CharField, Count, F, Q, Sum, TextField, Value
from django.db.models.functions import Cast, Concat, Left, Right

from channels.catalog.models import Variant
from channels.orders.drafts import OrderDraft, PaymentDraft
from channels.orders.enums import OrderState, PaymentState, ReturnState
from channels.orders.models import LineAdjustment, Order, OrderLine, Payment, Return
from channels.orders.totals import OrderTotals, totals_of
from o2o.kit.copying import copy_rows
from o2o.kit.locks import lock_rows
from o2o.kit.models import uuid7_text

Key = tuple[uuid.UUID, str]
"""A channel's id and an order's id there."""

ORDER = (
    "id", "channel_id", "number", "external_id", "method", "location_id", "customer_reference", "currency", "subtotal",
    "discount_total", "shipping_total", "tax_total", "total", "paid_total", "placed_at", "completed_at",
)  # fmt: skip
LINE = (
    "id", "order_id", "position", "external_id", "variant_id", "sku", "name", "quantity", "unit_price", "subtotal",
    "discount", "total", "fulfilled",
)  # fmt: skip
ADJUSTMENT = ("id", "line_id", "kind", "reference", "amount", "points")
PAYMENT = ("id", "order_id", "kind", "method", "amount", "external_id", "paid_at")


@dataclass(frozen=True, slots=True)
class PastOrder:
    """A completed order of the past whose amounts add up; ``of`` makes it, and raises ``WrongTotalError``."""

    draft: OrderDraft
    totals: OrderTotals

    @classmethod
    def of(cls, draft: OrderDraft) -> Self:
        """Work out the totals of a draft, which names its currency."""
        return cls(draft, totals_of(draft, draft.currency))

    def with_payments(self, payments: Sequence[PaymentDraft]) -> Self:
        """Return the order paid so."""
        return replace(self, draft=replace(self.draft, payments=payments))

    @property
    def key(self) -> Key:
        """What names the order."""
        return (self.draft.channel_id, self.draft.external_id)

    @property
    def content(self) -> "Content":
        """What the order would be once it is written."""
        units = sum(line.quantity for line in self.draft.lines)
        return Content(
            placed_at=self.draft.placed_at,
            location_id=self.draft.location_id,
            customer=self.draft.customer_reference,
            currency=self.draft.currency,
            subtotal=self.totals.subtotal,
            total=self.totals.total,
            lines=len(self.draft.lines),
            units=units,
        )


@dataclass(frozen=True, slots=True)
class Content:
    """By what two orders of the same id are told apart."""

    placed_at: datetime
    location_id: uuid.UUID | None
    customer: str
    currency: str
    subtotal: Decimal
    total: Decimal
    lines: int
    units: int


@dataclass(frozen=True, slots=True)
class Known:
    """An order that is there already, and whether an import of it was undone."""

    order_id: uuid.UUID
    is_undone: bool
    content: Content


def known_orders(keys: Collection[Key]) -> Mapping[Key, Known]:
    """Return which orders are there, by channel and id. Two queries, the second for those that are there."""
    rows = Order.objects.filter(
        channel_id__in={channel for channel, _id in keys},
        external_id__in={external_id for _channel, external_id in keys},
        connection_id=None,
    ).values_list(
        "channel_id", "external_id", "pk", "is_historical", "state", "placed_at", "location_id", "customer_reference",
        "currency", "subtotal", "total",
    )  # fmt: skip
    found = {(row[0], row[1]): row for row in rows if (row[0], row[1]) in keys}
    sizes = _sizes([row[2] for row in found.values()]) if found else {}
    return {key: _known(row[2:], sizes.get(row[2], (0, 0))) for key, row in found.items()}


def _known(row: Sequence[Any], size: tuple[int, int]) -> Known:
    pk, is_historical, state, placed_at, location_id, customer, currency, subtotal, total = row
    content = Content(placed_at, location_id, customer, currency, subtotal, total, *size)
    return Known(pk, is_historical and state == OrderState.CANCELLED, content)


def _sizes(order_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, tuple[int, int]]:
    lines = OrderLine.objects.filter(order_id__in=order_ids).order_by().values_list("order_id")
    return {pk: (count, units) for pk, count, units in lines.annotate(Count("pk"), Sum("quantity"))}


def import_orders(*, orders: Sequence[PastOrder]) -> list[str]:
    """Write completed orders of the past by ``COPY`` and return their ids, in order. A dozen statements for any number.

    Units count as fulfilled, and what was not told of payments as paid. The caller knows that none of them is there.
    """
    with transaction.atomic():
        skus = {line.sku for order in orders for line in order.draft.lines}
        variants = dict(Variant.objects.filter(sku__in=skus).values_list("sku", Cast("pk", TextField())))
        rows = _Rows()
        ids = [rows.add(order, variants) for order in orders]
        copy_rows(
            Order,
            names=ORDER,
            rows=rows.orders,
            state=OrderState.COMPLETED,
            payment_state=PaymentState.PAID,
            is_historical=True,
        )
        copy_rows(OrderLine, names=LINE, rows=rows.lines)
        copy_rows(LineAdjustment, names=ADJUSTMENT, rows=rows.adjustments)
        copy_rows(Payment, names=PAYMENT, rows=rows.payments)
        return ids


class _Rows:
    """The rows of some orders, as they are copied: ids are texts."""

    def __init__(self) -> None:
        self.orders: list[tuple[Any, ...]] = []
        self.lines: list[tuple[Any, ...]] = []
        self.adjustments: list[tuple[Any, ...]] = []
        self.payments: list[tuple[Any, ...]] = []

    def add(self, order: PastOrder, variants: Mapping[str, str]) -> str:
        """Take an order in and return its id."""
        draft, totals, order_id = order.draft, order.totals, uuid7_text()
        paid = sum((payment.amount for payment in draft.payments), Decimal(0))
        self.orders.append(
            (
                order_id, draft.channel_id, draft.number, draft.external_id, draft.method, draft.location_id,
                draft.customer_reference, draft.currency, totals.subtotal, totals.discount, draft.shipping_total,
                draft.tax_total, totals.total, paid, draft.placed_at, draft.promised_at or draft.placed_at,
            )
        )  # fmt: skip
        for position, (line, worth) in enumerate(zip(draft.lines, totals.lines, strict=True), start=1):
            line_id = uuid7_text()
            self.lines.append(
                (
                    line_id, order_id, position, line.external_id, variants.get(line.sku), line.sku, line.name,
                    line.quantity, line.unit_price, worth.subtotal, worth.discount, worth.total, line.quantity,
                )
            )  # fmt: skip
            for part in line.adjustments:
                self.adjustments.append((uuid7_text(), line_id, part.kind, part.reference, part.amount, part.points))
        for payment in draft.payments:
            self.payments.append(
                (
                    uuid7_text(), order_id, payment.kind, payment.method, payment.amount, payment.external_id,
                    payment.paid_at,
                )
            )  # fmt: skip
        return order_id


def cancel_imported(*, order_ids: Collection[uuid.UUID], at: datetime) -> set[uuid.UUID]:
    """Take orders of the past back: they stay as cancelled, since their payments are a ledger.

    Returns which; an order that was changed since, as by a return, is left as it is.
    """
    with transaction.atomic():
        unchanged = Q(is_historical=True, state=OrderState.COMPLETED, refunded_total=0)
        found = {order.pk for order in lock_rows(Order.objects.filter(unchanged, pk__in=order_ids))}
        returns = Return.objects.filter(order_id__in=found).exclude(state=ReturnState.REFUSED)
        cancelled = found - set(returns.values_list("order_id", flat=True))
        Order.objects.filter(pk__in=cancelled).update(
            state=OrderState.CANCELLED, cancelled_total=F("total"), cancelled_at=at, updated_at=at
        )
        return cancelled


def restore_imported(*, order_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Let orders of the past count again whose import was undone. Returns how many."""
    return Order.objects.filter(pk__in=order_ids, is_historical=True, state=OrderState.CANCELLED).update(
        state=OrderState.COMPLETED, cancelled_total=0, cancelled_at=None, updated_at=at
    )


def retire_imported(*, order_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Take the ids off orders whose import was undone, so that others can come under them. Returns how many."""
    if not order_ids:
        return 0
    mark = Concat(Value("~"), Right(Cast("id", CharField()), 12))
    return Order.objects.filter(pk__in=order_ids, is_historical=True, state=OrderState.CANCELLED).update(
        external_id=Concat("external_id", mark), number=Concat(Left("number", 47), mark), updated_at=at
    )
