"""The relay: from the outbox to one delivery per subscriber.

It claims the events that are unpublished now and never remembers how far it came: an event whose transaction commits
late has an earlier position than events long published, and is found all the same. Events of one aggregate share a
partition, and one relay at a time works a partition, so that they are published in the order of their positions.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import transaction

from o2o.events import bell
from o2o.events.models import EventDelivery, OutboxEvent, Partition
from o2o.events.registry import fan_outs, subscribers_of
from o2o.kit import clock
from o2o.tenancy.scope import platform_transaction, tenant_transaction

logger = structlog.get_logger(__name__)

BATCH = 500


@dataclass(frozen=True, slots=True)
class _Batch:
    published: int = 0
    held_up: frozenset[uuid.UUID] = frozenset()
    is_last: bool = True


def relay_all() -> int:
    """Publish what is unpublished, in every partition that nobody else works on; return how many events."""
    return sum(relay_partition(number=number) for number in partitions_to_relay())


def partitions_to_relay() -> Sequence[int]:
    """Return the partitions that hold unpublished events."""
    with platform_transaction():
        waiting = OutboxEvent.objects.filter(published_at=None)
        return list(waiting.order_by("partition").values_list("partition", flat=True).distinct())


def relay_partition(*, number: int) -> int:
    """Publish what is unpublished in one partition, unless another relay works it; return how many events."""
    published, held_up = 0, frozenset[uuid.UUID]()
    while True:
        batch = _relay_batch(number, held_up)
        published += batch.published
        held_up |= batch.held_up
        if batch.is_last:
            return published


def _relay_batch(number: int, held_up: frozenset[uuid.UUID]) -> _Batch:
    with platform_transaction():
        if not _lease(number):
            return _Batch()
        waiting = OutboxEvent.objects.filter(partition=number, published_at=None).exclude(merchant_id__in=held_up)
        events = list(waiting.order_by("position")[:BATCH])
        failed = _fan_out(events)
        publishable = [event for event in events if event.merchant_id not in failed]
        deliveries = _make_deliveries(publishable)
        _mark_published(publishable, deliveries)
        if deliveries:
            transaction.on_commit(partial(bell.ring, "events.deliver", partition=number), robust=True)
    return _Batch(published=len(publishable), held_up=failed, is_last=len(events) < BATCH)


def _lease(number: int) -> bool:
    """Say whether this transaction is now the only one that works the partition."""
    lane = Partition.objects.select_for_update(skip_locked=True).filter(number=number)
    return bool(list(lane))


def _fan_out(events: Sequence[OutboxEvent]) -> frozenset[uuid.UUID]:
    """Offer the events to the further consumers and return the merchants for whom one of them failed."""
    by_merchant: Mapping[uuid.UUID, list[OutboxEvent]] = defaultdict(list)
    for event in events if fan_outs() else ():
        by_merchant[event.merchant_id].append(event)
    failed = set()
    for merchant_id, group in by_merchant.items():
        try:
            with tenant_transaction(merchant_id):
                for function in fan_outs():
                    function(merchant_id, group)
        except Exception:
            # One merchant's broken settings must not hold up the events of all others.
            logger.exception("fan_out_failed", merchant_id=str(merchant_id), events=len(group))
            failed.add(merchant_id)
    return frozenset(failed)


def _make_deliveries(events: Iterable[OutboxEvent]) -> Sequence[EventDelivery]:
    at = clock.now()
    rows = [
        EventDelivery(
            merchant_id=event.merchant_id,
            event=event,
            subscriber=subscriber.name,
            partition=event.partition,
            position=event.position,
            aggregate_id=event.aggregate_id,
            next_attempt_at=at,
        )
        for event in events
        for subscriber in subscribers_of(event.event_type)
    ]
    # A delivery that is there already was asked for by a replay and serves as well.
    return EventDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def _mark_published(events: Iterable[OutboxEvent], deliveries: Iterable[EventDelivery]) -> None:
    counts: dict[uuid.UUID, int] = {event.pk: 0 for event in events}
    for delivery in deliveries:
        counts[delivery.event_id] += 1
    by_count: Mapping[int, list[uuid.UUID]] = defaultdict(list)
    for event_id, count in counts.items():
        by_count[count].append(event_id)
    at = clock.now()
    for count, ids in by_count.items():
        OutboxEvent.objects.filter(pk__in=ids).update(published_at=at, subscriber_count=count)
