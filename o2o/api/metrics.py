"""Figures for Prometheus, over all processes of a web server where ``PROMETHEUS_MULTIPROC_DIR`` is set."""

import os
from collections.abc import Iterator, Mapping

import structlog
from django.db import DatabaseError
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from o2o.kit.metrics import Gauge, gauges
from o2o.tenancy.scope import platform_transaction

logger = structlog.get_logger(__name__)

REQUESTS = Counter("o2o_http_requests", "Requests by route, method and class of status.", ["route", "method", "status"])
SECONDS = Histogram(
    "o2o_http_request_seconds",
    "Time that requests took, by route.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CONTENT_TYPE = CONTENT_TYPE_LATEST


def note_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. Made-up methods are counted as one, so that they do not fill the memory."""
    REQUESTS.labels(route, method if method in METHODS else "OTHER", f"{status // 100}xx").inc()
    SECONDS.labels(route).observe(seconds)


def page() -> bytes:
    """Return everything there is to know, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(RoomGauges())
    own = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        own = CollectorRegistry()
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]
    return generate_latest(own) + generate_latest(registry)


class RoomGauges:
    """Asks the gauges of ``o2o.kit.metrics``; one that cannot answer is left out and logged."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one family per gauge."""
        for each in gauges():
            try:
                with platform_transaction():
                    yield _family(each)
            except DatabaseError as error:
                logger.warning("gauge_unreadable", gauge=each.name, error=type(error).__name__)


def _family(each: Gauge) -> GaugeMetricFamily:
    family = GaugeMetricFamily(each.name, each.description, labels=each.labels)
    reading = each.ask()
    for values, number in (reading if isinstance(reading, Mapping) else {(): reading}).items():
        family.add_metric(values, number)
    return family
