"""What other rules would have done to past orders, with the stock that each of them saw.

Every decision keeps the figures that it looked at. They are put before the router once more, with the rules on trial;
nothing is written but the report. Each order is taken by itself: what it would have taken elsewhere does not lower the
stock that later orders saw.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from channels.orders.models import RoutingDecision, RoutingRule
from channels.orders.routing import Rule
from channels.orders.services.routing_plans import Outcome, check_definition, outcome_of_record, outcome_of_rules
from o2o.kit.errors import InvalidError
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.services import start_job
from o2o.tenancy.actor import Actor

REPLAY = "orders.replay_rules"
SAMPLE = 20
LONGEST_DAYS = 92


@dataclass
class Tally:
    """Figures of many outcomes. ``distances`` counts parts by whole kilometres, so that a tally stays small."""

    orders: int = 0
    split: int = 0
    unrouted: int = 0
    emptied: int = 0
    distances: Counter[int] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.orders += 1
        self.split += len(outcome.places) > 1
        self.unrouted += outcome.has_unrouted
        self.emptied += outcome.emptied
        self.distances.update(round(distance) for distance in outcome.distances)

    def report(self) -> dict[str, Any]:
        """Return shares of the orders (0 to 1), mean and 90th percentile of the parts' kilometres, and counts."""
        return {
            "orders": self.orders,
            "split_rate": round(self.split / self.orders, 4) if self.orders else None,
            "unroutable": self.unrouted,
            "mean_distance_km": self._mean(),
            "p90_distance_km": self._percentile(0.9),
            "stores_emptied": self.emptied,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the figures for the cursor of a job."""
        return {**vars(self), "distances": {str(km): count for km, count in self.distances.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Tally":
        """Return what ``to_json`` gave."""
        return cls(**{**data, "distances": Counter({int(km): count for km, count in data["distances"].items()})})

    def _mean(self) -> float | None:
        parts = self.distances.total()
        return round(sum(km * count for km, count in self.distances.items()) / parts, 1) if parts else None

    def _percentile(self, share: float) -> int | None:
        left = share * self.distances.total()
        for km, count in sorted(self.distances.items()):
            left -= count
            if left <= 0:
                return km
        return None


def replay_rules(
    *,
    rules: Sequence[Mapping[str, Any]],
    since: datetime,
    until: datetime,
    at: datetime,
    actor: Actor | None = None,
    draft: Mapping[str, Any] | None = None,
) -> Job:
    """Start a job that compares what happened to the orders routed in [since, until) with what ``rules`` would do.

    ``rules`` are ``{"name", "definition"}`` in their order; those that are saved are not looked at. The job's result
    has ``before``, ``after`` and up to ``SAMPLE`` ``changes``. ``draft`` is what the caller may save afterwards; it is
    kept with the job. Raises ``InvalidError``.
    """
    if not since < until or (until - since).days > LONGEST_DAYS:
        raise InvalidError(_("Choose a stretch of at most %(days)s days.") % {"days": LONGEST_DAYS}, field="since")
    for rule in rules:
        check_definition(rule["definition"])
    parameters = {
        "rules": [{"name": rule["name"], "definition": rule["definition"]} for rule in rules],
        "since": since.isoformat(),
        "until": min(until, at).isoformat(),
        "draft": draft and dict(draft),
    }
    return start_job(kind=REPLAY, title=_("Routing rules on past orders"), parameters=parameters, actor=actor)


def rules_on_trial(
    *, rule_id: uuid.UUID | None, name: str, definition: Mapping[str, Any], is_active: bool = True
) -> list[dict[str, Any]]:
    """Return the active rules in their order, with one of them changed, or a new one behind them."""
    tried = {"name": name, "definition": definition}
    rules = list(RoutingRule.objects.order_by("position", "pk"))
    trial = [
        tried if rule.pk == rule_id else {"name": rule.name, "definition": rule.definition}
        for rule in rules
        if (is_active if rule.pk == rule_id else rule.is_active)
    ]
    return trial if rule_id is not None or not is_active else [*trial, tried]


def first_decisions(*, since: datetime, until: datetime) -> QuerySet[RoutingDecision]:
    """Return the first decision of each order that fell in [since, until), oldest first."""
    earlier = RoutingDecision.objects.filter(order=OuterRef("order"), pk__lt=OuterRef("pk"))
    found: QuerySet[RoutingDecision] = RoutingDecision.objects.filter(decided_at__gte=since, decided_at__lt=until)
    return found.filter(~Exists(earlier)).select_related("order__channel").order_by("pk")


def compare(decision: RoutingDecision, rules: Sequence[Rule]) -> tuple[Outcome, Outcome] | None:
    """Return what a decision did and what ``rules`` would have done; None where it kept too little to say."""
    before = outcome_of_record(decision.decision)
    after = outcome_of_rules(decision.decision, rules, decision.order)
    return None if before is None or after is None else (before, after)


def change_of(decision: RoutingDecision, before: Outcome, after: Outcome) -> dict[str, Any]:
    """Return an order that would go elsewhere, for the sample of the report."""
    return {
        "order_id": str(decision.order_id),
        "number": decision.order.number,
        "before": list(before.places.values()),
        "after": list(after.places.values()),
        "was_unrouted": before.has_unrouted,
        "is_unrouted": after.has_unrouted,
    }
