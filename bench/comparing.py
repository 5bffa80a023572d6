"""A service and its bare statements, taking turns on one database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.clients import Rate, median_rate, rate_of
from bench.replay import pgbench, recorded, script


def compare(
    database: str,
    make: Callable[[int], Callable[[], object]],
    *,
    call: Callable[[], Any],
    values: Mapping[str, str],
    settings: str,
    clients: Sequence[int],
    seconds: float,
    rounds: int,
) -> dict[int, Rate]:
    """Print the rate of the calls that ``make`` returns, that of the statements of ``call``, and the share.

    Returns the median rate of the service for each number of clients.
    """
    # Once before: what is kept in memory afterwards is not asked for at each call.
    make(0)()
    statements = recorded(call)
    text = script(statements, values=values, settings=settings)
    print(f"  {len(statements)} statements in a transaction, BEGIN and COMMIT and savepoints included")
    found = {}
    for count in clients:
        ours, bare = [], []
        for _round in range(rounds):
            ours.append(rate_of(make, clients=count, seconds=seconds))
            bare.append(pgbench(database, text, clients=count, seconds=seconds))
        rate, limit = median_rate(ours), sorted(bare)[rounds // 2]
        print(
            f"  {count:>2} clients: {rate.per_second:>7,.0f}/s (p50 {rate.p50_ms:.1f} ms, p99 {rate.p99_ms:.1f} ms);"
            f" bare statements {limit:>7,.0f}/s; share {rate.per_second / limit:.0%}",
            flush=True,
        )
        found[count] = rate
    return found
