"""Rules tried on past orders: the same orders decided by two sets of rules, each with shelves of its own.

A trial goes through the orders in pieces. Between two pieces it is JSON, so that another process can go on with it and
comes to the same result.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.orders.routing.engine import route, rule_for
from channels.orders.routing.rules import Rule
from channels.orders.routing.types import Candidate, Decision, Demand, distance_km

SAMPLES = 50
PER_KM = 10
"""Distances are counted in tenths of a kilometre."""

Place = tuple[UUID, UUID]
"""A variant at a location."""
Shelves = dict[UUID, dict[UUID, int]]
"""Units by location and variant."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of rules made of the orders. ``emptied`` are places that were sold down to nothing."""

    split: int
    parcels: int
    unrouted: int
    mean_km: float | None
    p90_km: float | None
    emptied: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one location would get of an order."""

    location_id: UUID
    name: str
    units: int


@dataclass(frozen=True, slots=True)
class Change:
    """An order that would have gone elsewhere, and how many of its units would wait on each side."""

    order_id: UUID
    before: Sequence[Share]
    after: Sequence[Share]
    waits_before: int
    waits_after: int


@dataclass(slots=True)
class Side:
    """One set of rules on its way through the orders.

    ``moved`` are the units that lie at a place beyond (or below) those that are free there in truth: what the orders
    took in truth, less what these rules let them take.
    """

    rules: Sequence[Rule]
    moved: dict[Place, int]
    split: int = 0
    parcels: int = 0
    unrouted: int = 0
    emptied: int = 0
    distances: Counter[int] = field(default_factory=Counter)

    def figures(self) -> Figures:
        """Return what came of the orders so far."""
        count = self.distances.total()
        far = sum(tenths * times for tenths, times in self.distances.items())
        return Figures(
            split=self.split,
            parcels=self.parcels,
            unrouted=self.unrouted,
            mean_km=round(far / count / PER_KM, 2) if count else None,
            p90_km=_percentile(self.distances, 90),
            emptied=self.emptied,
        )


@dataclass(slots=True)
class Trial:
    """Two sides and how their decisions differ."""

    before: Side
    after: Side
    orders: int = 0
    changed: int = 0
    samples: list[Change] = field(default_factory=list)

    def decide(
        self,
        demands: Iterable[Demand],
        candidates: Mapping[UUID, Sequence[Candidate]],
        free: Mapping[Place, int],
        *,
        at: datetime,
    ) -> None:
        """Decide the next orders on both sides.

        ``candidates`` are the locations by channel; their stock is taken from ``free``, the units that are free in
        truth at each place that the demands may ask for. Each order takes its units out of what the next ones see.
        """
        one, other = (_Run(side, candidates, free) for side in (self.before, self.after))
        apart = self._variants_apart()
        for demand in demands:
            before = one.decide(demand, at)
            is_alike = apart.isdisjoint(line.variant_id for line in demand.lines) and (
                rule_for(demand, self.before.rules) == rule_for(demand, self.after.rules)
            )
            # The same rule on the same shelves decides the same.
            after = before if is_alike else other.decide(demand, at)
            one.settle(demand, before)
            other.settle(demand, after)
            self.orders += 1
            if _taken(before) != _taken(after):
                apart.update(line.variant_id for line in demand.lines)
                self.changed += 1
                if len(self.samples) < SAMPLES:
                    self.samples.append(_change(demand, before, after, one.named))

    def _variants_apart(self) -> set[UUID]:
        """Return the variants whose shelves differ between the sides."""
        before, after = self.before.moved, self.after.moved
        return {place[0] for place in before.keys() | after.keys() if before.get(place, 0) != after.get(place, 0)}


class _Run:
    """One side with its shelves, for some orders. The candidates look at the shelves themselves."""

    def __init__(self, side: Side, candidates: Mapping[UUID, Sequence[Candidate]], free: Mapping[Place, int]) -> None:
        self.side = side
        self.named = {one.location_id: one for some in candidates.values() for one in some}
        self.shelves: Shelves = {location_id: {} for location_id in self.named}
        for (variant_id, location_id), units in free.items():
            if location_id in self.shelves:
                self.shelves[location_id][variant_id] = units
        for (variant_id, location_id), units in side.moved.items():
            if location_id in self.shelves:
                shelf = self.shelves[location_id]
                shelf[variant_id] = shelf.get(variant_id, 0) + units
        self.candidates = {
            channel_id: [replace(one, available=self.shelves[one.location_id]) for one in some]
            for channel_id, some in candidates.items()
        }

    def decide(self, demand: Demand, at: datetime) -> Decision:
        """Decide an order by what is on the shelves; locations that have nothing of it could not get any part."""
        wanted = [line.variant_id for line in demand.lines]
        able = [
            one
            for one in self.candidates.get(demand.channel_id, ())
            if (demand.location_id is None or one.location_id == demand.location_id)
            and any(one.available.get(variant_id, 0) > 0 for variant_id in wanted)
        ]
        return route(demand, able, self.side.rules, at=at, explains=False)

    def settle(self, demand: Demand, decision: Decision) -> None:
        """Take the units of a decision off the shelves and count what there is to count."""
        side = self.side
        variants = {line.line_id: line.variant_id for line in demand.lines}
        for part in decision.parts:
            for line_id, units in part.units.items():
                self._take(variants[line_id], part.location_id, units)
            coordinates = self.named[part.location_id].coordinates
            if demand.coordinates is not None and coordinates is not None:
                side.distances[round(distance_km(demand.coordinates, coordinates) * PER_KM)] += 1
        side.parcels += len(decision.parts)
        side.split += len(decision.parts) > 1
        side.unrouted += bool(decision.unrouted)

    def _take(self, variant_id: UUID, location_id: UUID, units: int) -> None:
        shelf, place = self.shelves[location_id], (variant_id, location_id)
        shelf[variant_id] -= units
        self.side.moved[place] = self.side.moved.get(place, 0) - units
        # It never grows again, so that it comes to nothing once.
        self.side.emptied += shelf[variant_id] <= 0


def trial_to_json(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON-able values, without its rules; ids stand there once and are numbered."""
    places = [*trial.before.moved, *trial.after.moved]
    variants = {pk: number for number, pk in enumerate(dict.fromkeys(variant for variant, _location in places))}
    locations = {pk: number for number, pk in enumerate(dict.fromkeys(location for _variant, location in places))}

    def side_to_json(side: Side) -> dict[str, Any]:
        rows = ((variants[variant], locations[location], units) for (variant, location), units in side.moved.items())
        return {
            "moved": [number for row in rows for number in row],
            "split": side.split,
            "parcels": side.parcels,
            "unrouted": side.unrouted,
            "emptied": side.emptied,
            "distances": sorted(side.distances.items()),
        }

    return {
        "variants": [pk.hex for pk in variants],
        "locations": [pk.hex for pk in locations],
        "before": side_to_json(trial.before),
        "after": side_to_json(trial.after),
        "orders": trial.orders,
        "changed": trial.changed,
        "samples": [change_to_json(change) for change in trial.samples],
    }


