"""Orders decided one after another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from channels.orders.routing.engine import route
from channels.orders.routing.rules import Rule
from channels.orders.routing.types import Candidate, Decision, Demand


def route_in_turn(
    demands: Sequence[Demand], candidates: Sequence[Candidate], rules: Sequence[Rule] = (), *, at: datetime
) -> list[Decision]:
    """Decide orders of one channel in their order, as ``route`` does: none is given what one before it was given."""
    decisions = []
    for demand in demands:
        decision = route(demand, candidates, rules, at=at)
        decisions.append(decision)
        candidates = _left(candidates, demand, decision)
    return decisions


def _left(candidates: Sequence[Candidate], demand: Demand, decision: Decision) -> Sequence[Candidate]:
    """Return the candidates as they are after a decision."""
    parts = {part.location_id: part for part in decision.parts}
    variants = {line.line_id: line.variant_id for line in demand.lines}
    left = []
    for candidate in candidates:
        part = parts.get(candidate.location_id)
        if part is None:
            left.append(candidate)
            continue
        available = dict(candidate.available)
        for line_id, units in part.units.items():
            available[variants[line_id]] -= units
        capacity = candidate.capacity_left
        left.append(replace(candidate, available=available, capacity_left=None if capacity is None else capacity - 1))
    return left
