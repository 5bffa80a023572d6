"""What the router is told: the demand of orders and the locations as they are now."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from channels.catalog.selectors.categories import categories_of
from channels.inventory.selectors import available_at_locations
from channels.orders.enums import FulfillmentState, RejectionReason
from channels.orders.models import FulfillmentOrder, Order, OrderLine
from channels.orders.routing import Candidate, Demand, DemandLine, Rule, parse_rule
from channels.orders.selectors import rules_of_now
from channels.stores.enums import FulfillmentMethod
from channels.stores.hours import next_opening
from channels.stores.models import StockLocation
from channels.stores.network import Network
from channels.stores.selectors import business_day
from o2o.tenancy.models import Merchant

COUNTED = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED, FulfillmentState.READY, FulfillmentState.HANDED_OVER,
           FulfillmentState.SHIPPED, FulfillmentState.CLOSED)  # fmt: skip
LONGEST_DAY = timedelta(hours=26)


def load_rules() -> list[Rule]:
    """Read the active rules of the merchant in scope, in their order, for ``ReferenceData.get``. One query."""
    return [parse_rule(row["name"], row["definition"]) for row in rules_of_now()]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order wants to be given: units of lines that no location has, apart those that the catalog knows."""

    order: Order
    known: Mapping[OrderLine, int]
    unknown: Mapping[OrderLine, int]

    @classmethod
    def of(cls, order: Order, units: Mapping[OrderLine, int]) -> Self:
        """Return the wish for units of lines."""
        known = {line: count for line, count in units.items() if line.variant_id is not None}
        return cls(order, known, {line: count for line, count in units.items() if line not in known})


def demands_of(wishes: Sequence[Wish], rules: Sequence[Rule], *, at: datetime) -> list[Demand]:
    """Return what orders want, in their order; units that the catalog does not know are left out.

    No query unless a rule asks for categories (two) or the clock (one).
    """
    needs_categories = any(rule.when.categories for rule in rules)
    variant_ids = _wanted(wishes)
    categories = categories_of(variant_ids) if needs_categories else {}
    needs_clock = any(rule.when.weekdays or rule.when.begins for rule in rules)
    local = at.astimezone(ZoneInfo(_time_zone(wishes[0].order))) if needs_clock else at
    return [_demand(wish, categories, local) for wish in wishes]


def _wanted(wishes: Sequence[Wish]) -> set[uuid.UUID]:
    return {line.variant_id for wish in wishes for line in wish.known if line.variant_id is not None}


def _demand(wish: Wish, categories: Mapping[uuid.UUID, frozenset[uuid.UUID]], local: datetime) -> Demand:
    order = wish.order
    coordinates = (order.latitude, order.longitude)
    return Demand(
        order_id=order.pk,
        channel_id=order.channel_id,
        method=order.method,
        lines=[
            DemandLine(line.pk, line.variant_id, line.sku, count, categories.get(line.variant_id, frozenset()))
            for line, count in wish.known.items()
            if line.variant_id is not None
        ],
        local=local,
        total=order.total,
        coordinates=None if None in coordinates else coordinates,  # type: ignore[arg-type]
        location_id=order.location_id if order.method == "pickup" else None,
    )


def candidates_of(wishes: Sequence[Wish], network: Network, *, at: datetime, has_history: bool) -> list[Candidate]:
    """Return the locations of the channel of orders as they are now, those that are out already with the reason.

    At most three queries, however many orders, locations and variants: what is free, what an order with a history has
    been refused (it comes alone), and how busy those locations are that have a limit.
    """
    order = wishes[0].order
    links = network.serving.get(order.channel_id, ())
    free = available_at_locations(variant_ids=_wanted(wishes), location_ids=[link.location_id for link in links], at=at)
    load = _load([link.location for link in links], at)
    refused = _refused(order) if has_history else {}
    stock: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(dict)
    for (variant_id, location_id), quantity in free.items():
        stock[location_id][variant_id] = quantity
    return [
        Candidate(
            location_id=link.location_id,
            name=link.location.name,
            kind=link.location.kind,
            available=stock[link.location_id],
            methods=frozenset(link.location.methods),
            opens_at=next_opening(network.calendars[link.location_id], at=at),
            coordinates=link.location.coordinates,
            priority=link.priority,
            preparation_minutes=link.location.preparation_minutes,
            capacity_left=_capacity_left(link.location, load),
            excluded=refused.get(link.location_id, ""),
        )
        for link in links
    ]


def _capacity_left(location: StockLocation, load: Mapping[uuid.UUID, int]) -> int | None:
    if location.daily_order_capacity is None:
        return None
    return location.daily_order_capacity - load.get(location.pk, 0)


def _load(locations: Sequence[StockLocation], at: datetime) -> Mapping[uuid.UUID, int]:
    """Return how many orders each location with a limit has been given in its present business day.

    Purchases at its own counter are none of them.
    """
    limited = {location.pk: location for location in locations if location.daily_order_capacity is not None}
    if not limited:
        return {}
    begins = {pk: business_day(location=location, at=at).starts_at for pk, location in limited.items()}
    rows = (
        FulfillmentOrder.objects.filter(location_id__in=limited, created_at__gte=at - LONGEST_DAY, state__in=COUNTED)
        .exclude(method=FulfillmentMethod.IN_STORE)
        .values_list("location_id", "created_at")
    )
    load: dict[uuid.UUID, int] = defaultdict(int)
    for location_id, created_at in rows:
        load[location_id] += created_at >= begins[location_id]
    return load


def _refused(order: Order) -> Mapping[uuid.UUID, str]:
    rows = FulfillmentOrder.objects.filter(order=order, state=FulfillmentState.REJECTED, location__isnull=False)
    return {
        location_id: "took_too_long" if reason == RejectionReason.EXPIRED else "rejected_before"
        for location_id, reason in rows.values_list("location_id", "rejection_reason")
    }


def _time_zone(order: Order) -> str:
    zone: str = Merchant.objects.values_list("time_zone", flat=True).get(pk=order.merchant_id)
    return zone
