"""Put the facts of an order before the router, and keep what it looked at and decided.

The router (``channels.orders.routing``) is pure; everything that is said to it or heard from it goes through here.

The record of a decision is JSON: ``lines`` and ``candidates`` with the figures that were looked at, ``parts`` and
``waiting`` with the units that went or wait, and ``verdicts``, one for each candidate, as ``explaining.sentence`` reads
them. Where the customer lives is not in it, only how far each candidate is, to 100 metres: a record is kept for good.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.utils.translation import gettext as _

from channels.orders.enums import UnroutedQueue
from channels.orders.models import Order, RoutingRule
from channels.orders.routing import Candidate, Decision, Demand, Line, Rule, RuleError, parse_rule, route
from channels.orders.services.routing_facts import Facts
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import ChannelLocation
from o2o.kit.errors import InvalidError

logger = structlog.get_logger(__name__)

PLACES_KM = 1


@dataclass(frozen=True, slots=True)
class Placement:
    """Units of order lines that go to one location, or (``location_id`` None) wait in ``queue``."""

    location_id: uuid.UUID | None
    units: Mapping[uuid.UUID, int]
    queue: UnroutedQueue | str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where every unit goes, and the record of the decision."""

    rule_name: str
    placements: Sequence[Placement]
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision comes to: units by location, its name and distance in km, and how many stocks it used up."""

    units: Mapping[str, Mapping[str, int]]
    places: Mapping[str, str]
    distances: Sequence[float]
    has_unrouted: bool
    emptied: int


def check_definition(definition: Mapping[str, Any], *, name: str = "") -> Rule:
    """Return the rule that a definition describes. Raises ``InvalidError``, which names the part that is wrong."""
    try:
        return parse_rule(definition, name=name)
    except RuleError as error:
        raise InvalidError(
            _("The definition of the rule is not valid: %(fault)s") % {"fault": error},
            errors=[{"pointer": f"/definition/{error.path}", "code": "invalid", "detail": str(error)}],
            field="definition",
        ) from error


def readable_rules(rules: Sequence[RoutingRule]) -> list[Rule]:
    """Return the rules in the router's form, without those that it cannot read any more: orders must go somewhere."""
    found = []
    for rule in rules:
        try:
            found.append(check_definition(rule.definition, name=rule.name))
        except InvalidError as error:
            logger.warning("routing_rule_unreadable", rule_id=str(rule.pk), name=rule.name, detail=str(error.detail))
    return found


def decide(facts: Facts) -> Plan:
    """Ask the router where the units of an order go."""
    demand, candidates = _demand(facts), _candidates(facts)
    decision = route(demand, candidates, readable_rules(facts.rules))
    placed = [Placement(location_id, units) for location_id, units in decision.parts]
    waiting = [Placement(None, units, UnroutedQueue(queue)) for queue, units in decision.unrouted]
    return Plan(decision.rule_name, [*placed, *waiting], _record(demand, candidates, decision))


def outcome_of_record(record: Mapping[str, Any]) -> Outcome | None:
    """Return what a recorded decision came to; None where the record is too old to say."""
    if "candidates" not in record:
        return None
    return _outcome(record, {part["location_id"]: part["units"] for part in record["parts"]}, bool(record["waiting"]))


def outcome_of_rules(record: Mapping[str, Any], rules: Sequence[Rule], order: Order) -> Outcome | None:
    """Return what ``rules`` would have made of a recorded decision; None where the record is too old to say."""
    if "candidates" not in record:
        return None
    decision = route(_demand_of(record, order), [_candidate_of(entry) for entry in record["candidates"]], rules)
    units = {str(location): {str(line): count for line, count in part.items()} for location, part in decision.parts}
    return _outcome(record, units, bool(decision.unrouted))


def _demand(facts: Facts) -> Demand:
    order = facts.order
    lines = tuple(_line(line_id, quantity, facts) for line_id, quantity in facts.units.items())
    return _demand_for(order, lines, facts.at)


def _line(line_id: uuid.UUID, quantity: int, facts: Facts) -> Line:
    variant = facts.lines[line_id].variant
    category = variant.product.category if variant else None
    return Line(line_id, variant.pk if variant else None, quantity, category.path if category else "")


def _demand_for(order: Order, lines: tuple[Line, ...], at: datetime) -> Demand:
    is_known = order.latitude is not None and order.longitude is not None
    return Demand(
        channel_id=order.channel_id,
        method=order.method,
        lines=lines,
        total=order.total,
        at=at,
        coordinates=(order.latitude, order.longitude) if is_known else None,
        requested_location_id=order.location_id if order.method == FulfillmentMethod.PICKUP else None,
    )


