"""Events reach their subscribers once, in order, and a bad one holds up nobody else."""

import contextlib
import time
import uuid
from datetime import timedelta

import pytest

from o2o.events import Envelope, delivery, fan_out, subscriber
from o2o.events.claims import Lane, claim_due
from o2o.events.delivery import Outcome, attempt, deliver_partition
from o2o.events.enums import DeliveryState
from o2o.events.models import PARTITIONS, EventDelivery, OutboxEvent
from o2o.events.relay import relay_all
from o2o.kit import clock
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.factories import UserFactory
from tests.o2o.events.sample import Counted, say

pytestmark = pytest.mark.usefixtures("committed_db")

Heard = list[tuple[uuid.UUID, int]]


def deliver_all(lane: Lane = Lane.MAIN) -> int:
    return sum(deliver_partition(partition=number, lane=lane) for number in range(PARTITIONS))


def after_the_pause() -> None:
    """Let the next attempts be due now."""
    with platform_transaction():
        EventDelivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=clock.now())


def states() -> dict[int, str]:
    with platform_transaction():
        rows = EventDelivery.objects.order_by("position").values_list("event__payload__number", "state")
        return dict(rows)


@pytest.fixture
def heard() -> Heard:
    """What a well-behaved subscriber heard."""
    numbers: Heard = []

    @subscriber(Counted, name="test.listener")
    def listen(event: Counted, envelope: Envelope) -> None:
        numbers.append((event.aggregate_id, event.number))

    return numbers


def test_events_arrive_in_order_with_their_envelope(merchant: Merchant, heard: Heard) -> None:
    envelopes: list[Envelope] = []

    @subscriber(Counted, name="test.envelopes")
    def keep(event: Counted, envelope: Envelope) -> None:
        envelopes.append(envelope)

    about = say(merchant.pk, 1, 2, 3)
    assert relay_all() == 3
    assert deliver_all() == 6
    assert heard == [(about, 1), (about, 2), (about, 3)]
    with tenant_transaction(merchant.pk):
        rows = list(OutboxEvent.objects.order_by("position"))
    assert [envelope.id for envelope in envelopes] == [row.pk for row in rows]
    assert {envelope.merchant_id for envelope in envelopes} == {merchant.pk}
    assert all(row.published_at and row.subscriber_count == 2 for row in rows)


def test_a_second_relay_and_a_second_delivery_find_nothing(merchant: Merchant, heard: Heard) -> None:
    say(merchant.pk, 1)
    assert (relay_all(), relay_all()) == (1, 0)
    assert (deliver_all(), deliver_all()) == (1, 0)
    assert len(heard) == 1


def test_event_without_subscribers_is_published(merchant: Merchant) -> None:
    say(merchant.pk, 1)
    assert relay_all() == 1
    with tenant_transaction(merchant.pk):
        assert OutboxEvent.objects.get().subscriber_count == 0


def test_what_a_handler_writes_is_undone_when_it_fails_and_written_once_when_it_does_not(merchant: Merchant) -> None:
    person = UserFactory()
    attempts: list[int] = []

    @subscriber(Counted, name="test.writer")
    def write(event: Counted, envelope: Envelope) -> None:
        attempts.append(envelope.attempt)
        Membership.objects.create(user=person, role="clerk")
        if envelope.attempt == 1:
            raise RuntimeError("the first time it breaks")

    say(merchant.pk, 1)
    relay_all()
    assert deliver_all() == 0
    with tenant_transaction(merchant.pk):
        assert not Membership.objects.exists()
        assert EventDelivery.objects.get().last_error == "RuntimeError: the first time it breaks"
    after_the_pause()
    assert deliver_all() == 1
    assert attempts == [1, 2]
    with tenant_transaction(merchant.pk):
        assert Membership.objects.count() == 1


def test_a_failing_delivery_holds_up_only_its_own_line(merchant: Merchant, heard: Heard) -> None:
    fails = True
    arrived: list[int] = []

    @subscriber(Counted, name="test.picky")
    def pick(event: Counted, envelope: Envelope) -> None:
        if event.number == 1 and fails:
            raise ValueError("not this one")
        arrived.append(event.number)

    bad = say(merchant.pk, 1, 2, 3)
    good = say(merchant.pk, 10, 11)
    relay_all()
    deliver_all()
    assert sorted(arrived) == [10, 11]
    assert sorted(number for _about, number in heard) == [1, 2, 3, 10, 11]
    assert deliver_all() == 0, "nobody is due before the pause is over"

    fails = False
    after_the_pause()
    deliver_all()
    assert [number for number in arrived if number < 10] == [1, 2, 3]
    assert bad != good


def test_after_three_attempts_it_is_a_dead_letter_and_the_line_goes_on(merchant: Merchant) -> None:
    attempts: list[int] = []

    @subscriber(Counted, name="test.poisoned")
    def fail(event: Counted, envelope: Envelope) -> None:
        attempts.append(event.number)
        if event.number == 1:
            raise ValueError("always")

    say(merchant.pk, 1, 2)
    relay_all()
    for _ in range(5):
        deliver_all()
        after_the_pause()
    assert attempts == [1, 1, 1, 2]
    assert states() == {1: "dead", 2: "done"}


@pytest.mark.parametrize("payload", [7, [], "x", {"number": "NaN"}, {"nothing": 1}])
def test_payload_that_cannot_be_read_ends_as_a_dead_letter(merchant: Merchant, heard: Heard, payload: object) -> None:
    say(merchant.pk, 1)
    with tenant_transaction(merchant.pk):
        OutboxEvent.objects.update(payload=payload)
    relay_all()
    for _ in range(4):
        deliver_all()
        after_the_pause()
    with tenant_transaction(merchant.pk):
        row = EventDelivery.objects.get()
    assert (row.state, row.attempts, heard) == (DeliveryState.DEAD, 3, [])
    assert "PayloadError" in row.last_error


