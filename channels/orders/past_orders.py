"""Past orders line by line, in the columns of their import."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from channels.orders.enums import AdjustmentKind, OrderState
from channels.orders.import_rows import BY_COUPON, UNKNOWN
from channels.orders.models import LineAdjustment, Order, OrderLine, Payment

COLUMN_OF: Mapping[str, str] = {AdjustmentKind.PROMOTION: "discount", AdjustmentKind.VOUCHER: "coupon"}


def past_order_lines(
    *, after: str | None, location_ids: Collection[uuid.UUID] | None, size: int
) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """Return the lines of the next ``size`` past orders that count, and where to go on. Four queries.

    ``location_ids`` are the stores of who asks, None where all orders are theirs to see.
    """
    orders = Order.objects.filter(is_historical=True, state=OrderState.COMPLETED).select_related("channel", "location")
    if location_ids is not None:
        orders = orders.filter(location_id__in=location_ids)
    found = list((orders.filter(pk__gt=after) if after else orders).order_by("pk")[:size])
    by_id = {order.pk: order for order in found}
    discounts, payments = _discounts(by_id), _payments(by_id)
    rows: list[dict[str, Any]] = []
    seen: set[uuid.UUID] = set()
    for line in OrderLine.objects.filter(order_id__in=by_id).order_by("order_id", "position"):
        order = by_id[line.order_id]
        paid = payments[order.pk]
        rows.append(
            {
                "order": order.external_id,
                "channel": order.channel.code,
                "placed_at": order.placed_at,
                "location": order.location.code if order.location else None,
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "total": line.total,
                **discounts[line.pk],
                "currency": order.currency,
                "customer": order.customer_reference,
                "paid_by": next((method for method in paid if method not in (BY_COUPON, UNKNOWN)), None),
                # Once for each order; the import adds its rows up.
                "paid_by_coupon": None if order.pk in seen else paid.get(BY_COUPON),
                "completed_at": order.completed_at,
            }
        )
        seen.add(order.pk)
    return rows, str(found[-1].pk) if len(found) == size else None


def _discounts(order_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, dict[str, Decimal]]:
    found: defaultdict[uuid.UUID, dict[str, Decimal]] = defaultdict(dict)
    rows = LineAdjustment.objects.filter(line__order_id__in=order_ids).order_by().values_list("line_id", "kind")
    for line_id, kind, amount in rows.annotate(Sum("amount")):
        column = COLUMN_OF.get(kind, "discount")
        found[line_id][column] = found[line_id].get(column, Decimal(0)) + amount
    return found


def _payments(order_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, dict[str, Decimal]]:
    found: defaultdict[uuid.UUID, dict[str, Decimal]] = defaultdict(dict)
    rows = Payment.objects.filter(order_id__in=order_ids, kind="payment").order_by("pk")
    for order_id, method, amount in rows.values_list("order_id", "method", "amount"):
        found[order_id][method] = amount
    return found
