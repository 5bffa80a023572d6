"""Rows that belong to an order, made from what its draft says and not saved yet."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from channels.catalog.models import Variant
from channels.orders.drafts import LineDraft, PaymentDraft
from channels.orders.models import LineAdjustment, Order, OrderLine, Payment
from channels.orders.totals import LineTotals
from o2o.kit.errors import UnknownReferenceError


class NamedVariant(NamedTuple):
    """A variant as lines of orders name it."""

    pk: uuid.UUID
    sku: str


def variants_of(lines: Sequence[LineDraft]) -> Mapping[str | uuid.UUID, NamedVariant]:
    """Return the variants that lines name, by SKU and by id. One query; what the catalog does not know is left out."""
    skus = {line.sku for line in lines if line.variant_id is None}
    ids = {line.variant_id for line in lines if line.variant_id is not None}
    wanted = [Q(sku__in=skus)] if skus else []
    wanted += [Q(pk__in=ids)] if ids else []
    rows = Variant.objects.filter(reduce(or_, wanted)).order_by() if wanted else Variant.objects.none()
    found = [NamedVariant(*row) for row in rows.values_list("pk", "sku")]
    if missing := ids - {variant.pk for variant in found}:
        raise UnknownReferenceError(_("There is no variant %(id)s.") % {"id": min(missing)}, field="lines")
    return {variant.sku: variant for variant in found} | {variant.pk: variant for variant in found}


def new_line(
    order: Order,
    position: int,
    draft: LineDraft,
    totals: LineTotals,
    variants: Mapping[str | uuid.UUID, NamedVariant],
) -> OrderLine:
    """Return a line that is not saved yet."""
    variant = variants.get(draft.variant_id or draft.sku)
    return OrderLine(
        order=order,
        position=position,
        external_id=draft.external_id,
        variant_id=variant.pk if variant else None,
        sku=variant.sku if variant else draft.sku,
        name=draft.name,
        quantity=draft.quantity,
        unit_price=draft.unit_price,
        subtotal=totals.subtotal,
        discount=totals.discount,
        total=totals.total,
        cancelled=draft.cancelled,
        cancelled_in_channel=draft.cancelled,
    )


def adjustments_of(lines: Iterable[tuple[OrderLine, LineDraft]]) -> list[LineAdjustment]:
    """Return the discounts of lines, given as pairs of line and draft, that are not saved yet."""
    return [
        LineAdjustment(line=line, kind=part.kind, reference=part.reference, amount=part.amount, points=part.points)
        for line, draft in lines
        for part in draft.adjustments
        if part.amount or part.points
    ]


def payment_of(order: Order, draft: PaymentDraft) -> Payment:
    """Return a payment that is not saved yet."""
    return Payment(
        order=order,
        kind=draft.kind,
        method=draft.method,
        amount=draft.amount,
        external_id=draft.external_id,
        paid_at=draft.paid_at,
    )
