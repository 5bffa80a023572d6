"""Which deliveries a worker may make now, and in which lane.

The deliveries of one subscriber and one aggregate are a line. A worker claims the due deliveries of a partition in
order of position, and of each line only such as have nobody before them who is in another's hands or waits for its
next attempt. A claim ends by itself, so that what a dead worker held is taken up by others.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery
from o2o.tenancy.scope import platform_transaction

CLAIMED_FOR = timedelta(seconds=30)
# So many unended attempts within so long, and all deliveries of the subscriber are made elsewhere.
SUSPECTS_UNTIL_QUARANTINE = 3
QUARANTINE_FOR = timedelta(minutes=10)

# The condition on e repeats that of the index delivery_held_up.
DUE = """
SELECT d.id, d.subscriber, d.aggregate_id
FROM events_eventdelivery d
WHERE d.partition = %(partition)s AND d.state = 'pending' AND d.next_attempt_at <= %(at)s
  AND (d.claimed_until IS NULL OR d.claimed_until <= %(at)s)
  AND d.is_suspect = %(is_for_suspects)s
  AND (%(is_for_suspects)s OR (d.subscriber = ANY(%(quarantined)s)) = %(is_quarantine)s)
  AND NOT EXISTS (
    SELECT 1 FROM events_eventdelivery e
    WHERE e.state = 'pending' AND (e.attempts > 0 OR NOT e.claim IS NULL)
      AND e.subscriber = d.subscriber AND e.aggregate_id = d.aggregate_id AND e.position < d.position
      AND (e.next_attempt_at > %(at)s OR e.claimed_until > %(at)s OR (e.is_suspect AND NOT %(is_for_suspects)s))
  )
ORDER BY d.position
LIMIT %(limit)s
"""


class Lane(StrEnum):
    """Where deliveries are made, so that what breaks workers breaks few of them.

    ``MAIN`` is for all that behaves. ``QUARANTINE`` is for subscribers several of whose attempts did not end of late,
    and is worked elsewhere. ``SUSPECTS`` is for the very deliveries that did not end: singly, with more patience.
    """

    MAIN = "main"
    QUARANTINE = "quarantine"
    SUSPECTS = "suspects"


BATCH = {Lane.MAIN: 50, Lane.QUARANTINE: 10, Lane.SUSPECTS: 1}


@dataclass(frozen=True, slots=True)
class Line:
    """The deliveries to one subscriber about one aggregate, which are made in order."""

    subscriber: str
    aggregate_id: uuid.UUID


def line_of(delivery: EventDelivery) -> Line:
    """Return the line in which a delivery stands."""
    return Line(delivery.subscriber, delivery.aggregate_id)


def claim_due(*, partition: int, lane: Lane, at: datetime) -> Sequence[EventDelivery]:
    """Claim the next due deliveries of a partition, with their events, in the order in which to make them."""
    claim = uuid.uuid4()
    with platform_transaction():
        candidates = _candidates(partition, lane, at)
        if not candidates:
            return []
        free = EventDelivery.objects.filter(
            pk__in=[pk for pk, _line in candidates], state=DeliveryState.PENDING, next_attempt_at__lte=at
        ).exclude(claimed_until__gt=at)
        locked = {row.pk: row for row in free.select_related("event").select_for_update(skip_locked=True, of=("self",))}
        taken, passed_over = [], set[Line]()
        for pk, line in candidates:
            if pk in locked and line not in passed_over:
                taken.append(locked[pk])
            else:
                # Somebody was quicker with this one, so that those behind it in the line have to wait.
                passed_over.add(line)
        for row in taken:
            row.claim, row.claimed_until = claim, at + CLAIMED_FOR
        EventDelivery.objects.filter(pk__in=[row.pk for row in taken]).update(
            claim=claim, claimed_until=at + CLAIMED_FOR
        )
    return taken


def release(deliveries: Iterable[EventDelivery]) -> None:
    """Give back claimed deliveries that were not begun."""
    rows = list(deliveries)
    if rows:
        with platform_transaction():
            EventDelivery.objects.filter(pk__in=[row.pk for row in rows], claim=rows[0].claim).update(
                claim=None, claimed_until=None
            )


def quarantined_subscribers(*, at: datetime) -> Sequence[str]:
    """Return the subscribers whose handlers killed or outlasted their workers several times of late.

    The caller is in a platform transaction. An attempt that is going on at this moment is not held against anybody.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subscriber FROM events_eventdelivery WHERE is_suspect"
            " AND coalesce(claimed_until, %(at)s) <= %(at)s AND coalesce(settled_at, %(at)s) > %(since)s"
            " GROUP BY subscriber HAVING count(*) >= %(enough)s",
            {"at": at, "since": at - QUARANTINE_FOR, "enough": SUSPECTS_UNTIL_QUARANTINE},
        )
        return [name for (name,) in cursor.fetchall()]


def _candidates(partition: int, lane: Lane, at: datetime) -> Sequence[tuple[uuid.UUID, Line]]:
    parameters: dict[str, Any] = {
        "partition": partition,
        "at": at,
        "quarantined": list(quarantined_subscribers(at=at)),
        "is_quarantine": lane is Lane.QUARANTINE,
        "is_for_suspects": lane is Lane.SUSPECTS,
        "limit": BATCH[lane],
    }
    with connection.cursor() as cursor:
        cursor.execute(DUE, parameters)
        return [(pk, Line(subscriber, aggregate_id)) for pk, subscriber, aggregate_id in cursor.fetchall()]
