"""What an event costs: to emit, to relay, to deliver; beside the bare INSERT that is the limit of all of it.

    python -m bench.outbox [--events 3000]

It makes a database of its own beside those of the tests and drops it at the end. The servers of the tests do not wait
for the disk, so that the figures show the work and not the disk. One process, one connection.
"""

import argparse
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from o2o.embedded.testing import start_for_tests


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3000, help="events in each measurement")
    events = parser.parse_args().events
    os.environ["DJANGO_SETTINGS_MODULE"] = "o2o.settings.testing"
    services = start_for_tests()
    try:
        import django

        django.setup()
        logging.disable(logging.WARNING)
        with _database():
            _measure(events)
    finally:
        services.stop()


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


def _measure(events: int) -> None:
    from o2o.events import subscriber
    from o2o.events.delivery import deliver_partition
    from o2o.events.models import PARTITIONS
    from o2o.events.relay import relay_all
    from tests.factories import MerchantFactory
    from tests.o2o.events.sample import Counted, say

    subscriber(Counted, name="bench.listener")(lambda _event, _envelope: None)
    merchant_id = MerchantFactory(slug=f"bench-{uuid.uuid4().hex[:8]}").pk
    say(merchant_id, 0)

    bare = _rate("bare INSERT of the same row, a transaction each", events, lambda: _bare_inserts(merchant_id, events))
    relay_all()  # those rows are out of the way of what follows
    _deliver_quietly()
    single = _rate("emit, a transaction each", events, lambda: [say(merchant_id, n) for n in range(events)])
    _rate("emit, 100 in a transaction", events, lambda: _in_hundreds(merchant_id, events))
    _rate("relay, with one subscriber", 2 * events, relay_all)
    _rate(
        "deliver to an empty handler, a transaction each",
        2 * events,
        lambda: [deliver_partition(partition=number, seconds=600) for number in range(PARTITIONS)],
    )
    _rate("relay that finds nothing (calls)", 200, lambda: [relay_all() for _ in range(200)])
    print(f"emit reaches {single / bare:.0%} of the bare INSERT")


def _deliver_quietly() -> None:
    from o2o.events.delivery import deliver_partition
    from o2o.events.models import PARTITIONS

    for number in range(PARTITIONS):
        deliver_partition(partition=number, seconds=600)


def _in_hundreds(merchant_id: uuid.UUID, events: int) -> None:
    from tests.o2o.events.sample import say

    for first in range(0, events, 100):
        say(merchant_id, *range(first, min(first + 100, events)))


def _bare_inserts(merchant_id: uuid.UUID, events: int) -> None:
    """Insert without an ORM, in the scope that row-level security demands."""
    from django.db import connection, transaction

    insert = (
        "INSERT INTO events_outboxevent (id, merchant_id, position, partition, event_type, version, aggregate_type,"
        " aggregate_id, payload, occurred_at, request_id) VALUES (%s, %s, nextval('events_position'), %s,"
        " 'bench.bare', 1, 'bench', %s, %s, clock_timestamp(), '')"
    )
    for number in range(events):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('o2o.merchant_id', %s, true)", [str(merchant_id)])
            cursor.execute(insert, [uuid.uuid4(), merchant_id, number % 16, uuid.uuid4(), f'{{"number": {number}}}'])


def _rate(what: str, count: int, work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    seconds = time.monotonic() - started
    print(f"{what:<50} {count / seconds:>8.0f}/s   {1000 * seconds / count:.2f} ms each")
    return count / seconds


if __name__ == "__main__":
    main()
