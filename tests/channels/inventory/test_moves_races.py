"""Two clerks at once: goods are booked once, counts do not cross, nothing deadlocks; and controls that do fail."""

import random
import threading
from collections import Counter

import pytest
from django.db import OperationalError, connection

from channels.inventory import services
from channels.inventory.lines import StockLine
from channels.inventory.models import CountLine, StockLevel, TransferOrder
from channels.inventory.services import counting, receiving, transferring
from o2o.kit.errors import DomainError
from o2o.kit.locks import lock_rows, sqlstate
from o2o.kit.models import uuid7
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import StockLevelFactory, StockLocationFactory
from tests.channels.inventory.conftest import AT, LATER, allocate, broken_invariants, make_shop
from tests.channels.inventory.test_races import at_once
from tests.database import as_owner
from tests.factories import MerchantFactory
from tests.trials import trials

pytestmark = pytest.mark.usefixtures("committed_db")
ROUNDS = trials(4, long=100)


class Shop:
    """A store with 10 units of a variant, a second store, and what threads do there."""

    def __init__(self, merchant=None, on_hand=10):
        self.merchant = merchant or MerchantFactory()
        self.shop = make_shop(self.merchant, on_hand=on_hand)
        self.other = StockLocationFactory(merchant=self.merchant)
        self.variant_id, self.location_id = self.shop.variant.pk, self.shop.location.pk

    def run(self, work):
        """Do something in a transaction of its own; return the code of a refusal, "40P01", or "done"."""
        try:
            with tenant_transaction(self.merchant.pk):
                work()
        except DomainError as error:
            return error.code
        except OperationalError as error:
            return sqlstate(error) or str(error)
        return "done"

    def race(self, *works):
        """Do things at once; return what came of each, in order."""
        return at_once(lambda number: self.run(works[number]), len(works))

    def on_hand(self, location_id=None):
        with tenant_transaction(self.merchant.pk):
            return StockLevel.objects.get(
                variant_id=self.variant_id, location_id=location_id or self.location_id
            ).on_hand

    def transfer(self, units=4, *, is_shipped=False):
        with tenant_transaction(self.merchant.pk):
            made = transferring.request_transfer(
                source_id=self.location_id, destination_id=self.other.pk, units={self.variant_id: units}, at=AT
            )
            if is_shipped:
                transferring.ship_transfer(transfer_id=made.pk, at=AT)
            return made.pk

    def reviewed(self, found):
        with tenant_transaction(self.merchant.pk):
            count = counting.open_count(
                location_id=self.location_id, variant_ids=[self.variant_id], recount_above=1000, at=AT
            )
            counting.record_count(count_id=count.pk, units={self.variant_id: found}, at=AT)
            counting.submit_count(count_id=count.pk, at=AT)
            lines = list(count.lines.values_list("pk", flat=True))
            counting.review_lines(count_id=count.pk, line_ids=lines, is_accepted=True, at=AT)
            return count.pk

    def take(self, units):
        services.adjust_stock(changes=[(self.variant_id, self.location_id, -units)], reason="loss", at=AT)


def test_transfer_that_two_clerks_receive_is_booked_once():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        pk = here.transfer(is_shipped=True)

        came = here.race(*[lambda pk=pk: transferring.receive_transfer(transfer_id=pk, at=AT)] * 4)

        assert Counter(came) == {"done": 1, "transfer_state": 3}
        assert here.on_hand(here.other.pk) == 4
    assert broken_invariants() == []


def test_control_without_the_lock_two_clerks_book_it_twice(monkeypatch):
    here = Shop()
    pk = here.transfer(is_shipped=True)
    both_have_looked = threading.Barrier(2, timeout=10)

    def look(queryset):
        rows = list(queryset)
        if queryset.model is TransferOrder:
            both_have_looked.wait()
        return rows

    monkeypatch.setattr(transferring, "lock_rows", look)

    came = here.race(*[lambda: transferring.receive_transfer(transfer_id=pk, at=AT)] * 2)

    assert came == ["done", "done"]
    assert here.on_hand(here.other.pk) == 8
    assert [name for name, _rows in broken_invariants()] == ["stock.transfers_add_up"]


