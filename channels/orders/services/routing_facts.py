"""What a routing decision looks at: the units, the locations of the channel, and what each of them can do now.

The number of queries does not depend on how many lines or locations there are.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Prefetch, Q

from channels.inventory.selectors import available_at_locations
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine, RoutingRule
from channels.orders.models.fulfillment import ACTIVE_STATES
from channels.stores.models import ChannelLocation, StockLocation
from channels.stores.selectors import business_day, locations_of_channels, opening_instants

# Ended without having been done: what they took of a location's day is free again.
NOT_DONE = (FulfillmentState.REJECTED, FulfillmentState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision about one order looks at.

    ``units`` are those of each order line that no location has; ``waiting`` the fulfilments in which some of them
    have waited so far. ``available`` is by variant and location, ``opens_at`` the first instant from now on at which
    a location is open, ``capacity_left`` None where there is no limit.
    """

    order: Order
    lines: Mapping[uuid.UUID, OrderLine]
    units: Mapping[uuid.UUID, int]
    waiting: Sequence[FulfillmentOrder]
    attempt: int
    excluded: Collection[uuid.UUID]
    served_by: Sequence[ChannelLocation]
    available: Mapping[tuple[uuid.UUID, uuid.UUID], int]
    opens_at: Mapping[uuid.UUID, datetime | None]
    capacity_left: Mapping[uuid.UUID, int | None]
    rules: Sequence[RoutingRule]
    at: datetime

    @property
    def locations(self) -> Mapping[uuid.UUID, StockLocation]:
        """The locations of the channel by id."""
        return {served.location_id: served.location for served in self.served_by}


def load_facts(*, order: Order, at: datetime) -> Facts:
    """Read what is needed to route an order. The caller holds the order's lock."""
    fulfillments = _fulfillments(order)
    lines = {
        line.pk: line for line in OrderLine.objects.select_related("variant__product__category").filter(order=order)
    }
    units = _uncovered(lines.values(), fulfillments)
    rejected = [row for row in fulfillments if row.state == FulfillmentState.REJECTED]
    served_by = list(locations_of_channels(channel_ids=[order.channel_id])) if units else []
    locations = [served.location for served in served_by if served.location.is_active]
    return Facts(
        order=order,
        lines=lines,
        units=units,
        waiting=[row for row in fulfillments if row.location_id is None and row.state == FulfillmentState.OPEN],
        attempt=1 + max((row.attempt for row in rejected), default=0),
        excluded={row.location_id for row in rejected if row.location_id is not None},
        served_by=[served for served in served_by if served.location.is_active],
        available=_available(units, lines, locations, at),
        opens_at=opening_instants(locations=locations, at=at) if locations else {},
        capacity_left=capacity_left(locations=locations, at=at),
        rules=list(RoutingRule.objects.filter(is_active=True)) if units else [],
        at=at,
    )


def with_fresh_stock(facts: Facts, *, at: datetime) -> Facts:
    """Return the facts with the stock as it is now, after somebody else was faster."""
    return replace(facts, available=_available(facts.units, facts.lines, list(facts.locations.values()), at))


def capacity_left(*, locations: Collection[StockLocation], at: datetime) -> dict[uuid.UUID, int | None]:
    """Return how many more orders each location can take in its present business day; None: no limit. One query."""
    limited = [location for location in locations if location.daily_order_capacity is not None]
    since: dict[datetime, list[uuid.UUID]] = {}
    for location in limited:
        since.setdefault(business_day(location=location, at=at).starts_at, []).append(location.pk)
    load: dict[uuid.UUID, int] = {}
    if since:
        today = Q(pk__in=())
        for begins_at, ids in since.items():
            today |= Q(location__in=ids, routed_at__gte=begins_at)
        counted = FulfillmentOrder.objects.filter(today).exclude(state__in=NOT_DONE).order_by()
        load = dict(counted.values_list("location").annotate(Count("order", distinct=True)))
    left: dict[uuid.UUID, int | None] = {location.pk: None for location in locations}
    for location in limited:
        left[location.pk] = max((location.daily_order_capacity or 0) - load.get(location.pk, 0), 0)
    return left


def _fulfillments(order: Order) -> list[FulfillmentOrder]:
    lines = FulfillmentLine.objects.filter(quantity__gt=0).order_by("pk")
    found = FulfillmentOrder.objects.filter(order=order).order_by("pk")
    return list(found.prefetch_related(Prefetch("lines", queryset=lines)))


def _uncovered(lines: Collection[OrderLine], fulfillments: Sequence[FulfillmentOrder]) -> dict[uuid.UUID, int]:
    left = {line.pk: line.remaining for line in lines}
    for fulfillment in fulfillments:
        if fulfillment.location_id is not None and fulfillment.state in ACTIVE_STATES:
            for covered in fulfillment.lines.all():
                left[covered.order_line_id] -= covered.quantity
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def _available(
    units: Collection[uuid.UUID],
    lines: Mapping[uuid.UUID, OrderLine],
    locations: Collection[StockLocation],
    at: datetime,
) -> Mapping[tuple[uuid.UUID, uuid.UUID], int]:
    variants = {variant_id for line_id in units if (variant_id := lines[line_id].variant_id)}
    if not variants or not locations:
        return {}
    return available_at_locations(variant_ids=variants, location_ids=[location.pk for location in locations], at=at)
