"""Put the facts of an order before the router, and its decision into placements."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.orders.enums import UnroutedQueue
from channels.orders.services.routing_facts import Facts


@dataclass(frozen=True, slots=True)
class Placement:
    """Units of order lines that go to one location, or (``location_id`` None) wait in ``queue``."""

    location_id: uuid.UUID | None
    units: Mapping[uuid.UUID, int]
    queue: UnroutedQueue | str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where every unit goes, and the decision with its figures as JSON."""

    rule_name: str
    placements: Sequence[Placement]
    record: Mapping[str, Any]


def decide(facts: Facts) -> Plan:
    """Ask the router."""
    from channels.orders.routing import Candidate, Demand, Line, route

    demand = Demand(
        channel_id=facts.order.channel_id,
        method=facts.order.method,
        total=facts.order.total,
        at=facts.at,
        coordinates=(facts.order.latitude, facts.order.longitude) if facts.order.latitude is not None else None,
        lines=tuple(Line(i, facts.lines[i].variant_id, n) for i, n in facts.units.items()),
        requested_location_id=facts.order.location_id if facts.order.method == "pickup" else None,
    )
    cands = [
        Candidate(
            s.location_id,
            s.location.name,
            s.location.coordinates,
            frozenset(s.location.methods),
            s.priority,
            {v: n for (v, l), n in facts.available.items() if l == s.location_id},
            facts.opens_at.get(s.location_id),
            facts.capacity_left.get(s.location_id),
            s.location_id in facts.excluded,
        )
        for s in facts.served_by
    ]
    d = route(demand, cands, facts.rules)
    return Plan(
        d.rule_name,
        [Placement(l, u) for l, u in d.parts] + [Placement(None, u, UnroutedQueue(q)) for q, u in d.unrouted],
        {"verdicts": [{"location_id": str(v.location_id), "code": v.code, **v.params} for v in d.verdicts]},
    )