def test_transfer_is_shipped_or_cancelled():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        pk = here.transfer()

        came = here.race(
            lambda pk=pk: transferring.ship_transfer(transfer_id=pk, at=AT),
            lambda pk=pk: transferring.cancel_transfer(transfer_id=pk, at=AT),
        )

        assert sorted(came) == ["done", "transfer_state"]
        assert here.on_hand() == (6 if came[0] == "done" else 10)
    assert broken_invariants() == []


def test_transfer_arrives_or_is_taken_back():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        pk = here.transfer(is_shipped=True)

        came = here.race(
            lambda pk=pk: transferring.receive_transfer(transfer_id=pk, at=AT),
            lambda pk=pk: transferring.take_back(transfer_id=pk, at=AT),
        )

        # After a complete receipt nothing is missing that could come back.
        assert sorted(came) in (["done", "invalid"], ["done", "transfer_state"])
        assert here.on_hand() == (6 if came[0] == "done" else 10)
    assert broken_invariants() == []


def test_goods_are_shipped_or_sold():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        pk = here.transfer(units=10)

        came = here.race(
            lambda pk=pk: transferring.ship_transfer(transfer_id=pk, at=AT),
            lambda here=here: allocate(here.shop, 1),
        )

        assert sorted(came) in (["done", "out_of_stock"], ["done", "stock_is_promised"])
    assert broken_invariants() == []


def test_slip_that_is_sent_twice_at_once_is_booked_once():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        slip = {"reference_kind": receiving.RECEIPT, "reference_id": uuid7()}

        def receive(here=here, slip=slip):
            services.receive_stock(lines=[StockLine(here.variant_id, here.location_id, 5)], at=AT, **slip)

        assert Counter(here.race(*[receive] * 4)) == {"done": 1, "already_booked": 3}
        assert here.on_hand() == 15


def test_count_is_posted_while_goods_are_sold():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        with tenant_transaction(merchant.pk):
            line_id = allocate(here.shop, 3)
        pk = here.reviewed(8)

        came = here.race(
            lambda pk=pk: counting.post_count(count_id=pk, at=AT),
            lambda line_id=line_id: services.ship_allocations(lines={line_id: None}, at=AT),
            lambda pk=pk: counting.post_count(count_id=pk, at=AT),
        )

        assert (came[1], sorted(came[::2])) == ("done", ["count_state", "done"])
        assert here.on_hand() == 10 - 2 - 3
    assert broken_invariants() == []


def test_shortage_is_written_off_or_posted_and_never_both():
    merchant = MerchantFactory()
    for _round in range(trials(8, long=300)):
        here = Shop(merchant, on_hand=2)
        pk = here.reviewed(0)

        came = here.race(
            lambda pk=pk: counting.post_count(count_id=pk, at=AT),
            lambda here=here: here.take(2),
        )

        # Whoever is second finds nothing left, or a figure that is void.
        assert sorted(came) in (["done", "invalid"], ["done", "stock_is_promised"])
        assert here.on_hand() == 0
    assert broken_invariants() == []


def test_review_and_posting_in_one_transaction_do_not_deadlock_with_write_offs_and_orders_that_ask():
    """Each locks what the others want: counts and levels, in the one order or without waiting."""
    here = Shop(on_hand=1000)
    levels = [here.shop.level]
    levels += [StockLevelFactory(merchant=here.merchant, location=here.shop.location, on_hand=1000) for _ in range(3)]
    faults = []

    def open_one(dice):
        chosen = [level.variant_id for level in dice.sample(levels, 2)]
        counting.open_count(location_id=here.location_id, variant_ids=chosen, recount_above=99, at=AT)

    def count(dice):
        session = dice.choice(counting.CycleCount.objects.filter(state="open") or [None])
        if session is None:
            return
        lines = dict(session.lines.values_list("pk", "variant_id"))
        counting.record_count(count_id=session.pk, units=dict.fromkeys(lines.values(), 990), at=AT)
        counting.submit_count(count_id=session.pk, at=AT)
        counting.review_lines(count_id=session.pk, line_ids=list(lines), is_accepted=True, at=AT)
        counting.post_count(count_id=session.pk, at=AT)

    def write_off(dice):
        changes = [(level.variant_id, here.location_id, -1) for level in dice.sample(levels, 3)]
        services.adjust_stock(changes=changes, reason="loss", at=AT)

    def ask(dice):
        write_off(dice)
        counting.ask_for_count(
            location_id=here.location_id, variant_ids=[level.variant_id for level in dice.sample(levels, 2)],
            reason="Not found", at=AT,
        )  # fmt: skip

    def finish(_dice):
        for session in counting.CycleCount.objects.filter(state="open").order_by("pk")[:1]:
            counting.cancel_count(count_id=session.pk, at=AT)

    def live(seed):
        dice = random.Random(seed)
        for _step in range(trials(12, long=200)):
            came = here.run(lambda: dice.choice([open_one, count, count, write_off, ask, finish])(dice))
            if came not in ("done", "counted_elsewhere", "invalid", "count_state"):
                faults.append(came)

    at_once(live, 8)

    assert faults == []
    assert broken_invariants() == []