def trial_from_json(values: Mapping[str, Any], before: Sequence[Rule], after: Sequence[Rule]) -> Trial:
    """Return the trial that ``trial_to_json`` wrote, with its two sets of rules."""
    variants, locations = ([UUID(pk) for pk in values[name]] for name in ("variants", "locations"))

    def side_from_json(side: Mapping[str, Any], rules: Sequence[Rule]) -> Side:
        flat = iter(side["moved"])
        return Side(
            rules=rules,
            moved={(variants[row], locations[column]): units for row, column, units in zip(flat, flat, flat)},  # noqa: B905 - one iterator
            split=side["split"],
            parcels=side["parcels"],
            unrouted=side["unrouted"],
            emptied=side["emptied"],
            distances=Counter(dict(side["distances"])),
        )

    return Trial(
        before=side_from_json(values["before"], before),
        after=side_from_json(values["after"], after),
        orders=values["orders"],
        changed=values["changed"],
        samples=[_change_from_json(change) for change in values["samples"]],
    )


def change_to_json(change: Change) -> dict[str, Any]:
    """Return a changed order as JSON-able values."""
    sides = {"before": change.before, "after": change.after}
    return {
        "order_id": str(change.order_id),
        **{
            name: [{"location_id": str(one.location_id), "name": one.name, "units": one.units} for one in shares]
            for name, shares in sides.items()
        },
        "waits_before": change.waits_before,
        "waits_after": change.waits_after,
    }


def _change_from_json(values: Mapping[str, Any]) -> Change:
    before, after = (
        [Share(UUID(one["location_id"]), one["name"], one["units"]) for one in values[name]]
        for name in ("before", "after")
    )
    return Change(UUID(values["order_id"]), before, after, values["waits_before"], values["waits_after"])


def _taken(decision: Decision) -> list[tuple[UUID, Mapping[UUID, int]]]:
    return [(part.location_id, part.units) for part in decision.parts]


def _change(demand: Demand, before: Decision, after: Decision, named: Mapping[UUID, Candidate]) -> Change:
    shares = [
        [Share(part.location_id, named[part.location_id].name, sum(part.units.values())) for part in decision.parts]
        for decision in (before, after)
    ]
    waits = [sum(row.quantity for row in decision.unrouted) for decision in (before, after)]
    return Change(demand.order_id, shares[0], shares[1], waits[0], waits[1])


def _percentile(distances: Counter[int], percent: int) -> float | None:
    """Return the smallest distance within which so many of a hundred parcels stay (nearest rank)."""
    left = -(-distances.total() * percent // 100)
    for tenths in sorted(distances):
        left -= distances[tenths]
        if left <= 0:
            return tenths / PER_KM
    return None
