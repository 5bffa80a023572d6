"""Rules of routing, as they are stored and as the router reads them.

    {
      "when": {"channels": [id], "methods": ["ship"], "categories": [id], "weekdays": [5, 6], "from": "09:00",
               "until": "21:00", "min_total": "99.00", "max_total": "500.00"},
      "only": {"kinds": ["store"], "locations": [id], "not_locations": [id], "max_km": 10,
               "opens_within_minutes": 60, "keep_units": 2},
      "prefer": [{"by": "nearest", "band_km": 3}, "priority", "most_stock", "least_loaded", "soonest_ready"],
      "split": "never" | "lines" | "units",
      "max_parts": 3
    }

Every part may be left out. A rule without ``when`` fits every order. ``prefer`` is read from the left: the next
criterion speaks only where the one before finds no difference. Fewest parts always come first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

METHODS = frozenset({"pickup", "ship", "deliver", "in_store"})
KINDS = frozenset({"store", "warehouse"})
CRITERIA = ("nearest", "priority", "most_stock", "least_loaded", "soonest_ready")
SPLITS = ("never", "lines", "units")
MOST_PARTS = 20


class RuleError(ValueError):
    """A definition is no rule: ``path`` says where, ``reason`` with its ``figures`` why.

    Reasons are whole sentences with names for the figures, so that they can be translated where people read them.
    """

    def __init__(self, path: str, reason: str, **figures: object) -> None:
        super().__init__(f"{path}: {reason % figures}")
        self.path = path
        self.reason = reason
        self.figures = figures


@dataclass(frozen=True, slots=True)
class When:
    """To which orders a rule applies; what is empty does not narrow."""

    channels: frozenset[UUID] = frozenset()
    methods: frozenset[str] = frozenset()
    categories: frozenset[UUID] = frozenset()
    weekdays: frozenset[int] = frozenset()
    begins: time | None = None
    ends: time | None = None
    min_total: Decimal | None = None
    max_total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """Which locations may take part; what is empty does not narrow."""

    kinds: frozenset[str] = frozenset()
    locations: frozenset[UUID] = frozenset()
    not_locations: frozenset[UUID] = frozenset()
    max_km: float | None = None
    opens_within_minutes: int | None = None
    keep_units: int = 0


@dataclass(frozen=True, slots=True)
class Criterion:
    """What makes a location better. Distances within the same band of ``band_km`` are equal."""

    by: str
    band_km: float = 0.0


DEFAULT_PREFER: Sequence[Criterion] = (Criterion("nearest"), Criterion("priority"), Criterion("most_stock"))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its name."""

    name: str
    when: When = field(default_factory=When)
    only: Only = field(default_factory=Only)
    prefer: Sequence[Criterion] = DEFAULT_PREFER
    split: str = "lines"
    max_parts: int = MOST_PARTS


DEFAULT_RULE = Rule("", prefer=(Criterion("priority"), Criterion("nearest"), Criterion("most_stock")))


def parse_rule(name: str, definition: Any) -> Rule:
    """Read a definition. Raises ``RuleError`` for the first thing in it that is wrong."""
    top = _table(definition, "", {"when", "only", "prefer", "split", "max_parts"})
    split = top.get("split", "lines")
    if split not in SPLITS:
        raise RuleError("split", "must be one of %(known)s", known=", ".join(SPLITS))
    max_parts = _whole(top.get("max_parts", MOST_PARTS), "max_parts", least=1, most=MOST_PARTS)
    prefer = top.get("prefer")
    return Rule(
        name=name,
        when=_when(top.get("when", {})),
        only=_only(top.get("only", {})),
        prefer=DEFAULT_PREFER if prefer is None else _prefer(prefer),
        split=split,
        max_parts=1 if split == "never" else max_parts,
    )


def _when(value: Any) -> When:
    names = {"channels", "methods", "categories", "weekdays", "from", "until", "min_total", "max_total"}
    table = _table(value, "when", names)
    begins, ends = _clock(table.get("from"), "when.from"), _clock(table.get("until"), "when.until")
    if (begins is None) != (ends is None):
        raise RuleError("when.until", "give both “from” and “until”, or neither")
    return When(
        channels=_ids(table.get("channels"), "when.channels"),
        methods=_words(table.get("methods"), "when.methods", METHODS),
        categories=_ids(table.get("categories"), "when.categories"),
        weekdays=frozenset(
            _whole(day, "when.weekdays", least=0, most=6) for day in _list(table.get("weekdays"), "when.weekdays")
        ),
        begins=begins,
        ends=ends,
        min_total=_decimal(table.get("min_total"), "when.min_total"),
        max_total=_decimal(table.get("max_total"), "when.max_total"),
    )


def _only(value: Any) -> Only:
    names = {"kinds", "locations", "not_locations", "max_km", "opens_within_minutes", "keep_units"}
    table = _table(value, "only", names)
    max_km = _decimal(table.get("max_km"), "only.max_km")
    within = table.get("opens_within_minutes")
    return Only(
        kinds=_words(table.get("kinds"), "only.kinds", KINDS),
        locations=_ids(table.get("locations"), "only.locations"),
        not_locations=_ids(table.get("not_locations"), "only.not_locations"),
        max_km=None if max_km is None else float(max_km),
        opens_within_minutes=None
        if within is None
        else _whole(within, "only.opens_within_minutes", least=0, most=20_160),
        keep_units=_whole(table.get("keep_units", 0), "only.keep_units", least=0, most=1_000_000),
    )


def _prefer(value: Any) -> tuple[Criterion, ...]:
    found = []
    for number, entry in enumerate(_list(value, "prefer")):
        path = f"prefer[{number}]"
        table = {"by": entry} if isinstance(entry, str) else _table(entry, path, {"by", "band_km"})
        if table.get("by") not in CRITERIA:
            raise RuleError(f"{path}.by", "must be one of %(known)s", known=", ".join(CRITERIA))
        band = _decimal(table.get("band_km"), f"{path}.band_km")
        found.append(Criterion(table["by"], float(band or 0)))
    return tuple(found)


def _table(value: Any, path: str, names: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RuleError(path or "rule", "must be an object")
    if unknown := sorted(set(value) - names):
        raise RuleError(
            f"{path}.{unknown[0]}".strip("."), "is not known here; known are %(known)s", known=", ".join(sorted(names))
        )
    return value


def _list(value: Any, path: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > 1000:
        raise RuleError(path, "must be a list of at most 1,000 entries")
    return value


def _ids(value: Any, path: str) -> frozenset[UUID]:
    try:
        return frozenset(UUID(str(entry)) for entry in _list(value, path))
    except ValueError:
        raise RuleError(path, "must hold ids") from None


def _words(value: Any, path: str, known: frozenset[str]) -> frozenset[str]:
    words = frozenset(str(entry) for entry in _list(value, path))
    if words - known:
        raise RuleError(path, "must be of %(known)s", known=", ".join(sorted(known)))
    return words


def _whole(value: Any, path: str, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RuleError(path, "must be a whole number from %(least)s to %(most)s", least=least, most=most)
    return value


def _decimal(value: Any, path: str) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise RuleError(path, "must be a number") from None
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise RuleError(path, "must be a number that is not negative")
    return number


def _clock(value: Any, path: str) -> time | None:
    if value is None:
        return None
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise RuleError(path, "must be a time such as 09:00") from None
