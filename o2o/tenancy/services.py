"""Every write about merchants and their staff."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.kit.errors import DomainError, ForbiddenError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.kit.models import uuid7
from o2o.tenancy.actor import Actor
from o2o.tenancy.capabilities import ROLE_CAPABILITIES
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_scope


class LastOwnerError(DomainError):
    """A merchant without an owner could never get one again."""

    code = "last_owner"
    title = gettext_lazy("Somebody must remain the owner")


class AlreadyStaffError(DomainError):
    """The person works here already."""

    code = "already_staff"
    title = gettext_lazy("Already on the staff")


@dataclass(frozen=True, slots=True)
class MerchantDetails:
    """What is said about a merchant when it is created."""

    name: str
    slug: str = ""
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    language: str = "zh-hans"


def create_merchant(*, details: MerchantDetails) -> Merchant:
    """Set up a merchant without staff; invite its owner next. Runs in a transaction, in no scope or the platform's.

    Raises ``InvalidError`` for an unknown currency, time zone or language, or a short name that is taken.
    """
    _check(details)
    merchant = Merchant(
        id=uuid7(),
        name=details.name.strip(),
        slug=details.slug or slugify(details.name) or f"merchant-{uuid7().hex[-8:]}",
        currency=details.currency,
        time_zone=details.time_zone,
        language=details.language,
    )
    with tenant_scope(merchant.pk):
        merchant.save(force_insert=True)
    return merchant


def change_merchant(*, merchant_id: uuid.UUID, details: MerchantDetails) -> Merchant:
    """Change name, currency, time zone and language of a merchant; its short name stays, for addresses hold it.

    Raises ``InvalidError`` for an unknown currency, time zone or language. Recorded amounts are not converted.
    """
    _check(details)
    [merchant] = _locked_merchant(merchant_id)
    merchant.name = details.name.strip()
    merchant.currency, merchant.time_zone, merchant.language = details.currency, details.time_zone, details.language
    merchant.save(update_fields=["name", "currency", "time_zone", "language", "updated_at"])
    return merchant


def require_second_factor(*, merchant_id: uuid.UUID, is_required: bool) -> Merchant:
    """Demand a second factor of all staff from their next request on, or stop demanding it."""
    [merchant] = _locked_merchant(merchant_id)
    merchant.requires_second_factor = is_required
    merchant.save(update_fields=["requires_second_factor", "updated_at"])
    return merchant


def join_staff(*, user_id: uuid.UUID, role: Role, location_ids: Collection[uuid.UUID] = ()) -> Membership:
    """Make a person staff of the merchant in scope; somebody who left before comes back in the new role.

    Raises ``AlreadyStaffError`` for somebody who works there now.
    """
    values = {"role": role, "location_ids": sorted(location_ids), "is_active": True}
    membership, is_new = Membership.objects.get_or_create(user_id=user_id, defaults=values)
    if is_new:
        return _in_full(membership)
    if not Membership.objects.filter(pk=membership.pk, is_active=False).update(**values):
        raise AlreadyStaffError(_("This person is on the staff already; change their role instead."))
    return _in_full(membership)


def change_staff(
    *, actor: Actor, membership_id: uuid.UUID, role: Role, location_ids: Collection[uuid.UUID] = ()
) -> Membership:
    """Give a staff member another role, and the stores to which it is limited (none given means all of them).

    Raises ``ForbiddenError`` for a role that may do more than the actor, and ``LastOwnerError`` where no owner would
    remain.
    """
    refuse_stronger_role(actor, role)
    membership = _locked_membership(actor, membership_id)
    if role != Role.OWNER:
        _refuse_last_owner(membership)
    membership.role, membership.location_ids = role, sorted(location_ids)
    membership.save(update_fields=["role", "location_ids", "updated_at"])
    return membership


def deactivate_membership(*, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Shut a staff member out from their next request on; what they did stays under their name.

    Raises ``LastOwnerError`` where no owner would remain.
    """
    membership = _locked_membership(actor, membership_id)
    _refuse_last_owner(membership)
    membership.is_active = False
    membership.save(update_fields=["is_active", "updated_at"])
    return membership


def reactivate_membership(*, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Let a former staff member in again, in the role that they had."""
    membership = _locked_membership(actor, membership_id)
    membership.is_active = True
    membership.save(update_fields=["is_active", "updated_at"])
    return membership


def refuse_stronger_role(actor: Actor, role: str) -> None:
    """Raise ``ForbiddenError`` for a role that may do something which the actor may not: nobody lifts themselves."""
    if not ROLE_CAPABILITIES[Role(role)] <= actor.capabilities:
        raise ForbiddenError(
            _("The role “%(role)s” may do more than you; ask an owner to give it.") % {"role": Role(role).label}
        )


def _locked_merchant(merchant_id: uuid.UUID) -> list[Merchant]:
    rows = lock_rows(Merchant.objects.filter(pk=merchant_id))
    if not rows:
        raise NotFoundError
    return rows


def _locked_membership(actor: Actor, membership_id: uuid.UUID) -> Membership:
    # The merchant's row is the lock on the whole staff: two owners who dismiss each other wait for one another.
    _locked_merchant(actor.merchant_id)
    membership: Membership | None = Membership.objects.select_related("user").filter(pk=membership_id).first()
    if membership is None:
        raise NotFoundError
    refuse_stronger_role(actor, membership.role)
    return membership


def _refuse_last_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER or not membership.is_active:
        return
    others = Membership.objects.filter(role=Role.OWNER, is_active=True, user__is_active=True).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwnerError(
            _("%(person)s is the only owner; make somebody else an owner first.") % {"person": membership.user}
        )


def _in_full(membership: Membership) -> Membership:
    found: Membership = Membership.objects.select_related("user", "merchant").get(pk=membership.pk)
    return found


def _check(details: MerchantDetails) -> None:
    if not details.name.strip():
        raise InvalidError(_("Give the merchant a name."))
    for value, known, field in (
        (details.currency, list_currencies(), "currency"),
        (details.time_zone, available_timezones(), "time_zone"),
        (details.language, dict(settings.LANGUAGES), "language"),
    ):
        if value not in known:
            raise InvalidError(_("“%(value)s” is not known here.") % {"value": value}, field=field)
