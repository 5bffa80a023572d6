"""What happened in which order: things are noted for their time, and happen one after the other."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Deed = Callable[[datetime], None]


class Diary:
    """Deeds by their time. What lies after ``ends`` has not happened yet and never does."""

    def __init__(self, *, ends: datetime) -> None:
        self.ends = ends
        self._heap: list[tuple[datetime, int, Deed]] = []
        self._counter = count()

    def note(self, at: datetime, deed: Deed) -> None:
        """Let something happen at a time; deeds of the same time happen in the order in which they were noted."""
        if at <= self.ends:
            heapq.heappush(self._heap, (at, next(self._counter), deed))

    def run(self) -> None:
        """Let everything happen, also what is noted meanwhile."""
        while self._heap:
            at, _number, deed = heapq.heappop(self._heap)
            deed(at)
