"""Routing rules: made, changed, put in order, switched on and off. What they did before stays as it is."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.models import RoutingRule
from channels.orders.services.routing_plans import check_definition
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows

STEP = 10
MOST_RULES = 100


class RuleExistsError(DomainError):
    """Another rule has this name."""

    code = "routing_rule_exists"
    title = gettext_lazy("There is a rule of this name already")


class TooManyRulesError(DomainError):
    """A merchant has as many rules as it may."""

    code = "too_many_routing_rules"
    title = gettext_lazy("There are too many routing rules")


def create_rule(*, name: str, definition: Mapping[str, Any], is_active: bool = True) -> RoutingRule:
    """Add a rule behind the others. Raises ``InvalidError``, ``RuleExistsError`` or ``TooManyRulesError``."""
    check_definition(definition)
    with transaction.atomic():
        rules = lock_rows(RoutingRule.objects.all())
        if len(rules) >= MOST_RULES:
            raise TooManyRulesError(_("%(count)s rules are the most; remove one first.") % {"count": MOST_RULES})
        _refuse_name(rules, name)
        last = max((rule.position for rule in rules), default=0)
        return RoutingRule.objects.create(
            name=name, definition=dict(definition), is_active=is_active, position=last + STEP
        )


def update_rule(
    *,
    rule_id: uuid.UUID,
    name: str | None = None,
    definition: Mapping[str, Any] | None = None,
    is_active: bool | None = None,
) -> RoutingRule:
    """Change what is given and leave the rest. Raises ``InvalidError``, ``RuleExistsError`` or ``NotFoundError``."""
    if definition is not None:
        check_definition(definition)
    with transaction.atomic():
        rules = lock_rows(RoutingRule.objects.all())
        rule = _found(rules, rule_id)
        if name is not None:
            _refuse_name([other for other in rules if other is not rule], name)
            rule.name = name
        if definition is not None:
            rule.definition = dict(definition)
        if is_active is not None:
            rule.is_active = is_active
        rule.save()
        return rule


def delete_rule(*, rule_id: uuid.UUID) -> None:
    """Remove a rule; decisions keep its name. Raises ``NotFoundError``."""
    with transaction.atomic():
        _found(lock_rows(RoutingRule.objects.filter(pk=rule_id)), rule_id).delete()


def reorder_rules(*, rule_ids: Sequence[uuid.UUID]) -> list[RoutingRule]:
    """Ask the rules in this order from now on; it names each rule once. Raises ``InvalidError``."""
    with transaction.atomic():
        rules = {rule.pk: rule for rule in lock_rows(RoutingRule.objects.all())}
        if len(rule_ids) != len(rules) or set(rule_ids) != set(rules):
            raise InvalidError(
                _("Name each of the %(count)s rules once. Somebody may have added or removed one: load them again.")
                % {"count": len(rules)},
                field="rule_ids",
            )
        for place, rule_id in enumerate(rule_ids, start=1):
            rules[rule_id].position = place * STEP
        RoutingRule.objects.bulk_update(rules.values(), ["position"])
        return [rules[rule_id] for rule_id in rule_ids]


def move_rule(*, rule_id: uuid.UUID, is_up: bool) -> list[RoutingRule]:
    """Let a rule change places with the one before (or after) it. Raises ``NotFoundError``."""
    with transaction.atomic():
        rules = sorted(lock_rows(RoutingRule.objects.all()), key=lambda rule: (rule.position, rule.pk))
        place = rules.index(_found(rules, rule_id))
        other = place - 1 if is_up else place + 1
        if 0 <= other < len(rules):
            rules[place], rules[other] = rules[other], rules[place]
        return reorder_rules(rule_ids=[rule.pk for rule in rules])


def _found(rules: Sequence[RoutingRule], rule_id: uuid.UUID) -> RoutingRule:
    for rule in rules:
        if rule.pk == rule_id:
            return rule
    raise NotFoundError(_("There is no routing rule %(id)s.") % {"id": rule_id})


def _refuse_name(others: Sequence[RoutingRule], name: str) -> None:
    if any(other.name == name for other in others):
        raise RuleExistsError(
            _("Another rule is called “%(name)s”. Choose another name.") % {"name": name}, field="name"
        )
