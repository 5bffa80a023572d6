"""What a store has to do now: accept, make ready, hand over; the most urgent first."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, F, Prefetch, QuerySet
from django.db.models.functions import Coalesce

from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentLine, FulfillmentOrder

MOST = 200


@dataclass(frozen=True, slots=True)
class Worklist:
    """The fulfilments of some stores that wait for their staff, each list the most urgent first.

    ``urgent_at`` of a fulfilment is when it must have been done: to accept by ``accept_by``, to prepare by what was
    promised to the customer, to hand over by ``pickup_by``; where none of these is set, when it came. A list holds at
    most ``MOST`` rows, with order, location and lines.
    """

    to_accept: Sequence[FulfillmentOrder]
    to_prepare: Sequence[FulfillmentOrder]
    to_hand_over: Sequence[FulfillmentOrder]


def store_worklist(*, location_ids: Collection[uuid.UUID] | None) -> Worklist:
    """Return what these stores have to do (None: all stores). Six queries, whatever the number of rows."""
    return Worklist(
        to_accept=list(_most_urgent(FulfillmentState.OPEN, "accept_by", location_ids)),
        to_prepare=list(_most_urgent(FulfillmentState.ACCEPTED, "order__promised_at", location_ids)),
        to_hand_over=list(_most_urgent(FulfillmentState.READY, "pickup_by", location_ids)),
    )


def is_late(fulfillment: FulfillmentOrder, *, at: datetime) -> bool:
    """Say whether what a worklist shows should have been done by now."""
    due = {
        FulfillmentState.OPEN: fulfillment.accept_by,
        FulfillmentState.ACCEPTED: fulfillment.order.promised_at,
        FulfillmentState.READY: fulfillment.pickup_by,
    }.get(FulfillmentState(fulfillment.state))
    return due is not None and due <= at


def _most_urgent(
    state: FulfillmentState, due: str, location_ids: Collection[uuid.UUID] | None
) -> QuerySet[FulfillmentOrder]:
    rows: QuerySet[FulfillmentOrder] = FulfillmentOrder.objects.filter(state=state, location__isnull=False)
    if location_ids is not None:
        rows = rows.filter(location__in=location_ids)
    lines = FulfillmentLine.objects.select_related("order_line").filter(quantity__gt=0).order_by("pk")
    return (
        rows.annotate(urgent_at=Coalesce(F(due), F("created_at"), output_field=DateTimeField()))
        .select_related("order", "location")
        .prefetch_related(Prefetch("lines", queryset=lines))
        .order_by("urgent_at", "pk")[:MOST]
    )
