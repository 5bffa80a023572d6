"""Clients of a service: processes that call it over and over, each with a connection of its own."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from o2o.kit.memory import spare_collector


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per second of all clients together, and the median and the slowest hundredth of their times."""

    per_second: float
    p50_ms: float
    p99_ms: float


def rate_of(make: Callable[[int], Callable[[], object]], *, clients: int, seconds: float) -> Rate:
    """Let so many processes call what ``make(number)`` returns for so long.

    The first call of each is not counted; of the last, which outlasts the time, the share that lies within.
    """
    from django.db import connections

    connections.close_all()
    spare_collector()
    forks = multiprocessing.get_context("fork")
    ready = forks.Barrier(clients)
    pipes = [forks.Pipe(duplex=False) for _number in range(clients)]
    processes = [
        forks.Process(target=_client, args=(make, number, ready, seconds, pipes[number][1]))
        for number in range(clients)
    ]
    for process in processes:
        process.start()
    by_client = [_answer(receiving) for receiving, _sending in pipes]
    for process in processes:
        process.join()
    calls = sum(len(times) - (sum(times) - seconds) / times[-1] for times in by_client)
    times = [spent for times in by_client for spent in times]
    quantiles = statistics.quantiles(times, n=100)
    return Rate(calls / seconds, 1000 * statistics.median(times), 1000 * quantiles[98])


def median_rate(rates: Sequence[Rate]) -> Rate:
    """Return the run in the middle."""
    return sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2]


def _answer(receiving: Any) -> list[float]:
    times: list[float] | BaseException = receiving.recv()
    if isinstance(times, BaseException):
        raise times
    return times


def _client(make: Callable[[int], Callable[[], object]], number: int, ready: Any, seconds: float, sending: Any) -> None:
    try:
        call = make(number)
        call()
        ready.wait()
        sending.send(_times(call, seconds))
    except BaseException as error:
        ready.abort()
        sending.send(RuntimeError(repr(error)))
        raise


def _times(call: Callable[[], object], seconds: float) -> list[float]:
    times = []
    now = time.perf_counter()
    until = now + seconds
    while now < until:
        call()
        began, now = now, time.perf_counter()
        times.append(now - began)
    return times
