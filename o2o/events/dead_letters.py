"""What becomes of deliveries that were given up."""

import uuid
from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery
from o2o.events.sweep import ring_for_deliveries
from o2o.kit.errors import DomainError, NotFoundError


class NotDeadError(DomainError):
    """The delivery is not a dead letter, or is one no longer."""

    code = "not_a_dead_letter"
    title = gettext_lazy("This is not a dead letter")


def replay_dead_letter(*, delivery_id: uuid.UUID, at: datetime) -> EventDelivery:
    """Deliver a dead letter of the active merchant again, with all its attempts before it.

    The events behind it have gone on meanwhile, so that it comes after them: a subscriber compares
    ``envelope.position`` where that matters. Raises ``NotDeadError``.
    """
    return _settle(delivery_id, state=DeliveryState.PENDING, attempts=0, next_attempt_at=at, settled_at=None)


def discard_dead_letter(*, delivery_id: uuid.UUID, at: datetime) -> EventDelivery:
    """Give a dead letter up for good; its subscriber never learns of the event. Raises ``NotDeadError``."""
    return _settle(delivery_id, state=DeliveryState.DISCARDED, settled_at=at)


def replay_dead_letters(*, subscriber: str, at: datetime, limit: int = 1000) -> int:
    """Deliver the oldest dead letters of a subscriber and the active merchant again; return how many."""
    dead = EventDelivery.objects.filter(state=DeliveryState.DEAD, subscriber=subscriber).order_by("position")
    found = list(dead.values_list("pk", "partition")[:limit])
    still_dead = EventDelivery.objects.filter(pk__in=[pk for pk, _partition in found], state=DeliveryState.DEAD)
    replayed = still_dead.update(
        state=DeliveryState.PENDING, attempts=0, next_attempt_at=at, settled_at=None, is_suspect=False
    )
    _ring({partition for _pk, partition in found})
    return replayed


def _settle(delivery_id: uuid.UUID, **fields: object) -> EventDelivery:
    dead = EventDelivery.objects.filter(pk=delivery_id, state=DeliveryState.DEAD)
    changed = dead.update(is_suspect=False, **fields)
    delivery: EventDelivery | None = EventDelivery.objects.select_related("event").filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFoundError(_("There is no delivery %(id)s.") % {"id": delivery_id})
    if not changed:
        raise NotDeadError(
            _("The delivery to %(subscriber)s is in the state “%(state)s”; only dead letters can be replayed.")
            % {"subscriber": delivery.subscriber, "state": delivery.get_state_display()}
        )
    _ring({delivery.partition})
    return delivery


def _ring(partitions: Collection[int]) -> None:
    for partition in partitions:
        transaction.on_commit(partial(ring_for_deliveries, partition), robust=True)
