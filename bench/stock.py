"""Reservations a second beside what the database alone can do, and what 10,000 variants can promise in 20 channels.

    python -m bench.stock [--seconds 6] [--rounds 3] [--only reservations|availability]

A cart has three lines. The service and ``pgbench`` take turns on the same database, each with 1 and with 32 clients,
and the medians are compared. It makes a database of its own and drops it at the end; the server does not wait for the
disk.
"""

import argparse
import random
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from bench.database import analyse, fresh_database, servers
from bench.filling import CHANNEL, STORE, VARIANT, key_of
from bench.shop import Shop, in_scope, make_shop

LINES = 3
CLIENTS = (1, 32)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("reservations", "availability"))
    options = parser.parse_args()
    with servers():
        if options.only != "availability":
            with fresh_database() as database:
                reservations(database, seconds=options.seconds, rounds=options.rounds)
        if options.only != "reservations":
            with fresh_database() as database:
                availability(database)


def reservations(database: str, *, seconds: float, rounds: int) -> None:
    """Hold carts of three lines of 3,000 variants at 10 stores."""
    from bench.comparing import compare

    shop = make_shop(stores=10, variants=3_000)
    analyse(database)
    cart = shop.cart(LINES)
    print(f"holding a cart of {LINES} lines:")
    compare(
        database,
        lambda number: holder(shop, seed=number),
        call=in_scope(shop, lambda: hold(cart, store=0)),
        values={**shop.values(cart), str(key_of(STORE, 0)): f"00000000-0000-7000-8000-{STORE}0000000000:s"},
        settings=shop.settings(LINES) + "\\set s random(0, 9)\n",
        clients=CLIENTS,
        seconds=seconds,
        rounds=rounds,
    )


def holder(shop: Shop, *, seed: int) -> Callable[[], object]:
    """Return a call that holds another cart each time."""
    random.seed(seed)
    return in_scope(shop, lambda: hold(shop.cart(LINES), store=random.randrange(shop.stores)))  # noqa: S311 - a draw


def hold(cart: list[int], *, store: int) -> None:
    """Hold one unit of each variant."""
    from channels.inventory.lines import StockLine
    from channels.inventory.services import hold_stock
    from o2o.kit import clock

    at = clock.now()
    hold_stock(
        reference=uuid.uuid4(),
        channel_id=key_of(CHANNEL, 0),
        lines=[StockLine(key_of(VARIANT, number), key_of(STORE, store), 1) for number in cart],
        expires_at=at + timedelta(minutes=15),
        at=at,
    )


def availability(database: str, *, variants: int = 10_000, channels: int = 20) -> None:
    """Ask what all channels can promise of all variants: each lies at five of a hundred stores."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from channels.inventory.selectors import available_to_promise
    from o2o.kit import clock
    from o2o.tenancy.scope import tenant_transaction

    shop = make_shop(stores=100, variants=variants, channels=channels, is_stocked_everywhere=False)
    analyse(database)
    variant_ids = [key_of(VARIANT, number) for number in range(10**10 + 1, 10**10 + 1 + variants)]
    channel_ids = [key_of(CHANNEL, number) for number in range(channels)]
    times, figures, queries = [], 0, 0
    for _round in range(7):
        with tenant_transaction(shop.merchant_id), CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            figures = len(available_to_promise(channel_ids=channel_ids, variant_ids=variant_ids, at=clock.now()))
            times.append(time.perf_counter() - began)
            queries = len(captured)
    median = statistics.median(times)
    print(
        f"what {channels} channels can promise of {variants:,} variants: {figures:,} figures, {queries} query,"
        f" {1000 * median:.0f} ms ({figures / median:,.0f} figures/s)"
    )


if __name__ == "__main__":
    main()
