"""Rules as they are now, and how one that was tried stands to them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from channels.orders.enums import ReplayStanding
from channels.orders.models import RoutingRule, RuleReplay


def rules_of_now() -> list[dict[str, Any]]:
    """Return the active rules in their order, as a trial keeps them. One query."""
    rows = RoutingRule.objects.filter(is_active=True).order_by("position", "pk")
    return [
        {"id": str(row.pk), "name": row.name, "position": row.position, "definition": row.definition} for row in rows
    ]


def standing_of(replay: RuleReplay, rules: Sequence[Mapping[str, Any]]) -> ReplayStanding:
    """Say whether a trial speaks of the rules as they are now, which are given. No query where its rule is loaded."""
    rule = replay.rule
    if rule is None:
        return ReplayStanding.UNSAVED
    now, then = ((one.definition, one.position) for one in (rule, replay))
    # One that is switched off may be tried as if it were on, yet not the other way round.
    if now != then or rule.is_active > replay.is_active:
        # What was tried after the last change is a change that nobody has saved yet.
        return ReplayStanding.UNSAVED if replay.created_at > rule.updated_at else ReplayStanding.CHANGED
    if _without(rule.pk, rules) != _without(rule.pk, replay.others):
        return ReplayStanding.OTHERS_CHANGED
    return ReplayStanding.CURRENT


def _without(rule_id: uuid.UUID, rules: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["id"], row["position"], row["definition"]) for row in rules if row["id"] != str(rule_id)]
