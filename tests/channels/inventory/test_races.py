"""Many at once on few SKUs: never oversold, never a deadlock (R2, R3, R15), and controls in which the fault happens."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F

from channels.inventory import services
from channels.inventory.lines import AllocationLine, StockLine
from channels.inventory.models import Allocation, StockLevel
from channels.inventory.services.reserving import OutOfStockError
from o2o.kit.errors import DomainError
from o2o.kit.locks import sqlstate
from o2o.kit.models import uuid7
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import StockLevelFactory
from tests.channels.inventory.conftest import AT, LATER, broken_invariants, make_shop
from tests.factories import MerchantFactory
from tests.trials import trials

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.faults]
THREADS = 8


def at_once(work, count):
    """Run ``work(number)`` so many times in threads that start together; return what came of each."""
    gate = threading.Barrier(min(count, THREADS))

    def run(number):
        try:
            if number < gate.parties:
                gate.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(min(count, THREADS)) as pool:
        return list(pool.map(run, range(count)))


def test_last_units_are_promised_once():
    merchant = MerchantFactory()
    for _round in range(trials(5, long=200)):
        shop = make_shop(merchant, on_hand=5)

        def take(_number, shop=shop):
            try:
                with tenant_transaction(merchant.pk):
                    services.allocate_stock(
                        channel_id=shop.channel.pk, at=AT,
                        lines=[AllocationLine(uuid7(), uuid7(), shop.variant.pk, shop.location.pk, 1)],
                    )  # fmt: skip
            except OutOfStockError:
                return "refused"
            return "taken"

        assert Counter(at_once(take, 16)) == {"taken": 5, "refused": 11}
    assert broken_invariants() == []


def test_control_look_first_and_write_after_oversells():
    """Without the lock, two who look at once both see the last unit; only the constraint would stop them."""
    merchant = MerchantFactory()
    shop = make_shop(merchant, on_hand=1, allows_backorder=True)  # the constraint is out of the way
    both_have_looked = threading.Barrier(2)

    def take(_number):
        with tenant_transaction(merchant.pk):
            level = StockLevel.objects.get(pk=shop.level.pk)
            both_have_looked.wait()
            if level.on_hand - level.held >= 1:
                StockLevel.objects.filter(pk=level.pk).update(held=F("held") + 1)
                return "taken"
        return "refused"

    assert at_once(take, 2) == ["taken", "taken"]
    with tenant_transaction(merchant.pk):
        assert StockLevel.objects.get(pk=shop.level.pk).held == 2


def test_everything_at_once_keeps_the_books():
    """Holds, orders, cancellations, shipments, expiries, returns and receipts on few SKUs."""
    merchant = MerchantFactory()
    shop = make_shop(merchant, on_hand=20)
    levels = [shop.level, *(StockLevelFactory(merchant=merchant, location=shop.location, on_hand=20) for _ in range(3))]
    with tenant_transaction(merchant.pk):
        services.set_quota(
            variant_id=levels[0].variant_id, channel_id=shop.channel.pk, exclusive=5, valid_from=AT, at=AT
        )
    faults = []

    def live(seed):
        dice = random.Random(seed)
        lines: list[UUID] = []
        carts: list[UUID] = []
        for step in range(trials(25, long=100)):
            at = AT + timedelta(minutes=step)
            chosen = dice.sample(levels, dice.randint(1, 3))
            act = dice.choice(["allocate", "allocate", "hold", "use", "cancel", "ship", "receive", "adjust", "sweep"])
            try:
                with tenant_transaction(merchant.pk):
                    _act(act, dice, shop, chosen, lines, carts, at)
            except DomainError:
                continue
            except OperationalError as error:
                faults.append(sqlstate(error) or str(error))

    at_once(live, THREADS)

    assert faults == []
    assert broken_invariants() == []


def _act(act, dice, shop, chosen, lines, carts, at):
    units = [(level.variant_id, level.location_id, dice.randint(1, 3)) for level in chosen]
    if act == "allocate":
        made = [AllocationLine(uuid7(), uuid7(), *unit) for unit in units]
        services.allocate_stock(channel_id=shop.channel.pk, lines=made, at=at)
        lines.extend(line.line_id for line in made)
    elif act == "hold":
        reference = uuid7()
        services.hold_stock(
            reference=reference, channel_id=shop.channel.pk, lines=[StockLine(*unit) for unit in units],
            expires_at=at + timedelta(minutes=dice.randint(1, 5)), at=at,
        )  # fmt: skip
        carts.append(reference)
    elif act == "use" and carts:
        made = [AllocationLine(uuid7(), uuid7(), *unit) for unit in units]
        reference = carts.pop()
        services.allocate_held(reference=reference, channel_id=shop.channel.pk, lines=made, at=at)
        lines.extend(line.line_id for line in made)
    elif act == "cancel" and lines:
        services.release_allocations(lines={lines.pop(): None}, at=at)
    elif act == "ship" and lines:
        services.ship_allocations(lines={lines.pop(): 1}, at=at)
    elif act == "receive":
        services.receive_stock(lines=[StockLine(*unit) for unit in units], at=at)
    elif act == "adjust":
        services.adjust_stock(changes=[(*unit[:2], -1) for unit in units], reason="loss", at=at)
    elif act == "sweep":
        services.end_expired_holds(at=at)


def test_carts_in_any_order_of_lines_do_not_deadlock():
    merchant = MerchantFactory()
    shop = make_shop(merchant, on_hand=10_000)
    levels = [StockLevelFactory(merchant=merchant, location=shop.location, on_hand=10_000) for _ in range(6)]

    def order(seed):
        dice, faults = random.Random(seed), []
        for _step in range(trials(15, long=500)):
            chosen = dice.sample(levels, 5)
            try:
                with tenant_transaction(merchant.pk):
                    services.allocate_stock(
                        channel_id=shop.channel.pk, at=LATER,
                        lines=[AllocationLine(uuid7(), uuid7(), one.variant_id, one.location_id, 1) for one in chosen],
                    )  # fmt: skip
            except OperationalError as error:
                faults.append(sqlstate(error))
        return faults

    assert [fault for faults in at_once(order, THREADS) for fault in faults] == []
    with tenant_transaction(merchant.pk):
        assert Allocation.objects.count() == THREADS * trials(15, long=500) * 5


def test_control_rows_locked_in_the_order_of_the_cart_deadlock():
    merchant = MerchantFactory()
    shop = make_shop(merchant)
    levels = [shop.level, StockLevelFactory(merchant=merchant, location=shop.location)]
    first_is_locked = threading.Barrier(2)

    def reserve(number):
        try:
            with tenant_transaction(merchant.pk), transaction.atomic():
                for place, level in enumerate(levels if number else reversed(levels)):
                    StockLevel.objects.filter(pk=level.pk).update(safety_stock=number)
                    if not place:
                        first_is_locked.wait()
        except OperationalError as error:
            return sqlstate(error)
        return "done"

    assert sorted(at_once(reserve, 2)) == ["40P01", "done"]
