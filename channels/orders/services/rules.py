"""Routing rules and times to accept."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.orders.explaining import reason_of
from channels.orders.models import AcceptancePolicy, RoutingRule
from channels.orders.routing import RuleError, parse_rule
from o2o.kit.errors import InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.locks import lock_rows


def save_rule(
    *,
    name: str,
    definition: dict[str, Any],
    at: datetime,
    rule_id: uuid.UUID | None = None,
    position: int = 100,
    is_active: bool = True,
) -> RoutingRule:
    """Make a rule, or change one. Raises ``InvalidError`` with the place of what is wrong, or ``NotFoundError``."""
    check_definition(name, definition)
    with transaction.atomic():
        rule = RoutingRule() if rule_id is None else _locked(rule_id)
        rule.name, rule.definition, rule.position, rule.is_active = name, definition, position, is_active
        try:
            with transaction.atomic():
                rule.save()
        except IntegrityError as error:
            raise InvalidError(_("A rule named “%(name)s” exists.") % {"name": name}, field="name") from error
        return rule


def delete_rule(*, rule_id: uuid.UUID, at: datetime) -> None:
    """Remove a rule; decisions that it made keep its name. Raises ``NotFoundError``."""
    with transaction.atomic():
        _locked(rule_id).delete()


def reorder_rules(*, rule_ids: Sequence[uuid.UUID], at: datetime) -> None:
    """Let the rules be asked in this order; those that are left out come after, as they were.

    Raises ``UnknownReferenceError``.
    """
    with transaction.atomic():
        rules = {rule.pk: rule for rule in lock_rows(RoutingRule.objects.all())}
        if missing := [rule_id for rule_id in rule_ids if rule_id not in rules]:
            raise UnknownReferenceError(_("There is no rule %(id)s.") % {"id": missing[0]})
        rest = sorted((rule for rule in rules.values() if rule.pk not in set(rule_ids)), key=lambda rule: rule.position)
        for position, rule in enumerate([*(rules[pk] for pk in rule_ids), *rest], start=1):
            rule.position = position * 10
        RoutingRule.objects.bulk_update(rules.values(), ("position",))


def set_acceptance(
    *,
    channel_id: uuid.UUID,
    accept_minutes: int,
    at: datetime,
    location_id: uuid.UUID | None = None,
    remind_minutes: int | None = None,
    escalate_minutes: int | None = None,
    backup_location_id: uuid.UUID | None = None,
    accepts_automatically: bool = False,
) -> AcceptancePolicy:
    """Set how long stores may take to accept orders of a channel, or one store. Raises ``InvalidError``."""
    for value in (remind_minutes, escalate_minutes):
        if value is not None and value >= accept_minutes:
            raise InvalidError(_("Reminder and backup come before the time to accept is over."), field="accept_minutes")
    policy, _is_new = AcceptancePolicy.objects.update_or_create(
        channel_id=channel_id,
        location_id=location_id,
        defaults={
            "accept_minutes": accept_minutes,
            "remind_minutes": remind_minutes,
            "escalate_minutes": escalate_minutes,
            "backup_location_id": backup_location_id,
            "accepts_automatically": accepts_automatically,
        },
    )
    return policy


def check_definition(name: str, definition: object) -> None:
    """Raise ``InvalidError`` unless a definition is a rule."""
    try:
        parse_rule(name, definition)
    except RuleError as error:
        raise InvalidError(
            _("%(path)s: %(message)s") % {"path": error.path, "message": reason_of(error)}, field="definition"
        ) from error


def _locked(rule_id: uuid.UUID) -> RoutingRule:
    found = lock_rows(RoutingRule.objects.filter(pk=rule_id))
    if not found:
        raise NotFoundError(_("There is no rule %(id)s.") % {"id": rule_id})
    rule: RoutingRule = found[0]
    return rule
