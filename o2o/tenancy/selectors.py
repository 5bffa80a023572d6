"""Reads about merchants and staff."""

import uuid
from collections.abc import Sequence

from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.capabilities import ROLE_CAPABILITIES
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership
from o2o.tenancy.scope import platform_transaction


def memberships_of(*, user_id: uuid.UUID) -> Sequence[Membership]:
    """Return a person's active memberships over all active merchants, by merchant name."""
    with platform_transaction():
        return list(
            Membership.objects.filter(user_id=user_id, is_active=True, user__is_active=True, merchant__is_active=True)
            .select_related("merchant", "user")
            .order_by("merchant__name")
        )


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
