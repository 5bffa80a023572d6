"""What the router is told and what it answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

Coordinates = tuple[float, float]
"""Latitude and longitude in degrees."""

EARTH_KM = 6371.0088


@dataclass(frozen=True, slots=True)
class DemandLine:
    """Units of a variant that a line still wants. ``categories`` are the ids of its category and of those above it."""

    line_id: UUID
    variant_id: UUID
    sku: str
    quantity: int
    categories: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order wants. ``local`` is the instant of the decision on the merchant's clock."""

    order_id: UUID
    channel_id: UUID
    method: str
    lines: Sequence[DemandLine]
    local: datetime
    total: Decimal = Decimal(0)
    coordinates: Coordinates | None = None
    location_id: UUID | None = None
    """The store that the customer chose, which is the only one that may serve a pickup."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location as it is at the instant of the decision.

    ``available`` are the free units by variant, ``opens_at`` the first instant at which it is open (None: not within
    sight), ``capacity_left`` the orders that it may still take today (None: any number). ``excluded`` says why it is
    out from the beginning, such as that it rejected the order.
    """

    location_id: UUID
    name: str
    kind: str
    available: Mapping[UUID, int]
    methods: frozenset[str]
    opens_at: datetime | None
    coordinates: Coordinates | None = None
    priority: int = 100
    preparation_minutes: int = 0
    capacity_left: int | None = None
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one location gets: units by line."""

    location_id: UUID
    units: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Unrouted:
    """Units of a line that no location can take now, and the queue in which they wait."""

    line_id: UUID
    quantity: int
    queue: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a candidate won, lost, or was out: a code of ``reasons``, and the figures for its sentence."""

    location_id: UUID
    name: str
    outcome: str
    code: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the units go. Each unit of the demand is in one part or is unrouted; each candidate has one verdict.

    ``is_exact`` is False where the number of variants was beyond what is searched in full.
    """

    rule: str
    parts: Sequence[Part]
    unrouted: Sequence[Unrouted]
    verdicts: Sequence[Verdict]
    is_exact: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON-able values."""
        return {
            "rule": self.rule,
            "is_exact": self.is_exact,
            "parts": [
                {"location_id": str(part.location_id), "units": {str(pk): count for pk, count in part.units.items()}}
                for part in self.parts
            ],
            "unrouted": [
                {"line_id": str(row.line_id), "quantity": row.quantity, "queue": row.queue} for row in self.unrouted
            ],
            "verdicts": [
                {
                    "location_id": str(verdict.location_id),
                    "name": verdict.name,
                    "outcome": verdict.outcome,
                    "code": verdict.code,
                    "figures": dict(verdict.figures),
                }
                for verdict in self.verdicts
            ],
        }


def distance_km(one: Coordinates, other: Coordinates) -> float:
    """Return the distance over the ground, by the haversine formula on a sphere of the mean radius."""
    latitude, longitude = math.radians(one[0]), math.radians(one[1])
    other_latitude, other_longitude = math.radians(other[0]), math.radians(other[1])
    half = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
