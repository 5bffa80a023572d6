"""The workers' side of the outbox. Every task may run any number of times, and at once."""

import time
from typing import Any

from celery import shared_task

from o2o.events import bell, retention
from o2o.events.claims import Lane
from o2o.events.delivery import deliver_partition
from o2o.events.relay import relay_all
from o2o.events.sweep import partitions_with_due_deliveries, ring_for_deliveries, ring_for_quarantine
from o2o.events.sweep import sweep as sweep_outbox
from o2o.events.webhooks import tasks as webhooks  # noqa: F401 - Celery looks for the tasks of an app here
from o2o.kit import clock

# What a handler does not let itself be stopped in is ended with its process.
LIMITS: dict[str, Any] = {"soft_time_limit": 50, "time_limit": 60}
APART_SECONDS = 8.0


@shared_task(name="events.relay", queue="critical", **LIMITS)
def relay() -> None:
    """Publish what was emitted."""
    bell.answered("events.relay")
    relay_all()


@shared_task(name="events.deliver", queue="critical", **LIMITS)
def deliver(*, partition: int) -> None:
    """Make the due deliveries of a partition; ring again if time ran out before they did."""
    bell.answered("events.deliver", partition=partition)
    deliver_partition(partition=partition)
    if partition in partitions_with_due_deliveries(at=clock.now())[Lane.MAIN]:
        ring_for_deliveries(partition)


@shared_task(name="events.deliver_apart", queue="sync", **LIMITS)
def deliver_apart() -> None:
    """Make the deliveries of subscribers in quarantine, then those that broke a worker, away from all others."""
    bell.answered("events.deliver_apart")
    for lane in (Lane.QUARANTINE, Lane.SUSPECTS):
        deadline = time.monotonic() + APART_SECONDS
        for partition in partitions_with_due_deliveries(at=clock.now())[lane]:
            deliver_partition(partition=partition, lane=lane, seconds=deadline - time.monotonic())
    due = partitions_with_due_deliveries(at=clock.now())
    if due[Lane.QUARANTINE] or due[Lane.SUSPECTS]:
        ring_for_quarantine()


@shared_task(name="events.sweep", queue="critical", **LIMITS)
def sweep() -> None:
    """Ring for what is due."""
    sweep_outbox(at=clock.now())


@shared_task(name="events.purge", queue="batch")
def purge() -> None:
    """Remove what was delivered long ago."""
    retention.purge_delivered(before=clock.now() - retention.KEPT_FOR)
