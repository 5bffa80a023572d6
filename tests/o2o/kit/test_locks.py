"""Locks in one order, transactions tried again."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, transaction

from o2o.kit.locks import DEADLOCK_DETECTED, BusyError, lock_rows, retried, sqlstate
from o2o.tenancy.models import Membership
from o2o.tenancy.scope import tenant_transaction
from tests.factories import MembershipFactory, MerchantFactory

pytestmark = pytest.mark.usefixtures("committed_db")


def in_threads(*work: Callable[[], None]) -> list[BaseException]:
    """Run the functions at once, each on a connection of its own, and return what they raised."""
    raised: list[BaseException] = []

    def guarded(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=[function]) for function in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


class Crossing:
    """Two transactions that touch the same two rows in opposite orders and wait for each other in between."""

    def __init__(self) -> None:
        self.merchant = MerchantFactory()
        self.rows = MembershipFactory.create_batch(2, merchant=self.merchant)
        self.meet = threading.Barrier(2)
        self.runs = 0

    def touch(self, order: list[int]) -> None:
        self.runs += 1
        first_time = self.runs <= 2
        with tenant_transaction(self.merchant.pk):
            for place, index in enumerate(order):
                Membership.objects.filter(pk=self.rows[index].pk).update(is_active=True)
                if place == 0 and first_time:
                    self.meet.wait(5)


def test_rows_locked_in_opposite_orders_deadlock() -> None:
    """Control: without sorted locks or another try the deadlock happens."""
    crossing = Crossing()
    raised = in_threads(lambda: crossing.touch([0, 1]), lambda: crossing.touch([1, 0]))
    assert [sqlstate(error) for error in raised] == [DEADLOCK_DETECTED]


def test_deadlocked_transaction_is_tried_again() -> None:
    crossing = Crossing()
    raised = in_threads(
        lambda: retried(lambda: crossing.touch([0, 1])), lambda: retried(lambda: crossing.touch([1, 0]))
    )
    assert raised == []
    assert crossing.runs == 3


def test_sorted_locks_do_not_deadlock() -> None:
    crossing = Crossing()

    def lock_all(reverse: bool) -> None:
        with tenant_transaction(crossing.merchant.pk):
            lock_rows(Membership.objects.order_by("-pk" if reverse else "pk"))

    assert in_threads(*[lambda reverse=reverse: lock_all(reverse) for reverse in (False, True) * 10]) == []


def test_a_row_that_stays_locked_says_busy() -> None:
    membership = MembershipFactory()
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with tenant_transaction(membership.merchant_id):
            lock_rows(Membership.objects.all())
            locked.set()
            done.wait(10)

    def ask() -> None:
        locked.wait(5)
        try:
            with tenant_transaction(membership.merchant_id):
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '50ms'")
                lock_rows(Membership.objects.all())
        finally:
            done.set()

    (error,) = in_threads(hold, ask)
    assert isinstance(error, BusyError)
    assert error.params == {"retry_after": 1}


def test_inside_a_transaction_nothing_is_tried_again() -> None:
    runs = []

    def fail() -> None:
        runs.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    with pytest.raises(OperationalError), transaction.atomic():
        retried(fail)
    assert len(runs) == 1
    with pytest.raises(OperationalError):
        retried(fail)
    assert len(runs) == 4
