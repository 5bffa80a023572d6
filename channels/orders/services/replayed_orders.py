"""What a rule on trial is tried on: past orders, the locations of their channels, and the stock that they saw."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from channels.catalog.selectors.categories import categories_of
from channels.inventory.selectors import available_at_locations
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentLine, Order, OrderLine
from channels.orders.routing import Candidate, Demand, DemandLine, Rule
from channels.orders.routing.trials import Place
from channels.stores.enums import FulfillmentMethod
from channels.stores.selectors import locations_of_channels
from o2o.tenancy.models import Merchant

MOST_ORDERS = 20_000
NEEDED = ("merchant", "channel", "method", "location", "latitude", "longitude", "total", "placed_at")
GIVEN_UP = (FulfillmentState.REJECTED, FulfillmentState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Window:
    """The orders from ``since`` on and before ``until``."""

    since: datetime
    until: datetime

    def orders(self) -> QuerySet[Order]:
        """Return the orders that the router decides about, the oldest first."""
        found: QuerySet[Order] = Order.objects.filter(
            placed_at__gte=self.since, placed_at__lt=self.until, is_historical=False
        )
        return found.exclude(method=FulfillmentMethod.IN_STORE).order_by("placed_at", "pk")


def window_of(*, days: int, until: datetime) -> Window:
    """Return the last days, cut so that no more than ``MOST_ORDERS`` lie in them, the newest. One query."""
    whole = Window(until - timedelta(days=days), until)
    newest = whole.orders().order_by("-placed_at", "-pk").values_list("placed_at", flat=True)
    last = list(newest[MOST_ORDERS - 1 : MOST_ORDERS])
    return Window(last[0], until) if last else whole


def units_taken(window: Window) -> dict[Place, int]:
    """Return what the orders took in truth, where they were routed to. One query."""
    rows = (
        FulfillmentLine.objects.filter(
            fulfillment__order__in=window.orders().order_by(),
            fulfillment__location__isnull=False,
            order_line__variant__isnull=False,
        )
        .exclude(fulfillment__state__in=GIVEN_UP)
        .order_by()
        .values_list("order_line__variant_id", "fulfillment__location_id")
        .annotate(units=Sum("quantity"))
    )
    return {(variant_id, location_id): units for variant_id, location_id, units in rows if units}


def next_orders(window: Window, *, after: tuple[datetime, uuid.UUID] | None, limit: int) -> list[Order]:
    """Return the next orders with their lines. Two queries."""
    orders = window.orders()
    if after is not None:
        placed_at, order_id = after
        orders = orders.filter(placed_at__gte=placed_at).exclude(placed_at=placed_at, pk__lte=order_id)
    return list(orders.only(*NEEDED).prefetch_related("lines")[:limit])


def demands_of(orders: Sequence[Order], rules: Iterable[Rule]) -> list[Demand]:
    """Return what orders wanted when they were placed; those without goods that the catalog knows are left out.

    One query where a rule looks at the clock, two where one looks at categories.
    """
    rules = list(rules)
    variant_ids = {line.variant_id for order in orders for line in order.lines.all() if line.variant_id}
    categories = categories_of(variant_ids) if any(rule.when.categories for rule in rules) else {}
    zone = _zone(orders) if any(rule.when.weekdays or rule.when.begins for rule in rules) else None
    demands = (_demand(order, categories, zone) for order in orders)
    return [demand for demand in demands if demand.lines]


def candidates_of_channels(channel_ids: Collection[uuid.UUID], *, at: datetime) -> dict[uuid.UUID, list[Candidate]]:
    """Return the locations by channel, open and with room for any number of orders. One query.

    Opening hours and the orders of a day are not known any more for what is past.
    """
    found: dict[uuid.UUID, list[Candidate]] = defaultdict(list)
    for link in locations_of_channels(channel_ids=channel_ids):
        location = link.location
        found[link.channel_id].append(
            Candidate(
                location_id=location.pk,
                name=location.name,
                kind=location.kind,
                available={},
                methods=frozenset(location.methods),
                opens_at=at,
                coordinates=location.coordinates,
                priority=link.priority,
                preparation_minutes=location.preparation_minutes,
            )
        )
    return found


def free_units(
    demands: Iterable[Demand], candidates: Mapping[uuid.UUID, Sequence[Candidate]], *, at: datetime
) -> Mapping[Place, int]:
    """Return what is free now of the goods that are wanted, at the locations that may take part. One query."""
    variant_ids = {line.variant_id for demand in demands for line in demand.lines}
    location_ids = {candidate.location_id for some in candidates.values() for candidate in some}
    return available_at_locations(variant_ids=variant_ids, location_ids=location_ids, at=at)


def _demand(order: Order, categories: Mapping[uuid.UUID, frozenset[uuid.UUID]], zone: ZoneInfo | None) -> Demand:
    coordinates = (order.latitude, order.longitude)
    return Demand(
        order_id=order.pk,
        channel_id=order.channel_id,
        method=order.method,
        lines=[_line(line, categories) for line in order.lines.all() if line.variant_id is not None and line.quantity],
        local=order.placed_at if zone is None else order.placed_at.astimezone(zone),
        total=order.total,
        coordinates=None if None in coordinates else coordinates,  # type: ignore[arg-type]
        location_id=order.location_id if order.method == FulfillmentMethod.PICKUP else None,
    )


def _line(line: OrderLine, categories: Mapping[uuid.UUID, frozenset[uuid.UUID]]) -> DemandLine:
    return DemandLine(
        line.pk,
        line.variant_id,  # type: ignore[arg-type]
        line.sku,
        line.quantity,
        categories.get(line.variant_id, frozenset()),  # type: ignore[arg-type]
    )


def _zone(orders: Sequence[Order]) -> ZoneInfo | None:
    if not orders:
        return None
    return ZoneInfo(Merchant.objects.values_list("time_zone", flat=True).get(pk=orders[0].merchant_id))