def test_delivery_for_a_subscriber_that_is_gone_says_so(merchant: Merchant, heard: Heard) -> None:
    from o2o.events import registry

    say(merchant.pk, 1)
    relay_all()
    registry._subscribers.clear()
    deliver_all()
    with tenant_transaction(merchant.pk):
        assert "test.listener" in EventDelivery.objects.get().last_error


def test_attempt_that_never_ended_is_counted(merchant: Merchant, heard: Heard) -> None:
    """A worker that dies leaves its claim and its count; the claim ends, the count stays."""
    say(merchant.pk, 1)
    relay_all()
    partition = _partition_of_the_only_event()
    for expected in (1, 2, 3):
        (claimed,) = claim_due(partition=partition, lane=_lane(expected), at=clock.now())
        assert delivery._count_attempt(claimed, 3)
        assert claimed.attempts == expected
        assert not claim_due(partition=partition, lane=Lane.SUSPECTS, at=clock.now()), "claims are exclusive"
        _let_claims_expire()
    (claimed,) = claim_due(partition=partition, lane=Lane.SUSPECTS, at=clock.now())
    assert attempt(claimed) is Outcome.LOST
    assert (states(), heard) == ({1: "dead"}, [])


def test_control_without_the_count_a_poison_comes_back_for_ever(
    merchant: Merchant, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_count_attempt", lambda _delivery, _limit: True)
    say(merchant.pk, 1)
    relay_all()
    for _ in range(10):
        (claimed,) = claim_due(partition=_partition_of_the_only_event(), lane=Lane.MAIN, at=clock.now())
        assert delivery._count_attempt(claimed, 3)  # and here the worker dies
        _let_claims_expire()
    assert states() == {1: "pending"}


def test_a_claim_that_went_to_another_has_no_effect(merchant: Merchant, heard: Heard) -> None:
    say(merchant.pk, 1)
    relay_all()
    partition = _partition_of_the_only_event()
    (slow,) = claim_due(partition=partition, lane=Lane.MAIN, at=clock.now())
    _let_claims_expire()
    (quick,) = claim_due(partition=partition, lane=Lane.MAIN, at=clock.now())
    assert attempt(quick) is Outcome.DONE
    assert attempt(slow) is Outcome.LOST
    assert len(heard) == 1


def test_endless_handler_is_stopped_and_goes_to_quarantine(
    merchant: Merchant, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "HANDLER_SECONDS", dict.fromkeys(Lane, 0.1))

    @subscriber(Counted, name="test.endless")
    def never_end(event: Counted, envelope: Envelope) -> None:
        while True:
            with contextlib.suppress(Exception):  # the worst there is
                time.sleep(60)

    say(merchant.pk, 1)
    relay_all()
    deliver_all()
    assert len(heard) == 1
    after_the_pause()
    assert deliver_all(Lane.MAIN) == 0
    with tenant_transaction(merchant.pk):
        assert EventDelivery.objects.get(subscriber="test.endless").attempts == 1, "the main lane leaves it alone"
    for _ in range(3):
        deliver_all(Lane.SUSPECTS)
        after_the_pause()
    with tenant_transaction(merchant.pk):
        row = EventDelivery.objects.get(subscriber="test.endless")
        assert (row.state, row.attempts) == (DeliveryState.DEAD, 3)
        assert "longer than 0.1 seconds" in row.last_error


def test_handler_that_never_ends_does_not_hold_up_the_others(
    merchant: Merchant, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole subscriber that hangs costs the main lane three attempts, however many events wait for it."""
    monkeypatch.setattr(delivery, "HANDLER_SECONDS", dict.fromkeys(Lane, 0.1))
    hung: list[int] = []

    @subscriber(Counted, name="test.hangs")
    def hang(event: Counted, envelope: Envelope) -> None:
        hung.append(event.number)
        time.sleep(60)

    for number in range(30):
        say(merchant.pk, number)
    relay_all()
    deliver_all()
    deliver_all()
    assert len(heard) == 30
    assert len(hung) == 3
    deliver_all(Lane.QUARANTINE)
    assert len(hung) == 30, "the others are tried as well, elsewhere"


def test_fan_out_that_fails_holds_up_its_merchant_alone(
    merchant: Merchant, other_merchant: Merchant, heard: Heard
) -> None:
    seen: list[tuple[uuid.UUID, int]] = []

    @fan_out
    def endpoints(merchant_id: uuid.UUID, events: list[OutboxEvent]) -> None:
        if broken and merchant_id == merchant.pk:
            raise RuntimeError("no such endpoint")
        seen.append((merchant_id, len(events)))

    broken = True
    about = uuid.uuid4()
    say(merchant.pk, 1, about=about)
    say(other_merchant.pk, 2, about=about)
    assert relay_all() == 1
    assert seen == [(other_merchant.pk, 1)]
    broken = False
    assert relay_all() == 1
    assert seen[1:] == [(merchant.pk, 1)]


def test_pauses_grow() -> None:
    assert timedelta(seconds=5) <= delivery.pause_after(1) <= timedelta(seconds=6)
    assert timedelta(seconds=30) <= delivery.pause_after(2) <= timedelta(seconds=36)


def _partition_of_the_only_event() -> int:
    with platform_transaction():
        return OutboxEvent.objects.get().partition


def _lane(attempt_number: int) -> Lane:
    return Lane.MAIN if attempt_number == 1 else Lane.SUSPECTS


def _let_claims_expire() -> None:
    with platform_transaction():
        EventDelivery.objects.exclude(claim=None).update(claimed_until=clock.now() - timedelta(seconds=1))
