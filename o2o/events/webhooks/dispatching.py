"""Send what is due: one thread that speaks to the database, many that speak to receivers.

A quick lane and a slow lane share the threads. Endpoints that fail, answer slowly or have never answered go by the
slow lane; and a message on the quick lane that takes longer than half a second is counted as slow from then on, so
that endpoints that turn slow all at once do not hold up the others for longer than that.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings

from o2o.events.webhooks.claiming import Share, claim_due, release_expired
from o2o.events.webhooks.outcomes import ClaimedDelivery, Outcome
from o2o.events.webhooks.recording import record_outcomes
from o2o.events.webhooks.sending import outbound_client, send
from o2o.kit import clock

logger = structlog.get_logger(__name__)

POLL_SECONDS = 0.03
# Answers that come in within this time are recorded together.
GATHER_SECONDS = 0.004


@dataclass(frozen=True, slots=True)
class Lanes:
    """How many messages may be under way: quick ones, slow ones, and any at all."""

    quick: int = 48
    slow: int = 16
    threads: int = 128
    overdue_seconds: float = 0.5
    per_endpoint: int = 2
    reserve: int = 16


@dataclass(frozen=True, slots=True)
class DispatchSummary:
    """What one run of the dispatcher did. ``is_drained`` says that nothing more was due when it ended."""

    sent: int
    taken: int
    is_drained: bool


@dataclass(slots=True)
class _UnderWay:
    is_slow: bool
    started: float


class Dispatcher:
    """One run over what is due, of all merchants. Any number may run at once, in any number of processes."""

    def __init__(self, *, lanes: Lanes | None = None, now: Callable[[], datetime] = clock.now) -> None:
        self._lanes = lanes or Lanes(per_endpoint=settings.WEBHOOKS_PER_ENDPOINT)
        self._now = now
        self._client = outbound_client()
        self._under_way: dict[Future[Outcome], _UnderWay] = {}
        self._sent = self._taken = 0

    def run(self, *, seconds: float = 20.0, on_tick: Callable[[], None] = lambda: None) -> DispatchSummary:
        """Send until nothing is due, for at most ``seconds``; what is under way then is waited for.

        ``on_tick`` is called many times a second, such as to keep a lock. No transaction is open while
        messages are under way.
        """
        stop_at = time.monotonic() + seconds
        release_expired(at=self._now())
        is_drained = False
        with ThreadPoolExecutor(self._lanes.threads, thread_name_prefix="webhook") as threads:
            while not is_drained and time.monotonic() < stop_at:
                on_tick()
                claimed = self._claim()
                for delivery in claimed:
                    self._start(threads, delivery)
                is_drained = not claimed and not self._under_way
                self._record(self._finished(POLL_SECONDS))
            while self._under_way:
                on_tick()
                self._record(self._finished(POLL_SECONDS))
        return DispatchSummary(self._sent, self._taken, is_drained)

    def _claim(self) -> Sequence[ClaimedDelivery]:
        return claim_due(at=self._now(), share=self._free())

    def _free(self) -> Share:
        overdue_since = time.monotonic() - self._lanes.overdue_seconds
        slow = sum(each.is_slow or each.started < overdue_since for each in self._under_way.values())
        quick = len(self._under_way) - slow
        free = self._lanes.threads - len(self._under_way)
        quick_free = max(0, min(self._lanes.quick - quick, free))
        slow_free = max(0, min(self._lanes.slow - slow, free - quick_free))
        lanes = self._lanes
        return Share(quick=quick_free, slow=slow_free, per_endpoint=lanes.per_endpoint, reserve=lanes.reserve)

    def _start(self, threads: ThreadPoolExecutor, delivery: ClaimedDelivery) -> None:
        # A copy of the context carries the clock of a test and the fields of the log into the thread.
        future = threads.submit(copy_context().run, send, delivery, self._client)
        self._under_way[future] = _UnderWay(delivery.is_slow, time.monotonic())

    def _finished(self, seconds: float) -> list[Outcome]:
        if not self._under_way:
            return []
        done, _rest = wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        if done:
            time.sleep(GATHER_SECONDS)
            done = {future for future in self._under_way if future.done()}
        outcomes = []
        for future in done:
            del self._under_way[future]
            try:
                outcomes.append(future.result())
            except Exception:
                # A fault of ours. The claim runs out by itself, and the message is tried again.
                logger.exception("webhook_not_sent")
        return outcomes

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            record_outcomes(outcomes=outcomes)
            self._sent += len(outcomes)
            self._taken += sum(outcome.is_success for outcome in outcomes)
