"""Which orders and returns concern whom, and how a rule that was tried stands to the rules as they are."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q

from channels.orders.enums import ReplayStanding
from channels.orders.models import FulfillmentOrder, RoutingRule, RuleReplay

FEW = 1000


def orders_of_stores(location_ids: Collection[uuid.UUID] | None) -> Q:
    """Return the condition for orders that were placed for some stores or have a part there (None: all orders).

    Asks one query for a handful of ids first, so that the condition fits stores with few orders and with many.
    """
    if location_ids is None:
        return Q()
    placed = Q(location__in=location_ids)
    parts = FulfillmentOrder.objects.filter(location__in=location_ids).order_by()
    # Few are looked up one by one. Of many some are met soon, in whatever order the orders are walked through.
    few = list(parts.values_list("order_id", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return placed | Q(pk__in=few)
    return placed | Q(Exists(parts.filter(order=OuterRef("pk"))))


def returns_of_stores(location_ids: Collection[uuid.UUID] | None) -> Q:
    """Return the condition for returns to some stores (None: all returns); one that may go anywhere is everybody's."""
    return Q() if location_ids is None else Q(location__in=location_ids) | Q(location=None)


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
