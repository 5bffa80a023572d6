"""A small chain with plenty of stock, whose rows have numbered keys so that pgbench can name them too."""

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.filling import CHANNEL, STORE, VARIANT, key, key_of

PLENTY = 100_000_000
# Variants have twelve digits, so that ``random`` of pgbench needs no zeros put before it.
FIRST = 10**10 + 1
NAMES = ("a", "b", "c", "d", "e")


@dataclass(frozen=True, slots=True)
class Shop:
    """One channel, its stores and its variants."""

    merchant_id: uuid.UUID
    stores: int
    variants: int
    channels: int

    def cart(self, size: int) -> list[int]:
        """Return the numbers of different variants, drawn as ``settings`` lets pgbench draw them."""
        part = self.variants // size
        return [FIRST + number * part + random.randrange(part) for number in range(size)]  # noqa: S311 - a draw

    def settings(self, size: int) -> str:
        """Return the lines that let pgbench draw a cart: the last twelve digits of the keys of its variants."""
        part, first = self.variants // size, int(VARIANT) * 10**11 + FIRST
        return "".join(
            f"\\set {NAMES[number]} random({first + number * part}, {first + (number + 1) * part - 1})\n"
            for number in range(size)
        )

    def values(self, cart: list[int]) -> Mapping[str, str]:
        """Return what stands in recorded statements for the variants of a cart, and how pgbench says it."""
        return {f"{int(VARIANT) * 10**11 + one}": f":{NAMES[number]}" for number, one in enumerate(cart)}


def sku_of(number: int) -> str:
    """Return the SKU of a variant: the last twelve digits of its key are in it."""
    return f"V{int(VARIANT) * 10**11 + number}"


def make_shop(*, stores: int, variants: int, channels: int = 1, is_stocked_everywhere: bool = True) -> Shop:
    """Make the chain in an empty database: each variant at each store, or at five of them."""
    from django.db import connection

    from o2o.kit import clock
    from o2o.tenancy.scope import tenant_transaction
    from tests.channels.factories import ChannelLocationFactory, SalesChannelFactory, StockLocationFactory
    from tests.factories import MerchantFactory

    merchant = MerchantFactory(id=key_of("0", 1), slug="bench")
    places = [StockLocationFactory(id=key_of(STORE, n), merchant=merchant, code=f"S{n}") for n in range(stores)]
    for number in range(channels):
        channel = SalesChannelFactory(id=key_of(CHANNEL, number), merchant=merchant, code=f"c{number}")
        for place in places:
            ChannelLocationFactory(merchant=merchant, channel=channel, location=place)
    series = "FROM generate_series(%(first)s, %(last)s) AS n"
    at_stores = f"generate_series(0, {stores - 1})" if is_stocked_everywhere else _five_of(stores)
    stamps = "%(at)s, %(at)s, %(merchant)s"
    parameters = {"first": FIRST, "last": FIRST + variants - 1, "merchant": str(merchant.pk), "at": clock.now()}
    statements = (
        f"""INSERT INTO catalog_product (id, created_at, updated_at, merchant_id, code, name, description, brand,
                attributes, is_active)
            SELECT {key(VARIANT, "n")}, {stamps}, n, n, '', '', '{{}}', true {series}""",
        f"""INSERT INTO catalog_variant (id, created_at, updated_at, merchant_id, product_id, sku, name, gtin,
                attributes, allows_backorder, is_active)
            SELECT {key(VARIANT, "n")}, {stamps}, {key(VARIANT, "n")}, 'V{VARIANT}' || lpad(n::text, 11, '0'), '', '',
                '{{}}', false, true {series}""",
        f"""INSERT INTO inventory_stocklevel (id, created_at, updated_at, merchant_id, variant_id, location_id, on_hand,
                allocated, held, safety_stock, allows_backorder)
            SELECT gen_random_uuid(), {stamps}, {key(VARIANT, "n")}, {key(STORE, "s")}, 0, 0, 0, 0, false
            {series} CROSS JOIN {at_stores} AS s""",
        f"""INSERT INTO inventory_stockmovement (id, created_at, merchant_id, level_id, kind, on_hand_delta,
                allocated_delta, reason, reference_kind, note, actor_label, occurred_at)
            SELECT gen_random_uuid(), %(at)s, %(merchant)s, id, 'received', {PLENTY}, 0, 'purchase', '', '', '', %(at)s
            FROM inventory_stocklevel""",
    )
    with tenant_transaction(merchant.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in statements:
            cursor.execute(statement, parameters)
    return Shop(merchant.pk, stores, variants, channels)


def _five_of(stores: int) -> str:
    return f"LATERAL (SELECT (n * 7 + k * {stores // 5}) %% {stores} AS s FROM generate_series(0, 4) AS k)"


def in_scope(shop: Shop, work: Callable[[], object]) -> Callable[[], object]:
    """Return the work as a call in a transaction of its own in the scope of the merchant, as a request is."""
    from o2o.tenancy.scope import tenant_transaction

    def call() -> None:
        with tenant_transaction(shop.merchant_id):
            work()

    return call
