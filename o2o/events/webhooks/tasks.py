"""The workers' side of webhooks. Every task may run any number of times, and at once."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import redis
from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from o2o.events import bell
from o2o.events.webhooks.dispatching import Dispatcher
from o2o.events.webhooks.fanout import ring_dispatcher
from o2o.events.webhooks.pruning import KEPT_FOR, purge_deliveries
from o2o.kit import clock

RUN_SECONDS = 20.0
SEAT = "o2o:webhooks:dispatcher"
SEAT_SECONDS = 10


@shared_task(name="webhooks.dispatch", queue="sync", soft_time_limit=55, time_limit=70)
def dispatch() -> None:
    """Send what is due for some seconds, unless another worker is at it; ring again if more is left."""
    bell.answered("webhooks.dispatch")
    with _seat() as keep:
        if keep is None:
            return
        summary = Dispatcher().run(seconds=RUN_SECONDS, on_tick=keep)
    if not summary.is_drained:
        ring_dispatcher()


@shared_task(name="webhooks.purge", queue="batch")
def purge() -> None:
    """Remove the log of what was settled long ago."""
    purge_deliveries(before=clock.now() - KEPT_FOR)


@contextmanager
def _seat() -> Iterator[Callable[[], None] | None]:
    """Take one of the dispatchers' seats and yield what keeps it; None where all are taken.

    The seats only spare work: claims are what keeps two dispatchers apart. So without the cache there is no limit.
    """
    token = uuid.uuid4().hex
    try:
        seat = next((name for name in _seats() if cache.add(name, token, SEAT_SECONDS)), None)
    except redis.RedisError:
        yield lambda: None
        return
    if seat is None:
        yield None
        return
    try:
        yield _keeper(seat)
    finally:
        with suppress(redis.RedisError):
            if cache.get(seat) == token:
                cache.delete(seat)


def _seats() -> Iterable[str]:
    return (f"{SEAT}:{number}" for number in range(settings.WEBHOOKS_DISPATCHERS))


def _keeper(seat: str) -> Callable[[], None]:
    kept_at = time.monotonic()

    def keep() -> None:
        nonlocal kept_at
        if time.monotonic() - kept_at > SEAT_SECONDS / 3:
            kept_at = time.monotonic()
            with suppress(redis.RedisError):
                cache.touch(seat, SEAT_SECONDS)

    return keep
