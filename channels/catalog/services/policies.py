"""What the listings of a product must have in common."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from channels.catalog.models import ConsistencyPolicy, IntendedDifference
from channels.catalog.services.monitoring import look_at_all, refresh_deviations
from o2o.kit.errors import InvalidError, NotFoundError


def set_policy(
    *,
    reference_channel_id: uuid.UUID,
    at: datetime,
    product_id: uuid.UUID | None = None,
    differences: Mapping[uuid.UUID, Decimal] | None = None,
    tolerance_percent: Decimal = Decimal(0),
    floor_price: Decimal | None = None,
    floor_percent_of_cost: Decimal | None = None,
    compares_visibility: bool = True,
    compares_text: bool = True,
) -> ConsistencyPolicy:
    """Set what a product's listings must have in common; without one, for all products that have no policy.

    A product is looked at at once; a common policy starts the job that looks at all of them. Raises ``InvalidError``.
    """
    if tolerance_percent < 0:
        raise InvalidError(_("A tolerance is not negative."), field="tolerance_percent")
    with transaction.atomic():
        policy, _is_new = ConsistencyPolicy.objects.update_or_create(
            product_id=product_id,
            defaults={
                "reference_channel_id": reference_channel_id,
                "tolerance_percent": tolerance_percent,
                "floor_price": floor_price,
                "floor_percent_of_cost": floor_percent_of_cost,
                "compares_visibility": compares_visibility,
                "compares_text": compares_text,
            },
        )
        policy.differences.all().delete()
        IntendedDifference.objects.bulk_create(
            IntendedDifference(policy=policy, channel_id=channel_id, percent=percent)
            for channel_id, percent in sorted((differences or {}).items())
        )
        _look(product_id, at)
        return policy


def remove_policy(*, policy_id: uuid.UUID, at: datetime) -> None:
    """Drop a policy: a product's own gives way to the common one, the common one to none. Raises ``NotFoundError``."""
    with transaction.atomic():
        policy = ConsistencyPolicy.objects.filter(pk=policy_id).first()
        if policy is None:
            raise NotFoundError(_("There is no policy %(id)s.") % {"id": policy_id})
        product_id = policy.product_id
        policy.delete()
        _look(product_id, at)


def _look(product_id: uuid.UUID | None, at: datetime) -> None:
    if product_id is None:
        look_at_all()
    else:
        refresh_deviations(product_ids=[product_id], at=at)
