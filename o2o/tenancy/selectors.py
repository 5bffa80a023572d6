"""Reads about merchants and staff."""

import uuid
from collections.abc import Sequence
from typing import Any

from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.capabilities import ROLE_CAPABILITIES
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import ask_platform, platform_transaction

# A person whose merchant demands a second factor comes in only with an authenticator app or a passkey.
ADMITTED_MEMBERSHIP = """
SELECT membership.id, membership.role, membership.location_ids
FROM tenancy_membership membership
JOIN tenancy_merchant merchant ON merchant.id = membership.merchant_id
JOIN accounts_user person ON person.id = membership.user_id
WHERE membership.user_id = %(user_id)s AND membership.merchant_id = %(merchant_id)s
  AND membership.is_active AND merchant.is_active AND person.is_active
  AND (NOT merchant.requires_second_factor
       OR EXISTS (SELECT 1 FROM mfa_authenticator factor
                  WHERE factor.user_id = person.id AND factor.type IN ('totp', 'webauthn')))
"""


def active_merchant_ids() -> list[uuid.UUID]:
    """Return the ids of all active merchants, for work that is done for each of them in turn."""
    with platform_transaction():
        return list(Merchant.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def memberships_of(*, user_id: uuid.UUID) -> Sequence[Membership]:
    """Return a person's active memberships over all active merchants, by merchant name."""
    with platform_transaction():
        return list(
            Membership.objects.filter(user_id=user_id, is_active=True, user__is_active=True, merchant__is_active=True)
            .select_related("merchant", "user")
            .order_by("merchant__name")
        )


def admitted_membership(*, user: Any, merchant_id: uuid.UUID) -> Membership | None:
    """Return a person's membership of a merchant if it opens the door right now, in one round trip.

    None where the membership, the person or the merchant is switched off or missing, or where the merchant demands a
    second factor that the person has not set up.
    """
    row = ask_platform(ADMITTED_MEMBERSHIP, {"user_id": user.pk, "merchant_id": merchant_id})
    if row is None:
        return None
    membership_id, role, location_ids = row
    return Membership(id=membership_id, merchant_id=merchant_id, user=user, role=role, location_ids=location_ids)


def actor_of(membership: Membership) -> Actor:
    """Describe a staff member as an actor."""
    return Actor(
        kind=ActorKind.USER,
        id=membership.user_id,
        label=str(membership.user),
        merchant_id=membership.merchant_id,
        capabilities=ROLE_CAPABILITIES[Role(membership.role)],
        location_ids=frozenset(membership.location_ids) or None,
        role=membership.role,
    )
