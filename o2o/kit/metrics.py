"""Gauges that rooms fill and the metrics page reads: how much waits, how old the oldest of it is.

    @gauge("o2o_outbox_lag_seconds", "Age of the oldest event that was not published.")
    def outbox_lag() -> float: ...

A gauge is asked at each scrape, in a transaction that sees all merchants. It answers a number, or a mapping from the
values of its ``labels`` to numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Reading = float | Mapping[tuple[str, ...], float]
Ask = Callable[[], Reading]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that is asked for when somebody looks."""

    name: str
    description: str
    labels: tuple[str, ...]
    ask: Ask


_gauges: dict[str, Gauge] = {}


def gauge(name: str, description: str, *, labels: tuple[str, ...] = ()) -> Callable[[Ask], Ask]:
    """Register a function as a gauge. ``name`` follows Prometheus: ``o2o_<thing>_<unit>``."""

    def register(ask: Ask) -> Ask:
        _gauges[name] = Gauge(name, description, labels, ask)
        return ask

    return register


def gauges() -> tuple[Gauge, ...]:
    """Return every registered gauge, by name."""
    return tuple(_gauges[name] for name in sorted(_gauges))
