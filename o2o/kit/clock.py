"""The time by which the business runs: the database's, not that of whichever machine asks.

A web server or worker whose clock is a day wrong must not accept an expired coupon. So the database's
time is noted whenever a connection opens or a scope begins, and carried forward by the monotonic clock,
which no one can set back.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class _Reading:
    at: datetime
    monotonic: float


_reading: _Reading | None = None
_frozen: ContextVar[datetime | None] = ContextVar("o2o_clock_frozen", default=None)


def now() -> datetime:
    """Return the present instant, in UTC, by the database's clock.

    Before the process has spoken to a database it is the machine's clock.
    """
    frozen_at = _frozen.get()
    if frozen_at is not None:
        return frozen_at
    if _reading is None:
        return datetime.now(UTC)
    return _reading.at + timedelta(seconds=time.monotonic() - _reading.monotonic)


def note(database_time: datetime) -> None:
    """Set the process's clock by a ``clock_timestamp()`` that the database just answered."""
    global _reading
    _reading = _Reading(database_time.astimezone(UTC), time.monotonic())


def synchronise_on_connect(*, connection: Any, **_: object) -> None:
    """Read the database's clock when a connection opens (receiver of ``connection_created``)."""
    if connection.vendor == "postgresql":
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            note(cursor.fetchone()[0])


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the clock at an instant, for tests and for replaying a day."""
    token = _frozen.set(at)
    try:
        yield
    finally:
        _frozen.reset(token)
