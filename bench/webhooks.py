"""How fast webhooks leave, and whether slow receivers hold up the others.

    python -m bench.webhooks [--messages 2000] [--endpoints 20] [--slow 20]

It makes a database of its own beside those of the tests and drops it at the end. All traffic stays on loopback.
Receiver, senders and database share the machine, so the figures are lower bounds.
"""

import argparse
import logging
import os
import statistics
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

from o2o.embedded.testing import start_for_tests


def main() -> None:
    """Measure and print."""
    options = _options()
    os.environ["DJANGO_SETTINGS_MODULE"] = "o2o.settings.testing"
    services = start_for_tests()
    try:
        import django

        django.setup()
        logging.disable(logging.WARNING)
        with _database():
            _throughput(options)
            _isolation(options)
    finally:
        services.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="messages in the measurement of throughput")
    parser.add_argument("--endpoints", type=int, default=20, help="endpoints that work")
    parser.add_argument("--slow", type=int, default=20, help="endpoints that drip")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement of delay")
    return parser.parse_args()


@contextmanager
def _database() -> Iterator[None]:
    from django.db import connections

    from tests import database

    name = database.make_database()
    database.use_database(name)
    try:
        yield
    finally:
        connections.close_all()
        database.drop_database(name)


def _throughput(options: argparse.Namespace) -> None:
    from o2o.events.webhooks.dispatching import Dispatcher

    with _bench() as bench:
        good = [bench.endpoint(bench.serve()) for _number in range(options.endpoints)]
        bench.publish(max(1, options.messages // len(good)))
        started = time.monotonic()
        summary = Dispatcher().run(seconds=300)
        seconds = time.monotonic() - started
    rate = summary.taken / seconds
    print(f"throughput: {summary.taken} messages to {len(good)} endpoints in {seconds:.1f} s = {rate:.0f}/s")


def _isolation(options: argparse.Namespace) -> None:
    from tests.o2o.kit.outbound import servers

    figures = {}
    for kind, answer, proven in (
        ("alone", None, False),
        ("beside new endpoints that drip", servers.dripping_body, False),
        ("beside known endpoints that begin to drip", servers.dripping_body, True),
    ):
        with _bench() as bench:
            good = [bench.endpoint(bench.serve()) for _number in range(options.endpoints)]
            for _number in range(options.slow if answer else 0):
                bench.endpoint(bench.serve(answer), is_proven=proven)
            delays = bench.delays(good, seconds=options.seconds)
        figures[kind] = delays
        quantiles = statistics.quantiles(delays, n=100)
        print(
            f"{options.endpoints} endpoints {kind} ({options.slow if answer else 0}): {len(delays)} messages,"
            f" median {1000 * statistics.median(delays):.0f} ms, p95 {1000 * quantiles[94]:.0f} ms,"
            f" p99 {1000 * quantiles[98]:.0f} ms"
        )


class Bench:
    """A merchant with endpoints on loopback."""

    def __init__(self, stack: Any) -> None:
        from tests.factories import MerchantFactory

        self._stack = stack
        self.merchant = MerchantFactory(slug=f"bench-{uuid.uuid4().hex[:8]}")

    def serve(self, answer: Any = None) -> Any:
        """Start a receiver."""
        from tests.o2o.kit.outbound.servers import answering, listening

        return self._stack.enter_context(listening(answer or answering(200, b"ok")))

    def endpoint(self, server: Any, *, is_proven: bool = True) -> Any:
        """Make an endpoint for a receiver."""
        from tests.o2o.events.webhooks.conftest import make_endpoint

        return make_endpoint(self.merchant, server.url, is_proven=is_proven)

    def publish(self, count: int) -> None:
        """Publish events to all endpoints."""
        from tests.o2o.events.webhooks.conftest import deliver

        deliver(self.merchant, count)

    def delays(self, endpoints: Sequence[Any], *, seconds: float, pause: float = 0.2) -> list[float]:
        """Publish steadily while the dispatcher runs; return seconds from due to delivered, of these endpoints."""
        from django.db import connection

        from o2o.events.webhooks.dispatching import Dispatcher
        from o2o.events.webhooks.enums import WebhookState
        from o2o.events.webhooks.models import WebhookDelivery
        from o2o.tenancy.scope import tenant_transaction

        stopping = threading.Event()

        def dispatch() -> None:
            try:
                while not stopping.is_set():
                    Dispatcher().run(seconds=seconds + 2)
                    time.sleep(0.02)
            finally:
                connection.close()

        thread = threading.Thread(target=dispatch)
        thread.start()
        stop_at = time.monotonic() + seconds
        while time.monotonic() < stop_at:
            self.publish(1)
            time.sleep(pause)
        stopping.set()
        thread.join()
        with tenant_transaction(self.merchant.pk):
            rows: list[tuple[datetime, datetime]] = list(
                WebhookDelivery.objects.filter(endpoint__in=endpoints, state=WebhookState.DELIVERED).values_list(
                    "created_at", "settled_at"
                )
            )
        return [(settled_at - created_at).total_seconds() for created_at, settled_at in rows]


@contextmanager
def _bench() -> Iterator[Bench]:
    from o2o.kit.outbound import Destination, DestinationPolicy

    def trusts(_policy: DestinationPolicy, destination: Destination) -> bool:
        return destination.host == "127.0.0.1"

    with ExitStack() as stack, mock.patch.object(DestinationPolicy, "trusts", trusts):
        yield Bench(stack)


if __name__ == "__main__":
    main()