def _candidates(facts: Facts) -> list[Candidate]:
    variants = {line.variant_id for line_id, line in facts.lines.items() if line_id in facts.units}
    return [_candidate(served, facts, variants) for served in facts.served_by]


def _candidate(served: ChannelLocation, facts: Facts, variants: set[uuid.UUID | None]) -> Candidate:
    location = served.location
    return Candidate(
        id=location.pk,
        name=location.name,
        kind=location.kind,
        coordinates=location.coordinates,
        methods=frozenset(location.methods),
        priority=served.priority,
        available={variant: facts.available.get((variant, location.pk), 0) for variant in variants if variant},
        opens_at=facts.opens_at.get(location.pk),
        capacity_left=facts.capacity_left.get(location.pk),
        is_excluded=location.pk in facts.excluded,
    )


def _record(demand: Demand, candidates: Sequence[Candidate], decision: Decision) -> dict[str, Any]:
    distances = {verdict.location_id: verdict.distance_km for verdict in decision.verdicts}
    return {
        "at": demand.at.isoformat(),
        "lines": [
            {"id": str(line.id), "variant_id": line.variant_id and str(line.variant_id), "quantity": line.quantity,
             "category": line.category}
            for line in demand.lines
        ],
        "candidates": [_entry(candidate, distances.get(candidate.id)) for candidate in candidates],
        "parts": [{"location_id": str(place), "units": _texts(units)} for place, units in decision.parts],
        "waiting": [{"queue": str(queue), "units": _texts(units)} for queue, units in decision.unrouted],
        "verdicts": [verdict.to_json() for verdict in decision.verdicts],
    }  # fmt: skip


def _entry(candidate: Candidate, distance_km: float | None) -> dict[str, Any]:
    return {
        "location_id": str(candidate.id),
        "name": candidate.name,
        "kind": candidate.kind,
        "coordinates": candidate.coordinates,
        "methods": sorted(candidate.methods),
        "priority": candidate.priority,
        "available": {str(variant): units for variant, units in candidate.available.items()},
        "opens_at": candidate.opens_at.isoformat() if candidate.opens_at else None,
        "capacity_left": candidate.capacity_left,
        "is_excluded": candidate.is_excluded,
        "distance_km": None if distance_km is None else round(distance_km, PLACES_KM),
    }


def _demand_of(record: Mapping[str, Any], order: Order) -> Demand:
    lines = tuple(
        Line(
            uuid.UUID(entry["id"]),
            uuid.UUID(entry["variant_id"]) if entry["variant_id"] else None,
            entry["quantity"],
            entry["category"],
        )
        for entry in record["lines"]
    )
    return _demand_for(order, lines, datetime.fromisoformat(record["at"]))


def _candidate_of(entry: Mapping[str, Any]) -> Candidate:
    return Candidate(
        id=uuid.UUID(entry["location_id"]),
        name=entry["name"],
        kind=entry["kind"],
        coordinates=tuple(entry["coordinates"]) if entry["coordinates"] else None,
        methods=frozenset(entry["methods"]),
        priority=entry["priority"],
        available={uuid.UUID(variant): units for variant, units in entry["available"].items()},
        opens_at=datetime.fromisoformat(entry["opens_at"]) if entry["opens_at"] else None,
        capacity_left=entry["capacity_left"],
        is_excluded=entry["is_excluded"],
    )


def _outcome(record: Mapping[str, Any], parts: Mapping[str, Mapping[str, int]], has_unrouted: bool) -> Outcome:
    candidates = {entry["location_id"]: entry for entry in record["candidates"]}
    variant_of = {entry["id"]: entry["variant_id"] for entry in record["lines"]}
    emptied = 0
    for location_id, units in parts.items():
        left = dict(candidates[location_id]["available"])
        for line_id, quantity in units.items():
            left[variant_of[line_id]] -= quantity
        touched = {variant_of[line_id] for line_id in units}
        emptied += sum(left[variant] <= 0 for variant in touched)
    found = [candidates[location_id] for location_id in parts]
    return Outcome(
        units=parts,
        places={entry["location_id"]: entry["name"] for entry in found},
        distances=[entry["distance_km"] for entry in found if entry["distance_km"] is not None],
        has_unrouted=has_unrouted,
        emptied=emptied,
    )


def _texts(units: Mapping[uuid.UUID, int]) -> dict[str, int]:
    return {str(line_id): quantity for line_id, quantity in units.items()}
