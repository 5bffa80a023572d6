"""R7 in short form: 8 writers, and one long transaction that holds an earlier position.

600 events for each of 3 seeds; two relays and two deliverers run meanwhile. With O2O_FAULTS=long it is
10,000 events for each of 20 seeds.
"""

import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable

import pytest
from django.db import connection

from o2o.events import Envelope, emit, relay, subscriber
from o2o.events.delivery import deliver_partition
from o2o.events.models import PARTITIONS, EventDelivery, OutboxEvent
from o2o.events.relay import partitions_to_relay, relay_all
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.factories import MembershipFactory
from tests.o2o.events.sample import Counted, say
from tests.trials import trials

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.faults]

WRITERS = 8
EVENTS, SEEDS = trials(600, long=10_000), trials(3, long=20)


def in_thread(work: Callable[[], None], failures: list[BaseException]) -> threading.Thread:
    """Start a thread with a database connection of its own."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def change(merchant: Merchant, row: Membership, *, pause: float = 0.0) -> None:
    """Change an aggregate as services do: take its row, then say what happened."""
    with tenant_transaction(merchant.pk):
        locked = Membership.objects.select_for_update().get(pk=row.pk)
        # The number counts the changes of this row, in the order in which they come to be true.
        number = len(locked.location_ids) + 1
        Membership.objects.filter(pk=row.pk).update(location_ids=[*locked.location_ids, uuid.uuid4()])
        emit(Counted(aggregate_id=row.pk, number=number))
        time.sleep(pause)


def write_many(merchant: Merchant, rows: list[Membership], seed: int) -> None:
    choice = random.Random(seed)
    for _ in range(EVENTS // WRITERS):
        change(merchant, choice.choice(rows), pause=choice.choice([0, 0, 0, 0.001]))


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.timeout(trials(120, long=900))
def test_nothing_is_skipped_and_each_aggregate_keeps_its_order(merchant: Merchant, seed: int) -> None:
    arrived: dict[uuid.UUID, list[int]] = defaultdict(list)

    @subscriber(Counted, name="test.order")
    def listen(event: Counted, envelope: Envelope) -> None:
        arrived[event.aggregate_id].append(event.number)

    rows = [MembershipFactory(merchant=merchant) for _ in range(40)]
    late = MembershipFactory(merchant=merchant)
    failures: list[BaseException] = []
    finished = threading.Event()

    def hold_an_early_position() -> None:
        with tenant_transaction(merchant.pk):
            emit(Counted(aggregate_id=late.pk, number=1))
            finished.wait(50)

    def keep_relaying() -> None:
        while not finished.is_set():
            relay_all()
            time.sleep(0.005)

    def keep_delivering() -> None:
        while not finished.is_set():
            for number in range(PARTITIONS):
                deliver_partition(partition=number)
            time.sleep(0.005)

    holder = in_thread(hold_an_early_position, failures)
    time.sleep(0.05)
    others = [in_thread(work, failures) for work in (keep_relaying,) * 2 + (keep_delivering,) * 2]
    writers = [in_thread(lambda n=n: write_many(merchant, rows, seed * 100 + n), failures) for n in range(WRITERS)]
    for writer in writers:
        writer.join(800)
    finished.set()
    for thread in (holder, *others):
        thread.join(20)
    relay_all()
    keep_delivering_until_empty()

    assert failures == []
    assert sum(map(len, arrived.values())) == EVENTS + 1
    assert arrived.pop(late.pk) == [1]
    for numbers in arrived.values():
        assert numbers == list(range(1, len(numbers) + 1))
    with platform_transaction():
        assert not OutboxEvent.objects.filter(published_at=None).exists()
        assert EventDelivery.objects.filter(state="done", attempts=1).count() == EVENTS + 1


def keep_delivering_until_empty() -> None:
    while sum(deliver_partition(partition=number) for number in range(PARTITIONS)):
        pass


def test_control_relay_that_remembers_its_position_skips_the_late_commit(merchant: Merchant) -> None:
    """What ours does not do: go on behind the last position that was seen."""
    assert _published_around_a_late_commit(merchant, _relay_behind_the_last_position()) == {2}


def test_late_commit_is_not_skipped(merchant: Merchant) -> None:
    assert _published_around_a_late_commit(merchant, lambda: relay_all()) == {1, 2}


def _relay_behind_the_last_position() -> Callable[[], object]:
    last = 0

    def run() -> None:
        nonlocal last
        with platform_transaction():
            seen = list(OutboxEvent.objects.filter(position__gt=last).order_by("position"))
            relay._mark_published(seen, [])
        last = max((event.position for event in seen), default=last)

    return run


def _published_around_a_late_commit(merchant: Merchant, run_relay: Callable[[], object]) -> set[int]:
    failures: list[BaseException] = []
    emitted, may_commit = threading.Event(), threading.Event()

    def late() -> None:
        with tenant_transaction(merchant.pk):
            emit(Counted(aggregate_id=uuid.uuid4(), number=1))
            emitted.set()
            may_commit.wait(10)

    thread = in_thread(late, failures)
    assert emitted.wait(10)
    say(merchant.pk, 2)
    run_relay()
    may_commit.set()
    thread.join(10)
    run_relay()
    with tenant_transaction(merchant.pk):
        published = OutboxEvent.objects.exclude(published_at=None)
        return set(published.values_list("payload__number", flat=True))


def test_two_relays_at_once_share_the_work(merchant: Merchant) -> None:
    assert _published_by_two_slow_relays(merchant) == [1, 0]


def test_control_without_the_lease_two_relays_publish_the_same_event(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_lease", lambda _number: True)
    assert _published_by_two_slow_relays(merchant) == [1, 1]


def _published_by_two_slow_relays(merchant: Merchant) -> list[int]:
    """Let a second relay come while the first has read its events and not yet committed."""
    about = say(merchant.pk, 1)
    number = partitions_to_relay()[0]
    published: list[int] = []
    failures: list[BaseException] = []
    first_has_read, second_has_read = threading.Event(), threading.Event()
    fan_out = relay._fan_out

    def slow_fan_out(events: list[OutboxEvent]) -> frozenset[uuid.UUID]:
        if first_has_read.is_set():
            second_has_read.set()
        else:
            first_has_read.set()
            second_has_read.wait(1)
        return fan_out(events)

    def run() -> None:
        published.append(relay.relay_partition(number=number))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "_fan_out", slow_fan_out)
        first = in_thread(run, failures)
        assert first_has_read.wait(5)
        second = in_thread(run, failures)
        for thread in (first, second):
            thread.join(10)
    assert (failures, about is not None) == ([], True)
    return sorted(published, reverse=True)


def test_control_events_of_an_aggregate_whose_row_was_not_locked_may_swap(merchant: Merchant) -> None:
    """Why ``emit`` wants the lock first: positions are given out at the write, and commits come as they may."""
    about = uuid.uuid4()
    failures: list[BaseException] = []
    emitted, may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with tenant_transaction(merchant.pk):
            emit(Counted(aggregate_id=about, number=1))
            emitted.set()
            may_commit.wait(10)

    thread = in_thread(first, failures)
    assert emitted.wait(10)
    say(merchant.pk, 2, about=about)
    relay_all()
    may_commit.set()
    thread.join(10)
    relay_all()
    with tenant_transaction(merchant.pk):
        in_order_of_publishing = OutboxEvent.objects.order_by("published_at").values_list("payload__number", flat=True)
        assert list(in_order_of_publishing) == [2, 1]
