"""Deliver events to their subscribers: exactly once in what they write to the database, at most a few times tried.

An attempt is two transactions. The first counts it and is committed before the handler runs, so that a handler that
takes its worker along has been counted. The second marks the delivery as done and runs the handler: both come true
with its commit or neither does, and the row's lock keeps everybody else away from it until then.
"""

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from functools import partial

import structlog
from django.db import connection

from o2o.events.claims import CLAIMED_FOR, Lane, Line, claim_due, line_of, release
from o2o.events.definition import event_class
from o2o.events.enums import DeliveryState
from o2o.events.limits import OutOfTimeError, time_limit
from o2o.events.models import EventDelivery
from o2o.events.registry import MAX_ATTEMPTS, Envelope, Subscriber, find_subscriber
from o2o.kit import clock
from o2o.kit.locks import retried
from o2o.tenancy.acting import acting_for
from o2o.tenancy.scope import tenant_scope, tenant_transaction

logger = structlog.get_logger(__name__)

# A handler is quick. One that is not is tried again with more patience where it holds up no others; both are shorter
# than a claim, so that a handler is not taken for dead while it runs.
HANDLER_SECONDS = {Lane.MAIN: 3.0, Lane.QUARANTINE: 3.0, Lane.SUSPECTS: 15.0}
FIRST_PAUSE = timedelta(seconds=5)
PAUSE_FACTOR = 6
# One round trip. Lost in a crash of the database it is one attempt too few, which is not worth a wait for the disk.
COUNT = """
SET LOCAL synchronous_commit = off;
UPDATE events_eventdelivery SET attempts = %s, is_suspect = true, claimed_until = %s
WHERE id = %s AND claim = %s AND state = %s
"""
NEVER_ENDED = "No attempt ended: each killed its worker or ran out of time."


class UnknownSubscriberError(LookupError):
    """A delivery is for a subscriber that this program does not have."""


class _LostClaimError(Exception):
    """Somebody else has the delivery by now."""


class Outcome(Enum):
    """How an attempt ended."""

    DONE = "done"
    FAILED = "failed"
    OUT_OF_TIME = "out of time"
    LOST = "lost"


def deliver_partition(*, partition: int, lane: Lane = Lane.MAIN, seconds: float = 20.0) -> int:
    """Make the due deliveries of a partition, for at most about ``seconds``; return how many were done."""
    deadline = time.monotonic() + seconds
    done = 0
    while time.monotonic() < deadline:
        claimed = claim_due(partition=partition, lane=lane, at=clock.now())
        if not claimed:
            break
        done += _deliver_batch(claimed, lane, deadline)
    return done


def _deliver_batch(claimed: Sequence[EventDelivery], lane: Lane, deadline: float) -> int:
    held_up: set[Line] = set()
    too_slow: set[str] = set()
    not_begun: list[EventDelivery] = []
    done = 0
    for delivery in claimed:
        line = line_of(delivery)
        if line in held_up or delivery.subscriber in too_slow or time.monotonic() > deadline:
            not_begun.append(delivery)
            held_up.add(line)
            continue
        outcome = attempt(delivery, lane)
        done += outcome is Outcome.DONE
        if outcome is not Outcome.DONE:
            held_up.add(line)
        if outcome is Outcome.OUT_OF_TIME and lane is Lane.MAIN:
            too_slow.add(delivery.subscriber)
    release(not_begun)
    return done


def attempt(delivery: EventDelivery, lane: Lane = Lane.MAIN) -> Outcome:
    """Make one claimed delivery, or note why it failed and when to try again."""
    subscriber = find_subscriber(delivery.subscriber)
    limit = subscriber.max_attempts if subscriber else MAX_ATTEMPTS
    if not _count_attempt(delivery, limit):
        return Outcome.LOST
    try:
        retried(partial(_handle, delivery, subscriber, HANDLER_SECONDS[lane]))
    except _LostClaimError:
        return Outcome.LOST
    except OutOfTimeError as error:
        _note_failure(delivery, str(error), limit, is_suspect=True)
        return Outcome.OUT_OF_TIME
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its failure and not the worker's
        _note_failure(delivery, f"{type(error).__name__}: {error}", limit, is_suspect=False)
        return Outcome.FAILED
    return Outcome.DONE


def _count_attempt(delivery: EventDelivery, limit: int) -> bool:
    """Count an attempt before it is made; say whether it may be made."""
    with tenant_transaction(delivery.merchant_id):
        mine = EventDelivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=DeliveryState.PENDING)
        if delivery.attempts >= limit:
            mine.update(state=DeliveryState.DEAD, settled_at=clock.now(), claim=None, claimed_until=None,
                        last_error=delivery.last_error or NEVER_ENDED)  # fmt: skip
            return False
        delivery.attempts += 1
        with connection.cursor() as cursor:
            cursor.execute(
                COUNT,
                [delivery.attempts, clock.now() + CLAIMED_FOR, delivery.pk, delivery.claim, DeliveryState.PENDING],
            )
            return bool(cursor.rowcount)


def _handle(delivery: EventDelivery, subscriber: Subscriber | None, seconds: float) -> None:
    with tenant_scope(delivery.merchant_id):
        mine = EventDelivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=DeliveryState.PENDING)
        if not mine.update(state=DeliveryState.DONE, settled_at=clock.now(), is_suspect=False, last_error="",
                           claim=None, claimed_until=None):  # fmt: skip
            raise _LostClaimError
        if subscriber is None:
            raise UnknownSubscriberError(
                f"No subscriber is named {delivery.subscriber!r}; deploy it and replay, or discard the delivery."
            )
        row = delivery.event
        event = event_class(row.event_type).from_payload(
            row.payload, aggregate_id=row.aggregate_id, version=row.version
        )
        envelope = Envelope(row.pk, row.position, row.merchant_id, row.occurred_at, row.request_id, delivery.attempts)
        acting = acting_for(row.merchant_id, subscriber.name, request_id=row.request_id, event_id=str(row.pk))
        with acting, time_limit(seconds):
            subscriber.handler(event, envelope)


def _note_failure(delivery: EventDelivery, error: str, limit: int, *, is_suspect: bool) -> None:
    is_dead = delivery.attempts >= limit
    logger.warning(
        "delivery_failed", subscriber=delivery.subscriber, event_id=str(delivery.event_id),
        attempts=delivery.attempts, is_dead=is_dead, error=error[:500],
    )  # fmt: skip
    at = clock.now()
    with tenant_transaction(delivery.merchant_id):
        EventDelivery.objects.filter(pk=delivery.pk, claim=delivery.claim, state=DeliveryState.PENDING).update(
            state=DeliveryState.DEAD if is_dead else DeliveryState.PENDING,
            settled_at=at if is_dead else None,
            next_attempt_at=at + pause_after(delivery.attempts),
            last_error=error[:2000].replace("\x00", ""),
            is_suspect=is_suspect,
            claim=None,
            claimed_until=None,
        )


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 5 s, 30 s, 180 s …, each up to a fifth longer."""
    jitter = random.uniform(1, 1.2)  # noqa: S311 - spreads load, guards nothing
    return FIRST_PAUSE * float(PAUSE_FACTOR ** (attempts - 1)) * jitter
