"""A chain as big as the ones that the lists must bear, filled in by statements about sets.

Keys are numbered, so that statements can name a row without looking for it; orders lie two years back and have keys
that grow with time, as those of real ones do. Values are spread as filters meet them: most are common, some are rare,
and one channel and one store have next to nothing.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

BATCH = 100_000
STORES = 100
CHANNELS = 20
"""Beside them there is one more of each that nearly nobody uses."""
QUIET_STORE, QUIET_CHANNEL = STORES + 1, CHANNELS + 1
LEVELS = 5
LISTINGS = 4
# Names are of two words, some common and some rare, without spaces between them where the language has none.
FLAVOURS = (
    "Jasmine ",
    "珍珠",
    "茉莉",
    "Mint ",
    "桂花",
    "Peach ",
    "黑糖",
    "芋泥",
    "Lemon ",
    "抹茶",
    "Rose ",
    "白桃",
    "椰香",
)
GOODS = ("奶茶", "乌龙茶", "Oolong", "biscuit", "雨伞", "notebook", "饼干", "马克杯")
STAMPS = "%(at)s, %(at)s, %(merchant)s"
# Numbered by ``n``; the first digit tells tables apart.
VARIANT, PRODUCT, STORE, CHANNEL, CATEGORY, LEVEL, LISTING, MEMBER = "12345678"


def key(kind: str, number: str) -> str:
    """Return the SQL of the key of a numbered row."""
    return f"('00000000-0000-7000-8000-{kind}' || lpad(({number})::text, 11, '0'))::uuid"


def key_of(kind: str, number: int) -> uuid.UUID:
    """Return the key of a numbered row."""
    return uuid.UUID(f"00000000-0000-7000-8000-{kind}{number:011}")


def one_of(words: tuple[str, ...], number: str) -> str:
    """Return the SQL of the word whose turn it is."""
    return f"(ARRAY{list(words)})[1 + ({number}) %% {len(words)}]"


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, and over how many numbers it goes: it sees ``%(first)s`` and ``%(last)s`` of a batch."""

    what: str
    count: int
    statement: str


