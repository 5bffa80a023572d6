"""Rules tried on past orders before they are saved."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import quantiles

from channels.inventory.selectors import available_at_locations
from channels.orders.models import Order, RoutingRule
from channels.orders.routing import Candidate, Decision, Demand, DemandLine, Rule, parse_rule, route
from channels.orders.routing.types import distance_km
from channels.stores.models import ChannelLocation

LOOK_BACK = timedelta(days=30)
MOST_ORDERS = 1000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of rules made of the orders."""

    split: int
    unrouted: int
    mean_km: float | None
    p90_km: float | None
    emptied: int


@dataclass(frozen=True, slots=True)
class Change:
    """An order that would have gone elsewhere: its number, and the locations then and now."""

    number: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The same orders decided by the rules as they are and by those with the new one."""

    orders: int
    changed: int
    before: Figures
    after: Figures
    samples: Sequence[Change]


@dataclass
class _Run:
    """One pass over the orders, in which each order takes its units out of the stock that the next ones see."""

    rules: Sequence[Rule]
    stock: dict[tuple[uuid.UUID, uuid.UUID], int]
    decisions: list[Decision] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    touched: set[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=set)

    def decide(self, demand: Demand, links: Sequence[ChannelLocation], at: datetime) -> None:
        candidates = [self._candidate(link, demand, at) for link in links]
        decision = route(demand, candidates, self.rules, at=at)
        by_id = {line.line_id: line for line in demand.lines}
        places = {link.location_id: link.location.coordinates for link in links}
        for part in decision.parts:
            for line_id, units in part.units.items():
                place = (by_id[line_id].variant_id, part.location_id)
                self.stock[place] -= units
                self.touched.add(place)
            coordinates = places[part.location_id]
            if demand.coordinates is not None and coordinates is not None:
                self.distances.append(distance_km(demand.coordinates, coordinates))
        self.decisions.append(decision)

    def figures(self) -> Figures:
        return Figures(
            split=sum(len(decision.parts) > 1 for decision in self.decisions),
            unrouted=sum(bool(decision.unrouted) for decision in self.decisions),
            mean_km=sum(self.distances) / len(self.distances) if self.distances else None,
            p90_km=quantiles(self.distances, n=10)[-1] if len(self.distances) > 1 else None,
            emptied=sum(self.stock[place] <= 0 for place in self.touched),
        )

    def _candidate(self, link: ChannelLocation, demand: Demand, at: datetime) -> Candidate:
        location = link.location
        return Candidate(
            location_id=location.pk,
            name=location.name,
            kind=location.kind,
            available={line.variant_id: self.stock[line.variant_id, location.pk] for line in demand.lines},
            methods=frozenset(location.methods),
            opens_at=at,
            coordinates=location.coordinates,
            priority=link.priority,
            preparation_minutes=location.preparation_minutes,
        )


def replay_rules(
    *,
    name: str,
    definition: object,
    position: int,
    at: datetime,
    rule_id: uuid.UUID | None = None,
    is_active: bool = True,
) -> Replay:
    """Decide up to 1,000 orders of the last 30 days again, by the rules as they are and with one new or changed.

    Both passes begin with the stock of now plus what these orders took, and each order takes its units out of it, so
    that the effect on stores adds up. Opening hours and daily capacity of then are not known any more and left out of
    both. Writes nothing; about six queries. Raises ``RuleError``.
    """
    rows = list(RoutingRule.objects.filter(is_active=True).order_by("position", "pk"))
    present = [parse_rule(row.name, row.definition) for row in rows]
    changed = [(row.position, parse_rule(row.name, row.definition)) for row in rows if row.pk != rule_id]
    if is_active:
        changed.append((position, parse_rule(name, definition)))
    changed.sort(key=lambda entry: entry[0])
    orders = _orders(at)
    links = _links({order.channel_id for order in orders})
    stock = _stock(orders, links, at)
    runs = [_Run(present, dict(stock)), _Run([rule for _position, rule in changed], dict(stock))]
    for run in runs:
        run.stock = defaultdict(int, run.stock)
        for order in orders:
            run.decide(_demand(order), links[order.channel_id], at)
    return _compared(orders, links, runs)


def _orders(at: datetime) -> list[Order]:
    recent = Order.objects.filter(placed_at__gte=at - LOOK_BACK, is_historical=False).exclude(method="in_store")
    found = recent.prefetch_related("lines").order_by("-placed_at", "-pk")[:MOST_ORDERS]
    return [order for order in reversed(found) if any(line.variant_id and line.quantity for line in order.lines.all())]


def _links(channel_ids: set[uuid.UUID]) -> dict[uuid.UUID, list[ChannelLocation]]:
    found: dict[uuid.UUID, list[ChannelLocation]] = defaultdict(list)
    rows = ChannelLocation.objects.filter(channel_id__in=channel_ids, location__is_active=True)
    for link in rows.select_related("location").order_by("priority", "pk"):
        found[link.channel_id].append(link)
    return found


def _stock(
    orders: Sequence[Order], links: dict[uuid.UUID, list[ChannelLocation]], at: datetime
) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """Return the free units of now, and what the orders took on top, where they were routed to."""
    variants = {line.variant_id for order in orders for line in order.lines.all() if line.variant_id}
    places = {link.location_id for rows in links.values() for link in rows}
    stock = defaultdict(int, available_at_locations(variant_ids=variants, location_ids=places, at=at))
    taken = Order.objects.filter(pk__in=[order.pk for order in orders], fulfillments__location__isnull=False).exclude(
        fulfillments__state__in=("rejected", "cancelled")
    )
    rows = taken.values_list(
        "fulfillments__lines__order_line__variant_id", "fulfillments__location_id", "fulfillments__lines__quantity"
    )
    for variant_id, location_id, units in rows:
        if variant_id is not None:
            stock[variant_id, location_id] += units or 0
    return stock


def _demand(order: Order) -> Demand:
    coordinates = (order.latitude, order.longitude)
    return Demand(
        order_id=order.pk,
        channel_id=order.channel_id,
        method=order.method,
        lines=[
            DemandLine(line.pk, line.variant_id, line.sku, line.quantity)
            for line in order.lines.all()
            if line.variant_id is not None and line.quantity
        ],
        local=order.placed_at,
        total=order.total,
        coordinates=None if None in coordinates else coordinates,  # type: ignore[arg-type]
        location_id=order.location_id if order.method == "pickup" else None,
    )


def _compared(orders: Sequence[Order], links: dict[uuid.UUID, list[ChannelLocation]], runs: Sequence[_Run]) -> Replay:
    names = {link.location_id: link.location.name for rows in links.values() for link in rows}
    changed = 0
    samples: list[Change] = []
    for order, before, after in zip(orders, runs[0].decisions, runs[1].decisions, strict=True):
        if [(part.location_id, part.units) for part in before.parts] == [
            (part.location_id, part.units) for part in after.parts
        ]:
            continue
        changed += 1
        if len(samples) < SHOWN:
            samples.append(Change(order.number, _named(before, names), _named(after, names)))
    return Replay(len(orders), changed, runs[0].figures(), runs[1].figures(), samples)


def _named(decision: Decision, names: dict[uuid.UUID, str]) -> str:
    return " + ".join(names[part.location_id] for part in decision.parts)
