"""How long lists take to open where there are a million orders and a hundred thousand variants.

    python -m bench.scale [--orders 1000000] [--variants 100000] [--keep NAME] [--only TEXT] [--rounds 5]

Fills a database by statements about sets (a quarter of an hour), then opens each list of the console and of the API as
the owner of the merchant does, without a filter, with each filter, and deep inside. Printed are the median of the
whole request's time, and of the processor time that Python and PostgreSQL took for it, beside the number of queries;
statements that walk through a big table are named. Processor time is judged, for other work on the machine lengthens it
least. ``--keep`` uses a database that outlives the run, and fills it only where it is new.
"""

import argparse
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.database import analyse, fresh_database, kept_database, servers
from bench.filling import fill

SLOW_MS = 200
MOST_MS = 400
SLUG = "bench-scale"


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening an address took, in milliseconds: by the clock, of the processor for Python and for PostgreSQL."""

    status: int
    elapsed: float
    python: float
    in_database: float
    queries: int
    statements: list[str]

    @property
    def spent(self) -> float:
        """What the server worked for it."""
        return self.python + self.in_database


def main() -> None:
    """Fill, open and print; ends with an error where a list takes a second or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--variants", type=int, default=100_000)
    parser.add_argument("--keep", metavar="NAME", help="a database to keep, or to use again")
    parser.add_argument("--only", default="", help="open the addresses that hold this text")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with _database(options) as merchant:
        from bench.lists import addresses

        spent = [
            _shown(merchant, label, address, options.rounds).spent
            for label, address in addresses(merchant.client, merchant.pk)
            if options.only in f"{label} {address}"
        ]
    if not spent:
        return
    slow = sum(one > SLOW_MS for one in spent)
    print(f"{len(spent)} addresses: half within {median(spent):.0f} ms, all within {max(spent):.0f} ms")
    print(f"{slow} of them take more than {SLOW_MS} ms" if slow else f"none takes more than {SLOW_MS} ms")
    if max(spent) >= MOST_MS:
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class Merchant:
    """The merchant, and the browser of its owner."""

    pk: Any
    client: Any


@contextlib.contextmanager
def _database(options: argparse.Namespace) -> Iterator[Merchant]:
    with contextlib.ExitStack() as stack:
        fill_it = partial(_fill, options=options)
        if options.keep:
            stack.enter_context(kept_database(options.keep, fill_it))
        else:
            stack.enter_context(servers())
            fill_it(stack.enter_context(fresh_database()))
        from bench.callers import browser_of

        yield Merchant(*browser_of(SLUG))


def _fill(database: str, options: argparse.Namespace) -> None:
    from o2o.kit import clock
    from tests.factories import MerchantFactory

    merchant = MerchantFactory(slug=SLUG)
    fill(merchant.pk, orders=options.orders, variants=options.variants, at=clock.now())
    analyse(database)


def _shown(merchant: Merchant, label: str, address: str, rounds: int) -> Opened:
    """Open an address, print a line about it and return the run in the middle."""
    runs = [_open(merchant, address) for _round in range(rounds)]
    opened = sorted(runs, key=lambda run: run.spent)[rounds // 2]
    marks = ("  SLOW" if opened.spent > SLOW_MS else "") + ("" if opened.status == 200 else f"  STATUS {opened.status}")
    print(
        f"{opened.elapsed:>6.0f} ms, Python {opened.python:>4.0f} ms, {opened.queries:>2} queries"
        f" {opened.in_database:>4.0f} ms  {label:<32} {address}{marks}",
        flush=True,
    )
    for walk in _walks(merchant.pk, opened.statements):
        print(f"            walks through {walk}")
    return opened


def _open(merchant: Merchant, address: str) -> Opened:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    server = connection.connection.info.backend_pid
    began, began_working, began_serving = time.perf_counter(), time.process_time(), _processor_time(server)
    with CaptureQueriesContext(connection) as queries:
        status = merchant.client.get(address, HTTP_ACCEPT_LANGUAGE="en").status_code
    worked, elapsed = time.process_time() - began_working, time.perf_counter() - began
    statements = [query["sql"] for query in queries.captured_queries]
    in_database = 1000 * sum(float(query["time"]) for query in queries.captured_queries)
    served = _processor_time(server)
    return Opened(
        status=status,
        elapsed=1000 * elapsed,
        python=1000 * worked,
        in_database=in_database if served is None or began_serving is None else served - began_serving,
        queries=sum(sql.lstrip().startswith(("SELECT", "WITH")) for sql in statements),
        statements=statements,
    )


def _processor_time(pid: int) -> float | None:
    """Return the milliseconds that a process has had of a processor; None where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1_000_000
    except OSError:
        return None


def _walks(merchant_id: Any, statements: list[str]) -> list[str]:
    """Return the big tables that some of the statements read from beginning to end, with the statement."""
    from django.db import connection

    from o2o.tenancy.scope import tenant_transaction

    big = _big_tables()
    found = []
    for sql in statements:
        if not sql.lstrip().startswith(("SELECT", "WITH")) or "set_config" in sql:
            continue
        with tenant_transaction(merchant_id), connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"), [])
            plan = cursor.fetchone()[0][0]["Plan"]
        condition = " ".join(sql.partition(" WHERE ")[2].split())[:300]
        found += [f"{table}: {condition}" for table in _scanned(plan) if table in big]
    return found


def _big_tables() -> frozenset[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 10000")
        return frozenset(name for (name,) in cursor.fetchall())


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


if __name__ == "__main__":
    main()