def catalog_steps(variants: int) -> list[Step]:
    """Return the statements that make stores, channels, goods, stock and listings."""
    series = "FROM generate_series(%(first)s, %(last)s) AS n"
    per_level = f"{series} CROSS JOIN generate_series(0, {LEVELS - 1}) AS k"
    per_listing = f"{series} CROSS JOIN generate_series(0, {LISTINGS - 1}) AS k"
    return [
        Step("stores", STORES + 1, f"""
            INSERT INTO stores_stocklocation (id, created_at, updated_at, merchant_id, code, name, kind, is_active,
                country, region, city, postal_code, street, phone, latitude, longitude, time_zone, day_starts_at,
                methods, preparation_minutes, pickup_days, pickup_extension_days)
            SELECT {key(STORE, "n")}, {STAMPS}, 'S' || lpad(n::text, 4, '0'), 'Store ' || lpad(n::text, 4, '0'),
                'store', true, 'CN', '', 'City ' || n %% 10, '', '', '', 30 + n * 0.02, 120 + n * 0.02, 'Asia/Shanghai',
                '04:00', '{{pickup,ship,deliver,in_store}}', 20, 3, 2 {series}"""),
        Step("channels", CHANNELS + 1, f"""
            INSERT INTO stores_saleschannel (id, created_at, updated_at, merchant_id, code, name, kind, currency,
                is_active)
            SELECT {key(CHANNEL, "n")}, {STAMPS}, 'c' || n, 'Channel ' || lpad(n::text, 2, '0'), 'marketplace', 'CNY',
                true {series}"""),
        Step("stores of channels", CHANNELS, f"""
            INSERT INTO stores_channellocation (id, created_at, updated_at, merchant_id, priority, channel_id,
                location_id)
            SELECT gen_random_uuid(), {STAMPS}, 100, {key(CHANNEL, "n")}, {key(STORE, "s")}
            {series} JOIN generate_series(1, {STORES}) AS s ON n <= 10 OR s %% 5 = n %% 5"""),
        Step("categories", 50, f"""
            INSERT INTO catalog_category (id, created_at, updated_at, merchant_id, code, name, path)
            SELECT {key(CATEGORY, "n")}, {STAMPS}, 'k' || n, 'Category ' || n, 'k' || n || '/' {series}"""),
        Step("products", variants // 2, f"""
            INSERT INTO catalog_product (id, created_at, updated_at, merchant_id, code, name, description, brand,
                category_id, attributes, is_active)
            SELECT {key(PRODUCT, "n")}, {STAMPS}, 'P' || lpad(n::text, 7, '0'),
                {one_of(FLAVOURS, "n")} || {one_of(GOODS, f"n / {len(FLAVOURS)}")} || ' ' || n, '',
                'Brand ' || n %% 40, {key(CATEGORY, "1 + n %% 50")}, '{{}}', n %% 1000 <> 0 {series}"""),
        Step("variants", variants, f"""
            INSERT INTO catalog_variant (id, created_at, updated_at, merchant_id, product_id, sku, name, gtin,
                attributes, cost, allows_backorder, is_active)
            SELECT {key(VARIANT, "n")}, {STAMPS}, {key(PRODUCT, "1 + (n - 1) / 2")}, 'V' || lpad(n::text, 7, '0'), '',
                '', '{{}}', 9, false, n %% 1000 <> 0 {series} WHERE (n - 1) / 2 < {variants // 2}"""),
        Step("barcodes", variants, f"""
            INSERT INTO catalog_barcode (id, created_at, updated_at, merchant_id, variant_id, value)
            SELECT gen_random_uuid(), {STAMPS}, {key(VARIANT, "n")}, (690000000000 + n)::text {series}"""),
        Step("levels", variants, f"""
            INSERT INTO inventory_stocklevel (id, created_at, updated_at, merchant_id, variant_id, location_id, on_hand,
                allocated, held, safety_stock, allows_backorder, sold_out_until)
            SELECT {key(LEVEL, "n * 10 + k")}, {STAMPS}, {key(VARIANT, "n")},
                {key(STORE, "1 + (n * 7 + k * 20) %% " + str(STORES))}, 0, 0, 0, n %% 3, false,
                CASE WHEN n %% 500 = 0 AND k = 0 THEN %(at)s::timestamptz + interval '1 day' END {per_level}"""),
        Step("goods received", variants, f"""
            INSERT INTO inventory_stockmovement (id, created_at, merchant_id, level_id, kind, on_hand_delta,
                allocated_delta, reason, reference_kind, note, actor_label, occurred_at)
            SELECT uuidv7(interval '-700 days'), %(at)s, %(merchant)s, {key(LEVEL, "n * 10 + k")}, 'received', 100, 0,
                'purchase', '', '', 'bench', %(at)s {per_level}"""),
        Step("goods sold", variants, f"""
            INSERT INTO inventory_stockmovement (id, created_at, merchant_id, level_id, kind, on_hand_delta,
                allocated_delta, reason, reference_kind, note, actor_label, occurred_at)
            SELECT uuidv7(interval '-1 second' * (moment.hours * 3600 + n %% 3600)), %(at)s, %(merchant)s,
                {key(LEVEL, "n * 10 + k")}, 'shipped', CASE WHEN n %% 2000 = 0 THEN -100 ELSE -1 END, 0, 'sale',
                'order', '', 'bench', %(at)s
            {per_level} CROSS JOIN LATERAL (SELECT floor(random() * 12000) + 0 * n AS hours) AS moment"""),
        Step("damaged", 200, f"""
            INSERT INTO inventory_stockmovement (id, created_at, merchant_id, level_id, kind, on_hand_delta,
                allocated_delta, reason, reference_kind, note, actor_label, occurred_at)
            SELECT uuidv7(interval '-1 day' * (n + 300)), %(at)s, %(merchant)s, {key(LEVEL, "(n * 3 + 1) * 10")},
                'adjusted', -1, 0, 'damage', '', '', 'bench', %(at)s {series}"""),
        Step("listings", variants, f"""
            INSERT INTO catalog_channellisting (id, created_at, updated_at, merchant_id, channel_id, variant_id,
                external_id, price, currency, is_visible, awaits_price, title, description)
            SELECT {key(LISTING, "n * 10 + k")}, {STAMPS}, {key(CHANNEL, f"1 + (n * 3 + k * 5) %% {CHANNELS}")},
                {key(VARIANT, "n")}, 'L' || n, 18, 'CNY', n %% 100 <> 0, false, '', '' {per_listing}"""),
        Step("prices", variants, f"""
            INSERT INTO catalog_priceinterval (id, created_at, merchant_id, listing_id, layer, price, valid_from,
                is_approved, reason, actor_label)
            SELECT uuidv7(), %(at)s, %(merchant)s, {key(LISTING, "n * 10 + k")}, 0, 18,
                %(at)s::timestamptz - interval '700 days', true, '', 'bench' {per_listing}"""),
        Step("deviations", variants // 5, f"""
            INSERT INTO catalog_deviation (id, created_at, updated_at, merchant_id, listing_id, kind, evidence,
                found_at, ended_at, is_accepted, accepted_by, note, fixed_by)
            SELECT uuidv7(interval '-1 minute' * (300000 - n - k * 40000)), {STAMPS},
                {key(LISTING, "(n * 5 - n %% 5) * 10 + k")},
                (ARRAY['price', 'price', 'visibility', 'text'])[1 + n %% 4], '{{}}', %(at)s,
                CASE WHEN k < 3 THEN %(at)s::timestamptz END, n %% 10 = 0, '', '', ''
            {per_listing} WHERE n * 5 <= {variants}"""),
        Step("held prices", 5_000, f"""
            INSERT INTO catalog_pricechangerequest (id, created_at, updated_at, merchant_id, listing_id, layer, price,
                old_price, valid_from, makes_visible, expires_at, reason, evidence, state, requested_by, settled_by,
                settled_at)
            SELECT uuidv7(interval '-1 minute' * (10000 - n)), {STAMPS}, {key(LISTING, "(1 + n %% 900) * 10")}, 0, 1,
                18, %(at)s, false, %(at)s::timestamptz + interval '7 days', '', '{{}}',
                CASE WHEN n > 100 THEN 'approved' ELSE 'held' END, '', '',
                CASE WHEN n > 100 THEN %(at)s::timestamptz END {series}"""),
        Step("quotas", variants // 50, f"""
            INSERT INTO inventory_channelquota (id, created_at, updated_at, merchant_id, variant_id, channel_id,
                exclusive, used, shared_used, lent, valid_from)
            SELECT uuidv7(), {STAMPS}, {key(VARIANT, "n * 50")}, {key(CHANNEL, f"1 + n %% {CHANNELS}")}, 10, 0, 0, 0,
                %(at)s {series}"""),
        Step("ended holds", variants // 2, f"""
            INSERT INTO inventory_hold (id, created_at, updated_at, merchant_id, level_id, channel_id, reference,
                quantity, quota_quantity, state, expires_at, ended_at)
            SELECT uuidv7(interval '-1 minute' * (100000 - n)), {STAMPS}, {key(LEVEL, "n * 10")}, {key(CHANNEL, "1")},
                gen_random_uuid(), 1, 0, CASE WHEN n %% 4 = 0 THEN 'expired' ELSE 'allocated' END, %(at)s, %(at)s
            {series}"""),
        Step("transfers", 20_000, f"""
            WITH made AS (
                INSERT INTO inventory_transferorder (id, created_at, updated_at, merchant_id, number, source_id,
                    destination_id, state, note, requested_by, shipped_by, received_by, shipped_at,
                    received_at, cancelled_at)
                SELECT uuidv7(interval '-1 hour' * (20001 - n)), {STAMPS}, 'T' || lpad(n::text, 7, '0'),
                    {key(STORE, f"1 + n %% {STORES}")}, {key(STORE, f"1 + (n + 7) %% {STORES}")},
                    CASE WHEN n > 19800 THEN 'requested' WHEN n > 19500 THEN 'shipped' WHEN n = 77 THEN 'cancelled'
                         ELSE 'received' END, '', 'bench', '', '',
                    CASE WHEN n <= 19800 AND n <> 77 THEN %(at)s::timestamptz END,
                    CASE WHEN n <= 19500 AND n <> 77 THEN %(at)s::timestamptz END,
                    CASE WHEN n = 77 THEN %(at)s::timestamptz END {series} RETURNING id, number
            )
            INSERT INTO inventory_transferline (id, created_at, updated_at, merchant_id, transfer_id, variant_id,
                requested, damaged, damage_reason, returned)
            SELECT uuidv7(), {STAMPS}, made.id, {key(VARIANT, "1 + substr(number, 2)::int %% 900 + i")}, 3, 0, '', 0
            FROM made CROSS JOIN generate_series(1, 3) AS i"""),
        Step("counts", 5_000, f"""
            WITH made AS (
                INSERT INTO inventory_cyclecount (id, created_at, updated_at, merchant_id, number, location_id, state,
                    reason, recount_above, opened_by, posted_by, posted_at, is_asked)
                SELECT uuidv7(interval '-1 hour' * (5001 - n)), {STAMPS}, 'C' || lpad(n::text, 7, '0'),
                    {key(STORE, f"1 + n %% {STORES}")}, CASE WHEN n > 4900 THEN 'open' WHEN n = 77 THEN 'review'
                    ELSE 'posted' END, '', 0, 'bench', '',
                    CASE WHEN n <= 4900 AND n <> 77 THEN %(at)s::timestamptz END, false {series}
                RETURNING id, number, location_id, state
            )
            INSERT INTO inventory_countline (id, created_at, updated_at, merchant_id, count_id, location_id, variant_id,
                counted_by, adjustments_seen, needs_recount, is_pending)
            SELECT uuidv7(), {STAMPS}, made.id, made.location_id,
                {key(VARIANT, "1 + substr(number, 2)::int %% 900 + i")}, '', 0, false, made.state <> 'posted'
            FROM made CROSS JOIN generate_series(1, 20) AS i"""),
    ]  # fmt: skip


def order_steps(orders: int, variants: int) -> list[Step]:
    """Return the statements that make orders, and what belongs to them."""
    some = """FROM orders_order o CROSS JOIN LATERAL (SELECT substr(o.number, 2)::int AS n) AS numbered
              WHERE o.number BETWEEN 'B' || lpad(%(first)s::text, 9, '0') AND 'B' || lpad(%(last)s::text, 9, '0')"""
    here = f"{some} AND NOT o.is_historical"
    shift = "o.placed_at - clock_timestamp()"
    return [
        Step("orders", orders, f"""
            INSERT INTO orders_order (id, created_at, updated_at, merchant_id, channel_id, number, connection_id,
                external_id, external_version, state, payment_state, method, location_id, member_id,
                customer_reference, currency, subtotal, discount_total, shipping_total, tax_total, total, paid_total,
                cancelled_total, refunded_total, recipient, note, placed_at, completed_at, is_historical)
            SELECT uuidv7(placed_at - clock_timestamp()), placed_at, placed_at, %(merchant)s,
                {key(CHANNEL, f"CASE WHEN n <= 50 THEN {QUIET_CHANNEL} ELSE 1 + floor({CHANNELS} * a * a)::int END")},
                'B' || lpad(n::text, 9, '0'),
                CASE WHEN n %% 2 = 0 THEN {key("9", "1")} END, CASE WHEN n %% 2 = 0 THEN 'E' || n ELSE '' END, 1,
                CASE WHEN n > {orders} * 0.997 AND b < 0.8 THEN 'open' WHEN b < 0.03 THEN 'cancelled'
                     WHEN b < 0.0305 THEN 'open' ELSE 'completed' END,
                paid.state, method,
                CASE WHEN n BETWEEN 100 AND 150 THEN {key(STORE, str(QUIET_STORE))}
                     WHEN method IN ('in_store', 'pickup') THEN {key(STORE, f"1 + floor({STORES} * d)::int")} END,
                CASE WHEN e < 0.4 THEN {key(MEMBER, "1 + floor(50000 * a)::int")} END, '', 'CNY', worth, 0, 0, 0, worth,
                CASE WHEN paid.state = 'unpaid' THEN 0 WHEN paid.state = 'partially_paid' THEN 1 ELSE worth END, 0,
                CASE WHEN paid.state = 'refunded' THEN worth WHEN paid.state = 'partially_refunded' THEN 1 ELSE 0 END,
                '', '', placed_at, placed_at, n < {orders} * 0.3
            FROM (
                SELECT n, 18 * (1 + n %% 3) AS worth, random() AS a, random() AS b, random() AS c, random() AS d,
                    random() AS e, clock_timestamp() - ({orders} - n) * (interval '730 days' / {orders}) AS placed_at,
                    (ARRAY['in_store', 'in_store', 'deliver', 'ship', 'in_store', 'pickup', 'deliver'])[1 + n %% 7]
                        AS method
                FROM generate_series(%(first)s, %(last)s) AS n OFFSET 0
            ) AS drawn CROSS JOIN LATERAL (SELECT CASE
                WHEN c < 0.00005 THEN 'partially_paid' WHEN c < 0.003 THEN 'unpaid' WHEN c < 0.02 THEN 'refunded'
                WHEN c < 0.03 THEN 'partially_refunded' ELSE 'paid' END AS state) AS paid"""),
        Step("lines", orders, f"""
            INSERT INTO orders_orderline (id, created_at, updated_at, merchant_id, order_id, position, external_id,
                variant_id, sku, name, quantity, unit_price, subtotal, discount, total, cancelled, cancelled_in_channel,
                fulfilled, returned)
            SELECT uuidv7({shift}), o.placed_at, o.placed_at, %(merchant)s, o.id, i, '', {key(VARIANT, "v")},
                'V' || lpad(v::text, 7, '0'), '', 1, 18, 18, 0, 18, CASE WHEN o.state = 'cancelled' THEN 1 ELSE 0 END,
                0, CASE WHEN o.state = 'completed' THEN 1 ELSE 0 END, 0
            {some.replace("WHERE", f'''CROSS JOIN LATERAL generate_series(1, 1 + n %% 3) AS i
                CROSS JOIN LATERAL (SELECT 1 + (n::bigint * 31 + i * 7919) %% {variants} AS v) AS goods WHERE''')}"""),
        Step("payments", orders, f"""
            INSERT INTO orders_payment (id, created_at, merchant_id, order_id, kind, method, amount, external_id, note,
                paid_at)
            SELECT uuidv7({shift}), o.placed_at, %(merchant)s, o.id, 'payment', 'wechat_pay', o.paid_total, '', '',
                o.placed_at {some} AND o.paid_total > 0"""),
        Step("fulfilments", orders, f"""
            INSERT INTO orders_fulfillmentorder (id, created_at, updated_at, merchant_id, order_id, location_id, method,
                state, queue, attempt, accept_by, is_pickup_extended, ended_at, rejection_reason, carrier,
                tracking_number)
            SELECT uuidv7({shift}), o.placed_at, o.placed_at, %(merchant)s, o.id,
                CASE WHEN NOT waits THEN coalesce(o.location_id, {key(STORE, f"1 + n %% {STORES}")}) END, o.method,
                progress.state, CASE WHEN waits THEN 'no_stock' ELSE '' END, 1,
                CASE WHEN progress.state = 'open' AND NOT waits THEN
                     CASE WHEN n > {orders} - 50 THEN clock_timestamp() + interval '10 minutes'
                     ELSE o.placed_at + interval '15 minutes' END END, false,
                CASE WHEN o.state <> 'open' THEN o.placed_at END, '', '', ''
            {here.replace("WHERE", '''CROSS JOIN LATERAL (SELECT o.state = 'open' AND n %% 50 = 0 AS waits) AS queued
                CROSS JOIN LATERAL (SELECT CASE WHEN waits THEN 'open' WHEN o.state = 'cancelled' THEN 'cancelled'
                WHEN o.state = 'open' THEN (ARRAY['open', 'accepted', 'open', 'accepted', 'ready'])[1 + n %% 5]
                WHEN o.method IN ('in_store', 'pickup') THEN 'closed' ELSE 'shipped' END AS state) AS progress
                WHERE''')}"""),
        Step("lines of fulfilments", orders, f"""
            INSERT INTO orders_fulfillmentline (id, created_at, updated_at, merchant_id, fulfillment_id, order_line_id,
                quantity)
            SELECT uuidv7({shift}), o.placed_at, o.placed_at, %(merchant)s, part.id, line.id, 1
            {here.replace("WHERE", '''JOIN orders_fulfillmentorder part ON part.order_id = o.id
                JOIN orders_orderline line ON line.order_id = o.id AND line.merchant_id = o.merchant_id WHERE''')}"""),
        Step("timelines", orders, f"""
            INSERT INTO orders_timelineentry (id, created_at, merchant_id, order_id, kind, details, actor_label, origin,
                occurred_at)
            SELECT uuidv7({shift}), o.placed_at, %(merchant)s, o.id, kind, '{{}}', '', '', o.placed_at
            {here.replace("WHERE", "CROSS JOIN unnest('{placed,routed}'::text[]) AS kind WHERE")}"""),
        Step("returns", orders, f"""
            WITH made AS (
                INSERT INTO orders_return (id, created_at, updated_at, merchant_id, order_id, number, external_id,
                    location_id, state, reason, refund_total, requested_at)
                SELECT uuidv7({shift}), o.placed_at, o.placed_at, %(merchant)s, o.id, 'R' || n, '',
                    {key(STORE, f"1 + n %% {STORES}")}, CASE WHEN n > {orders} * 0.999 THEN 'requested'
                    WHEN n > {orders} * 0.998 THEN 'approved' WHEN n %% 99990 = 0 THEN 'refused' ELSE 'refunded' END,
                    '', 18, o.placed_at {here} AND n %% 30 = 0 RETURNING id, order_id
            )
            INSERT INTO orders_returnline (id, created_at, updated_at, merchant_id, return_order_id, order_line_id,
                quantity, disposition, refund, points)
            SELECT uuidv7(), {STAMPS}, made.id, line.id, 1, '', 18, 0
            FROM made JOIN orders_orderline line ON line.order_id = made.order_id AND line.position = 1
                AND line.merchant_id = %(merchant)s"""),
    ]  # fmt: skip


def fill(merchant_id: uuid.UUID, *, orders: int, variants: int, at: datetime) -> None:
    """Fill an empty database; prints how long each table took."""
    for step in (*catalog_steps(variants), *order_steps(orders, variants)):
        started = time.monotonic()
        rows = sum(_run(step, merchant_id, first, last, at) for first, last in _batches(step.count))
        print(f"  {step.what:<22} {rows:>10,}  {time.monotonic() - started:>6.1f} s", flush=True)


def _batches(count: int) -> Iterator[tuple[int, int]]:
    for first in range(1, count + 1, BATCH):
        yield first, min(first + BATCH - 1, count)


def _run(step: Step, merchant_id: uuid.UUID, first: int, last: int, at: datetime) -> int:
    from django.db import connection

    from o2o.tenancy.scope import tenant_transaction

    parameters = {"merchant": str(merchant_id), "first": first, "last": last, "at": at}
    with tenant_transaction(merchant_id), connection.cursor() as cursor:
        # Without a value the triggers of the audit trail raise and catch an error for each row, which walks through
        # all checks of foreign keys that are still to come.
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL pgtrigger.ignore = '{}'; SELECT setseed(0.5)")
        cursor.execute(step.statement, parameters)
        return int(cursor.rowcount)
