"""Find work that lost its bell: the broker was flushed, a worker was killed, a pause is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from o2o.events import bell
from o2o.events.claims import Lane, quarantined_subscribers
from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery
from o2o.events.relay import partitions_to_relay
from o2o.tenancy.scope import platform_transaction


def sweep(*, at: datetime) -> int:
    """Ring for everything that is due; return how many bells. Any number of sweepers may do so at once."""
    due = partitions_with_due_deliveries(at=at)
    waiting = partitions_to_relay()
    if waiting:
        bell.ring_relay()
    for partition in due[Lane.MAIN]:
        ring_for_deliveries(partition)
    if due[Lane.QUARANTINE] or due[Lane.SUSPECTS]:
        ring_for_quarantine()
    return bool(waiting) + len(due[Lane.MAIN]) + bool(due[Lane.QUARANTINE] or due[Lane.SUSPECTS])


def ring_for_deliveries(partition: int) -> None:
    """Ask a worker to make the due deliveries of a partition."""
    bell.ring("events.deliver", partition=partition)


def ring_for_quarantine() -> None:
    """Ask a worker of another queue to make the deliveries that must not hold up others."""
    bell.ring("events.deliver_apart", queue="sync")


def partitions_with_due_deliveries(*, at: datetime) -> Mapping[Lane, Sequence[int]]:
    """Return the partitions in which deliveries are due and in nobody's hands, by lane."""
    with platform_transaction():
        due = EventDelivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__lte=at).exclude(
            claimed_until__gt=at
        )
        in_quarantine = Q(subscriber__in=quarantined_subscribers(at=at))
        lanes = {
            Lane.MAIN: due.filter(~in_quarantine, is_suspect=False),
            Lane.QUARANTINE: due.filter(in_quarantine, is_suspect=False),
            Lane.SUSPECTS: due.filter(is_suspect=True),
        }
        return {
            lane: list(rows.order_by("partition").values_list("partition", flat=True).distinct())
            for lane, rows in lanes.items()
        }
