"""How long the pure router takes for one order: five lines, 500 locations, no database.

    python -m bench.routing [--locations 500] [--lines 5] [--orders 200]

Three situations: every location has everything, no location has all of it so that parts must be found, and a rule with
distance bands that lets units be split. The verdict on every location is part of the time.
"""

import argparse
import random
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from channels.orders.routing import Candidate, Decision, Demand, DemandLine, Rule, parse_rule, route

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
BANDS = {
    "prefer": [{"by": "nearest", "band_km": 5}, "priority", "least_loaded", "most_stock", "soonest_ready"],
    "split": "units",
    "max_parts": 5,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locations", type=int, default=500)
    parser.add_argument("--lines", type=int, default=5)
    parser.add_argument("--orders", type=int, default=200)
    options = parser.parse_args()
    random.seed(1)
    variants = [uuid.uuid4() for _number in range(options.lines)]
    banded = [parse_rule("near", BANDS)]
    for what, has, rules in (
        ("every location has everything", lambda: 100, []),
        ("no location has all of it", lambda: random.choice((0, 0, 0, 5)), []),  # noqa: S311 - a draw
        ("units split, five criteria", lambda: random.choice((0, 0, 1, 2)), banded),  # noqa: S311 - a draw
    ):
        candidates = chain(options.locations, variants, has)
        times, decision = measured(candidates, variants, rules, orders=options.orders)
        print(
            f"{what:<32} {len(decision.parts)} parts: median {1000 * statistics.median(times):.1f} ms,"
            f" p99 {1000 * statistics.quantiles(times, n=100)[98]:.1f} ms"
        )


def chain(count: int, variants: Sequence[uuid.UUID], has: Callable[[], int]) -> list[Candidate]:
    """Return locations over an area of some hundred kilometres."""
    return [
        Candidate(
            location_id=uuid.uuid4(),
            name=f"Store {number}",
            kind="store",
            available={variant: units for variant in variants if (units := has())},
            methods=frozenset({"ship", "deliver", "pickup"}),
            opens_at=AT,
            coordinates=(random.uniform(30, 32), random.uniform(120, 122)),  # noqa: S311 - a draw
            capacity_left=random.randrange(1, 50),  # noqa: S311 - a draw
            preparation_minutes=20,
        )
        for number in range(count)
    ]


def measured(
    candidates: Sequence[Candidate], variants: Sequence[uuid.UUID], rules: Sequence[Rule], *, orders: int
) -> tuple[list[float], Decision]:
    """Route orders to different places; return seconds of each, and the last decision."""
    times: list[float] = []
    decisions: list[Decision] = []
    for _order in range(orders):
        demand = Demand(
            order_id=uuid.uuid4(),
            channel_id=uuid.uuid4(),
            method="ship",
            lines=[DemandLine(uuid.uuid4(), variant, "SKU", 3) for variant in variants],
            local=AT,
            coordinates=(random.uniform(30, 32), random.uniform(120, 122)),  # noqa: S311 - a draw
        )
        began = time.perf_counter()
        decisions.append(route(demand, candidates, rules, at=AT))
        times.append(time.perf_counter() - began)
    return times, decisions[-1]


if __name__ == "__main__":
    main()
