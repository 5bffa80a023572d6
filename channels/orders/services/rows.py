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
from o2o.kit.inserting import new_row


class NamedVariant(NamedTuple):
    """A variant as lines of orders name it."""

    pk: uuid.UUID
    sku: str


Variants = Mapping[str | uuid.UUID, NamedVariant]
"""By SKU and by id."""


def variants_of(lines: Sequence[LineDraft]) -> Variants:
    """Return the variants that lines name, by SKU and by id. One query; what the catalog does not know is left out."""
    skus = {line.sku for line in lines if line.variant_id is None}
    ids = {line.variant_id for line in lines if line.variant_id is not None}
    wanted = [Q(sku__in=skus)] if skus else []
    wanted += [Q(pk__in=ids)] if ids else []
    rows = Variant.objects.filter(reduce(or_, wanted)).order_by() if wanted else Variant.objects.none()
    found = [NamedVariant(*row) for row in rows.values_list("pk", "sku")]
    return {variant.sku: variant for variant in found} | {variant.pk: variant for variant in found}


def refuse_unknown(lines: Sequence[LineDraft], variants: Variants) -> None:
    """Raise ``UnknownReferenceError`` where a line names a variant by an id that is none."""
    missing = [line.variant_id for line in lines if line.variant_id is not None and line.variant_id not in variants]
    if missing:
        raise UnknownReferenceError(_("There is no variant %(id)s.") % {"id": min(missing)}, field="lines")


def new_line(
    order: Order,
    position: int,
    draft: LineDraft,
    totals: LineTotals,
    variants: Variants,
) -> OrderLine:
    """Return a line that is not saved yet."""
    variant = variants.get(draft.variant_id or draft.sku)
    return new_row(
        OrderLine,
        order_id=order.pk,
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
        LineAdjustment(
            line_id=line.pk, kind=part.kind, reference=part.reference, amount=part.amount, points=part.points
        )
        for line, draft in lines
        for part in draft.adjustments
        if part.amount or part.points
    ]


def payment_of(order: Order, draft: PaymentDraft) -> Payment:
    """Return a payment that is not saved yet."""
    return new_row(
        Payment,
        order_id=order.pk,
        kind=draft.kind,
        method=draft.method,
        amount=draft.amount,
        external_id=draft.external_id,
        paid_at=draft.paid_at,
    )
