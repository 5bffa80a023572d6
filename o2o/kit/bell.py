"""Wake the workers up now instead of at the next tick.

The bell is a courtesy: what was rung is in the database, and the timetable finds it without any bell. So it never
makes its caller wait for a broker that is away, and never fails.
"""

import threading
import time
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from kombu import Connection
from kombu.pools import producers

from o2o.celery import app

logger = structlog.get_logger(__name__)

WAIT_SECONDS = 0.25
SILENT_SECONDS = 5.0
# One message per bell and second is enough: the worker takes the mark away before it looks.
MARK_MILLISECONDS = 1000

_silence = threading.Lock()
_silent_until = 0.0


def ring(task: str, *, queue: str = "critical", **arguments: Any) -> None:
    """Send a task without arguments beyond ``arguments``, unless one that has not begun is on its way already.

    After a failure the process stays silent for some seconds instead of trying the broker at every commit.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        if _redis().set(_mark(task, arguments), 1, nx=True, px=MARK_MILLISECONDS):
            _send(task, queue, arguments)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the broker must not reach the caller
        with _silence:
            _silent_until = time.monotonic() + SILENT_SECONDS
        logger.warning("bell_not_rung", task=task, error=repr(error), silent_seconds=SILENT_SECONDS)


def answered(task: str, **arguments: Any) -> None:
    """Let the bell be rung again: called by the task before it looks for work, so that nothing falls between."""
    try:
        _redis().delete(_mark(task, arguments))
    except redis.RedisError as error:
        logger.warning("bell_not_answered", task=task, error=repr(error))


def _mark(task: str, arguments: dict[str, Any]) -> str:
    details = ":".join(str(arguments[name]) for name in sorted(arguments))
    return f"o2o:bell:{task}:{details}"


def _send(task: str, queue: str, arguments: dict[str, Any]) -> None:
    with producers[_connection()].acquire(block=True, timeout=WAIT_SECONDS) as producer:
        app.send_task(task, kwargs=arguments, queue=queue, producer=producer, retry=False, ignore_result=True)


@cache
def _redis() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=WAIT_SECONDS,
        socket_connect_timeout=WAIT_SECONDS,
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
    )


@cache
def _connection() -> Connection:
    options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "socket_timeout": WAIT_SECONDS,
        "socket_connect_timeout": WAIT_SECONDS,
        "max_retries": 0,
    }
    return Connection(settings.CELERY_BROKER_URL, transport_options=options)