def test_variant_gets_into_one_of_two_counts_that_are_opened_at_once():
    merchant = MerchantFactory()
    for _round in range(ROUNDS):
        here = Shop(merchant)
        more = StockLevelFactory(merchant=merchant, location=here.shop.location).variant_id

        def begin(ids, here=here):
            counting.open_count(location_id=here.location_id, variant_ids=ids, at=AT)

        came = here.race(
            lambda here=here, more=more: begin([here.variant_id, more], here),
            lambda here=here, more=more: begin([more, here.variant_id], here),
        )

        assert sorted(came) == ["counted_elsewhere", "done"]


def test_control_without_the_constraint_both_counts_have_it():
    here = Shop()
    index = "countline_one_undecided_per_place"
    with as_owner(connection.settings_dict["NAME"]) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [index])
        [definition] = cursor.fetchone()
        cursor.execute(f"DROP INDEX {index}")
        try:
            came = here.race(
                *[lambda: counting.open_count(location_id=here.location_id, variant_ids=[here.variant_id], at=AT)] * 2
            )
            with tenant_transaction(here.merchant.pk):
                pending = CountLine.objects.filter(variant_id=here.variant_id, is_pending=True).count()
                CountLine.objects.all().delete()
        finally:
            cursor.execute(definition)

    assert came == ["done", "done"]
    assert pending == 2


def test_two_people_count_the_same_lines():
    merchant = MerchantFactory()
    here = Shop(merchant)
    more = StockLevelFactory(merchant=merchant, location=here.shop.location, on_hand=3).variant_id
    with tenant_transaction(merchant.pk):
        pk = counting.open_count(location_id=here.location_id, at=AT).pk

    def record(units):
        counting.record_count(count_id=pk, units=units, at=LATER)

    for _round in range(ROUNDS):
        came = here.race(
            lambda: record({here.variant_id: 9, more: 2}),
            lambda: record({more: 1, here.variant_id: 8}),
            lambda: services.receive_stock(
                lines=[StockLine(more, here.location_id, 1), StockLine(here.variant_id, here.location_id, 1)], at=AT
            ),
        )  # fmt: skip
        assert came == ["done", "done", "done"]

    with tenant_transaction(merchant.pk):
        rows = set(CountLine.objects.filter(count_id=pk).values_list("counted", flat=True))
    # Both lines come from the same person, whoever was later.
    assert rows in ({9, 2}, {8, 1})


def test_sold_out_ends_once_however_many_look():
    here = Shop()
    with tenant_transaction(here.merchant.pk):
        until = services.mark_sold_out(location_id=here.location_id, variant_ids=[here.variant_id], at=AT)
    ended = []

    def sweep():
        ended.append(services.end_sold_out(at=until))

    assert here.race(*[sweep] * 4) == ["done"] * 4
    assert sum(ended) == 1


def test_control_who_holds_levels_and_waits_for_a_count_deadlocks_with_its_posting():
    here = Shop()
    pk = here.reviewed(8)
    first_is_locked = threading.Barrier(2, timeout=10)
    counts, levels = counting.CycleCount.objects.filter, StockLevel.objects.filter

    def lock(rows):
        with tenant_transaction(here.merchant.pk):
            for number, (find, row) in enumerate(rows):
                lock_rows(find(pk=row))
                if not number:
                    first_is_locked.wait()

    rows = [(counts, pk), (levels, here.shop.level.pk)]

    came = at_once(lambda number: here.run(lambda: lock(rows[::-1] if number else rows)), 2)

    assert sorted(came) == ["40P01", "done"]
