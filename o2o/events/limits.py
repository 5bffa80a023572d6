"""A limit on how long a piece of code may run."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTimeError(BaseException):
    """The code ran for too long. Not an ``Exception``, so that ``except Exception`` in it does not swallow this."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTimeError`` inside the block once it has run for so long.

    It works by a timer signal and so in the main thread alone, which is where worker processes run their tasks; in
    other threads there is no limit. A call into C that never returns is ended by the task's hard limit instead.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError(f"It ran for longer than {seconds:g} seconds.")

    started = time.monotonic()
    handler_before = signal.signal(signal.SIGALRM, interrupt)
    remaining_before, interval_before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler_before)
        if remaining_before:
            left = max(remaining_before - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, interval_before)
