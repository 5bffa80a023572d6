"""Orders a second, placed and ingested in full, beside what the database alone can do and beside django-oscar.

    python -m bench.orders [--seconds 6] [--rounds 3] [--oscar PATH_TO_PYTHON]

An order has three lines and a payment, is routed to one of ten stores and its stock allocated; lines, fulfilment,
events and timeline are written. The calls and ``pgbench`` with the same bare statements take turns on the same
database, each with 1 and with 32 clients, and the medians are compared. Then orders are taken in 100 in a call, as a
channel tells of them after an outage. ``--oscar`` names the Python of an environment with django-oscar 4 and psycopg2,
whose ``OrderCreator`` then makes orders of three lines on the same server with two processes.
"""

import argparse
import random
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bench.database import analyse, fresh_database, servers
from bench.filling import CHANNEL, key_of
from bench.shop import Shop, in_scope, make_shop, sku_of

if TYPE_CHECKING:
    from channels.orders.drafts import OrderDraft

LINES = 3
CLIENTS = (1, 32)
AT_ONCE = 100
MANY_CLIENTS = (1, 2, 8)
OSCAR_PROCESSES = 2
WANTED_TIMES = 20
BASKETS = {"made": "made before", "filled": "filled in the same time"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--oscar", help="the Python of an environment with django-oscar 4 and psycopg2")
    options = parser.parse_args()
    with servers():
        rates = {}
        for name, make in (("place", placing), ("ingest", ingesting)):
            with fresh_database() as database:
                rates[name] = measure(name, make, database, seconds=options.seconds, rounds=options.rounds)
        with fresh_database() as database:
            rates[f"ingest, {AT_ONCE} in a call,"] = measure_many(
                database, seconds=options.seconds, rounds=options.rounds
            )
        if options.oscar:
            beside_oscar(options.oscar, rates, seconds=options.seconds, rounds=options.rounds)
        else:
            print("django-oscar: left out; give --oscar PATH_TO_PYTHON of an environment that has it.")


def measure(
    name: str, make: Callable[[Shop], Callable[[], object]], database: str, *, seconds: float, rounds: int
) -> dict[int, float]:
    """Compare one of the calls with its statements; return calls per second by the number of clients."""
    from bench.comparing import compare

    shop = make_shop(stores=10, variants=3_000)
    analyse(database)
    cart = shop.cart(LINES)
    print(f"{name} an order of {LINES} lines:")
    found = compare(
        database,
        lambda number: seeded(shop, make, number),
        call=in_scope(shop, lambda: send(name, cart, external_id="EXTERNAL", number="NUMBER")),
        values={**shop.values(cart), "EXTERNAL": "E:client-:run", "NUMBER": "N:client-:run"},
        settings=shop.settings(LINES),
        clients=CLIENTS,
        seconds=seconds,
        rounds=rounds,
    )
    # Two of our processes, as of the other shop's.
    found |= processes(shop, make, seconds=seconds, rounds=rounds)
    return {clients: rate.per_second for clients, rate in found.items()}


def measure_many(database: str, *, seconds: float, rounds: int) -> dict[int, float]:
    """Take in orders many at a time; return orders per second by the number of clients."""
    from bench.clients import median_rate, rate_of

    shop = make_shop(stores=10, variants=3_000)
    analyse(database)
    print(f"ingest {AT_ONCE} orders of {LINES} lines in a call:")
    ingesting_many(shop)()
    rates = {}
    for clients in MANY_CLIENTS:
        runs = [
            rate_of(lambda number: seeded(shop, ingesting_many, number), clients=clients, seconds=seconds)
            for _round in range(rounds)
        ]
        rate = median_rate(runs)
        rates[clients] = rate.per_second * AT_ONCE
        times = f"p50 {rate.p50_ms:.0f} ms, p99 {rate.p99_ms:.0f} ms"
        print(f"  {clients:>2} clients: {rates[clients]:>7,.0f} orders/s (a call: {times})")
    return rates


def processes(
    shop: Shop, make: Callable[[Shop], Callable[[], object]], *, seconds: float, rounds: int
) -> dict[int, Any]:
    """Return the rate of as many processes as django-oscar is given."""
    from bench.clients import median_rate, rate_of

    runs = [
        rate_of(lambda number: seeded(shop, make, number), clients=OSCAR_PROCESSES, seconds=seconds)
        for _round in range(rounds)
    ]
    rate = median_rate(runs)
    print(
        f"  {OSCAR_PROCESSES:>2} clients: {rate.per_second:>7,.0f}/s"
        f" (p50 {rate.p50_ms:.1f} ms, p99 {rate.p99_ms:.1f} ms)"
    )
    return {OSCAR_PROCESSES: rate}


def seeded(shop: Shop, make: Callable[[Shop], Callable[[], object]], number: int) -> Callable[[], object]:
    """Return a call of a client that draws otherwise than the others."""
    random.seed(number)
    return make(shop)


def placing(shop: Shop) -> Callable[[], object]:
    """Return a call that places another order each time."""
    return in_scope(shop, lambda: send("place", shop.cart(LINES)))


def ingesting(shop: Shop) -> Callable[[], object]:
    """Return a call that takes in another order of a channel each time."""
    return in_scope(shop, lambda: send("ingest", shop.cart(LINES), external_id=str(uuid.uuid4())))


def ingesting_many(shop: Shop) -> Callable[[], object]:
    """Return a call that takes in other orders of a channel each time, many at once."""
    return in_scope(shop, lambda: send_many([shop.cart(LINES) for _number in range(AT_ONCE)]))


def send(name: str, cart: list[int], *, external_id: str = "", number: str = "") -> None:
    """Place or ingest an order of one unit of each variant, paid, to be shipped."""
    from channels.orders.services.ingesting import ingest_order
    from channels.orders.services.placing import place_order
    from o2o.kit import clock

    at = clock.now()
    draft = draft_of(cart, at, number=number, external_id=external_id if name == "ingest" else "")
    if name == "ingest":
        ingest_order(draft=draft, version=1, at=at)
    else:
        place_order(draft=draft, at=at)


def send_many(carts: list[list[int]]) -> None:
    """Take in an order of each cart, all in one call."""
    from channels.orders.services.ingesting_many import Message, ingest_orders
    from o2o.kit import clock

    at = clock.now()
    messages = [Message(draft_of(cart, at, external_id=str(uuid.uuid4())), 1) for cart in carts]
    answers = ingest_orders(messages=messages, at=at)
    if not all(getattr(answer, "outcome", "") == "created" for answer in answers):
        raise SystemExit(f"Not all orders were made: {answers}")


def draft_of(cart: list[int], at: datetime, *, number: str = "", external_id: str = "") -> "OrderDraft":
    """Return an order of one unit of each variant, paid, to be shipped."""
    from channels.orders.drafts import LineDraft, OrderDraft, PaymentDraft
    from channels.orders.recipients import Recipient
    from channels.stores.enums import FulfillmentMethod

    return OrderDraft(
        channel_id=key_of(CHANNEL, 0),
        method=FulfillmentMethod.SHIP,
        lines=[LineDraft(1, Decimal(18), sku=sku_of(one), external_id=f"L{place}") for place, one in enumerate(cart)],
        placed_at=at,
        number=number,
        external_id=external_id,
        payments=[PaymentDraft(Decimal(54), "wechat_pay", at)],
        recipient=Recipient(),
        latitude=31.2,
        longitude=121.5,
    )


def beside_oscar(python: str, rates: dict[str, dict[int, float]], *, seconds: float, rounds: int) -> None:
    """Measure django-oscar on the same server and print how many times as fast we are."""
    from bench.oscar_shop import orders_per_second

    theirs = orders_per_second(python, processes=OSCAR_PROCESSES, seconds=seconds, rounds=rounds)
    for way, rate in theirs.items():
        print(f"django-oscar's OrderCreator, {OSCAR_PROCESSES} processes, baskets {BASKETS[way]}: {rate:,.1f}/s")
        for name, by_clients in rates.items():
            for clients, ours in sorted(by_clients.items()):
                verdict = "" if ours >= WANTED_TIMES * rate else f", short of the {WANTED_TIMES} times that we want"
                print(f"  {name} with {clients} clients is {ours / rate:.1f} times as fast{verdict}")


if __name__ == "__main__":
    main()
