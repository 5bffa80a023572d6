"""How long stores may take to answer: made, changed, removed."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.models import AcceptancePolicy
from channels.stores.models import SalesChannel, StockLocation
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows

UNIQUE = "acceptance_one_per_place"


class PolicyExistsError(DomainError):
    """The channel, or the store in it, has a time to accept already."""

    code = "acceptance_policy_exists"
    title = gettext_lazy("There is a time to accept for this already")


def create_acceptance_policy(**fields: Any) -> AcceptancePolicy:
    """Set the times of a channel, or of one store in it. Takes the fields of ``AcceptancePolicy``.

    Raises ``InvalidError`` for times out of order or a backup that is the store itself, or ``PolicyExistsError``.
    """
    return _saved(AcceptancePolicy(**fields))


def update_acceptance_policy(*, policy_id: uuid.UUID, **fields: Any) -> AcceptancePolicy:
    """Change what is given. What has been routed keeps its times. Raises as ``create_acceptance_policy``, or
    ``NotFoundError``.
    """
    with transaction.atomic():
        policy = _locked(policy_id)
        for name, value in fields.items():
            setattr(policy, name, value)
        return _saved(policy)


def delete_acceptance_policy(*, policy_id: uuid.UUID) -> None:
    """Remove the times; what has been routed keeps its own. Raises ``NotFoundError``."""
    with transaction.atomic():
        _locked(policy_id).delete()


def _locked(policy_id: uuid.UUID) -> AcceptancePolicy:
    found = lock_rows(AcceptancePolicy.objects.filter(pk=policy_id))
    if not found:
        raise NotFoundError(_("There is no time to accept %(id)s.") % {"id": policy_id})
    return found[0]


def _check(policy: AcceptancePolicy) -> None:
    """Raise ``InvalidError`` for what contradicts itself, or names a place that the merchant does not have."""
    places = {"location_id": policy.location_id, "backup_location_id": policy.backup_location_id}
    wanted = {place for place in places.values() if place is not None}
    known = set(StockLocation.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    for name, place in places.items():
        if place is not None and place not in known:
            raise InvalidError(_("There is no location %(id)s.") % {"id": place}, field=name)
    if not SalesChannel.objects.filter(pk=policy.channel_id).exists():
        raise InvalidError(_("There is no channel %(id)s.") % {"id": policy.channel_id}, field="channel_id")
    if policy.location_id is not None and policy.location_id == policy.backup_location_id:
        raise InvalidError(_("A store cannot be its own backup. Choose another one."), field="backup_location_id")
    for name, value in _minutes(policy).items():
        if value is not None and value >= policy.accept_minutes:
            raise InvalidError(_("Reminder and backup come before the time to accept is over."), field=name)
    if policy.escalate_minutes is not None and policy.backup_location_id is None:
        raise InvalidError(_("Choose the backup store to which it passes."), field="backup_location_id")


def _saved(policy: AcceptancePolicy) -> AcceptancePolicy:
    _check(policy)
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        if UNIQUE not in str(error):
            raise
        raise PolicyExistsError(_("Change the time to accept that is there, or remove it first.")) from error
    return policy


def _minutes(policy: AcceptancePolicy) -> Mapping[str, int | None]:
    return {"remind_minutes": policy.remind_minutes, "escalate_minutes": policy.escalate_minutes}
