"""R6 and R14 in short form, with a real worker and a broker of its own.

R6: one FLUSHALL, one outage of the broker, one kill of the worker. R14: 10 poisoned among 200 events.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kombu import Connection, Message, Queue
from kombu.transport import redis

from o2o.events import emit, subscriber
from o2o.events.bell import answered, ring_relay
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.events.relay import relay_all
from o2o.kit import bell
from o2o.kit.broker import QoS
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.o2o.events.processes import Broker, Workers, wait_for
from tests.o2o.events.sample import Counted, say

pytestmark = [pytest.mark.usefixtures("committed_db", "known_here"), pytest.mark.timeout(180), pytest.mark.faults]

Start = Callable[..., Workers]


@pytest.fixture
def known_here() -> None:
    """Let a relay that runs in the test itself know of the workers' subscriber."""

    @subscriber(Counted, name="test.bystander")
    @subscriber(Counted, name="test.worker")
    def never_called(event: Counted, envelope: object) -> None:
        raise AssertionError("only the workers deliver here")


@pytest.fixture
def broker(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    running = Broker(tmp_path)
    settings.CELERY_BROKER_URL = running.url
    for cached in (bell._redis, bell._connection):
        cached.cache_clear()
    monkeypatch.setattr(bell, "_silent_until", 0.0)
    yield running
    running.stop()
    for cached in (bell._redis, bell._connection):
        cached.cache_clear()


@pytest.fixture
def start(broker: Broker, tmp_path: Path) -> Iterator[Start]:
    started: list[Workers] = []

    def begin(**environment: str) -> Workers:
        started.append(Workers(broker, tmp_path, **environment))
        return started[-1]

    yield begin
    for workers in started:
        workers.kill()


def heard() -> Counter[int]:
    """How often each number had its effect in the database."""
    with platform_transaction():
        rows = OutboxEvent.objects.filter(event_type="test.heard")
        return Counter(rows.values_list("payload__number", flat=True))


def expect(numbers: set[int]) -> Callable[[], bool]:
    return lambda: set(heard()) >= numbers


def test_events_go_on_after_flush_outage_and_kill(merchant: Merchant, broker: Broker, start: Start) -> None:
    workers = start()
    say(merchant.pk, 1)
    wait_for(expect({1}), seconds=30, log=workers.log)

    say(merchant.pk, 2)
    broker.client().flushall()
    wait_for(expect({1, 2}), seconds=15, log=workers.log)

    broker.stop()
    for number in range(3, 8):
        began = time.monotonic()
        say(merchant.pk, number)
        assert time.monotonic() - began < 1, "a broker that is away must not slow the commit"
    time.sleep(2)
    broker.start()
    wait_for(expect(set(range(1, 8))), seconds=30, log=workers.log)
    assert workers.is_alive()

    workers.kill()
    say(merchant.pk, 8)
    workers.start()
    wait_for(expect(set(range(1, 9))), seconds=30, log=workers.log)
    assert set(heard().values()) == {1}


def test_worker_in_the_middle_of_a_task_outlives_its_broker(merchant: Merchant, broker: Broker, start: Start) -> None:
    workers = start()
    say(merchant.pk, *[-4] * 15)
    wait_for(expect({-4}), seconds=30, log=workers.log)
    broker.stop()
    time.sleep(3)
    broker.start()
    wait_for(lambda: not pending(), seconds=40, log=workers.log)
    assert heard() == Counter({-4: 15})
    assert workers.is_alive()


def test_broken_connection_with_an_unacknowledged_message_can_be_closed(broker: Broker) -> None:
    _close_as_celery_does(broker, _receive(broker, transport="o2o.kit.broker:Transport"))


def test_control_closing_such_a_connection_of_kombu_raises_what_ends_a_worker(broker: Broker) -> None:
    with pytest.raises(AttributeError, match="hostname"):
        _close_as_celery_does(broker, _receive(broker, transport="redis"))


@pytest.mark.parametrize("answer", ["ack", "reject"])
def test_message_can_be_answered_after_its_connection_broke(broker: Broker, answer: str) -> None:
    message = _receive(broker, transport="o2o.kit.broker:Transport")
    _close_as_celery_does(broker, message)
    getattr(message, answer)()


@pytest.mark.parametrize("answer", ["ack", "reject"])
def test_control_such_an_answer_by_kombu_raises_what_ends_a_worker(
    broker: Broker, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QoS, answer, getattr(redis.QoS, answer))
    message = _receive(broker, transport="o2o.kit.broker:Transport")
    _close_as_celery_does(broker, message)
    with pytest.raises(AttributeError, match="client"):
        getattr(message, answer)()


@pytest.mark.parametrize("answer", ["ack", "reject"])
def test_message_answered_after_its_channel_was_closed_comes_again(broker: Broker, answer: str) -> None:
    message = _receive(broker, transport="o2o.kit.broker:Transport")
    message.channel.close()
    getattr(message, answer)()
    assert _receive(broker, transport="o2o.kit.broker:Transport", publish=False).payload == "message"


def _close_as_celery_does(broker: Broker, message: Message) -> None:
    """Close the channel of an unacknowledged message a second time, when its transport has no client any more."""
    broker.stop()
    message.channel.connection.client = None  # what is left after Connection.collect() failed halfway
    message.channel.close()


def _receive(broker: Broker, *, transport: str, publish: bool = True) -> Message:
    connection = Connection(broker.url, transport=transport)
    queue = Queue("test", channel=connection.default_channel)
    queue.declare()
    if publish:
        connection.Producer().publish("message", routing_key="test")
    received: list[Message] = []
    connection.Consumer(queue, callbacks=[lambda _body, message: received.append(message)]).consume()
    connection.drain_events(timeout=5)
    assert len(received) == 1
    connection.default_channel.qos._on_collect.cancel()  # else it looks for the broker once more when the tests end
    return received[0]


def test_poisoned_events_are_tried_three_times_and_hold_up_nobody(merchant: Merchant, start: Start) -> None:
    with tenant_transaction(merchant.pk):
        for number in range(200):
            emit(Counted(aggregate_id=uuid.uuid4(), number=number))
            if number % 20 == 0:
                emit(Counted(aggregate_id=uuid.uuid4(), number=-1 - number // 20 % 3))
        unreadable = emit(Counted(aggregate_id=uuid.uuid4(), number=0))
        OutboxEvent.objects.filter(pk=unreadable.pk).update(payload={"number": "not a number"})
    workers = start()
    good = set(range(200))
    wait_for(expect(good), seconds=90, log=workers.log)
    wait_for(lambda: not pending(), seconds=90, log=workers.log)
    with platform_transaction():
        dead = EventDelivery.objects.filter(state="dead")
        # the unreadable one is dead for both subscribers, the others for the one that they poison
        assert dead.count() == 12
        assert set(dead.values_list("attempts", flat=True)) == {3}
        assert EventDelivery.objects.filter(state="done", attempts__gt=1).count() == 0, "the innocent are not counted"
    assert heard() == Counter(good)
    assert workers.is_alive()


def test_a_worker_that_dies_after_the_commit_delivers_nothing_twice(merchant: Merchant, start: Start) -> None:
    workers = start(O2O_TEST_DIE_AFTER_COMMIT="1")
    about = uuid.uuid4()
    say(merchant.pk, *range(10, 20), about=about)
    wait_for(expect(set(range(10, 20))), seconds=60, log=workers.log)
    wait_for(lambda: not pending(), seconds=30, log=workers.log)
    assert heard() == Counter(range(10, 20))
    with tenant_transaction(merchant.pk):
        told = OutboxEvent.objects.filter(event_type="test.heard").order_by("position")
        assert list(told.values_list("payload__number", flat=True)) == list(range(10, 20))


def pending() -> bool:
    with platform_transaction():
        return EventDelivery.objects.filter(state="pending").exists()


def test_bell_is_silent_after_a_failure(broker: Broker) -> None:
    broker.stop()
    began = time.monotonic()
    ring_relay()
    first = time.monotonic() - began
    for _ in range(100):
        ring_relay()
    assert first < 1
    assert time.monotonic() - began - first < 0.05


def test_bell_rings_once_until_it_is_answered(broker: Broker) -> None:
    client = broker.client()
    for _ in range(3):
        ring_relay()
    assert client.llen("critical") == 1
    answered("events.relay")
    ring_relay()
    assert client.llen("critical") == 2


def test_relay_with_nothing_to_do_asks_one_question(django_assert_num_queries: Callable[..., object]) -> None:
    relay_all()
    with django_assert_num_queries(4) as asked:  # the question; the others open, enter and close the scope
        relay_all()
    assert sum("outboxevent" in query["sql"] for query in asked.captured_queries) == 1
