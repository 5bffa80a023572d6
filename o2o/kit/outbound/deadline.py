"""One time limit over a whole exchange, however many steps it has."""

import time


class Deadline:
    """An instant on the monotonic clock. A timeout for each read alone lets a slow sender hold us for ever."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self, at_most: float | None = None) -> float:
        """Return the seconds left, cut to ``at_most``; never negative."""
        left = max(0.0, self._at - time.monotonic())
        return left if at_most is None else min(left, at_most)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._at
