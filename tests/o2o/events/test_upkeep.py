"""Sweeping, purging, telling again, and what must always hold."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from o2o.events import Envelope, subscriber, sweep
from o2o.events.claims import Lane, claim_due
from o2o.events.dead_letters import replay_dead_letters
from o2o.events.delivery import deliver_partition
from o2o.events.enums import DeliveryState
from o2o.events.models import PARTITIONS, EventDelivery, OutboxEvent
from o2o.events.relay import relay_all
from o2o.events.retention import purge_delivered
from o2o.kit import clock
from o2o.kit.invariants import invariants
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import run_job
from o2o.kit.jobs.services import start_job
from o2o.kit.metrics import gauges
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.o2o.events.sample import Counted, say

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def heard() -> list[int]:
    numbers: list[int] = []

    @subscriber(Counted, name="test.listener", max_attempts=1)
    def listen(event: Counted, envelope: Envelope) -> None:
        if event.number < 0:
            raise ValueError("below zero")
        numbers.append(event.number)

    return numbers


def deliver_all() -> int:
    return sum(deliver_partition(partition=number) for number in range(PARTITIONS))


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    bells: list[str] = []
    monkeypatch.setattr(sweep.bell, "ring", lambda task, **_options: bells.append(task))
    monkeypatch.setattr(sweep.bell, "ring_relay", lambda: bells.append("events.relay"))
    return bells


def test_sweeper_rings_for_what_lost_its_bell(merchant: Merchant, heard: list[int], rung: list[str]) -> None:
    assert (sweep.sweep(at=clock.now()), rung) == (0, [])
    say(merchant.pk, 1)
    sweep.sweep(at=clock.now())
    relay_all()
    rung_by_relay = list(rung)
    sweep.sweep(at=clock.now())
    assert rung[len(rung_by_relay) :] == ["events.deliver"]
    assert "events.relay" in rung_by_relay
    deliver_all()
    rung.clear()
    assert (sweep.sweep(at=clock.now()), rung) == (0, [])


def test_sweeper_leaves_what_a_worker_holds_and_finds_it_once_the_claim_ends(
    merchant: Merchant, heard: list[int], rung: list[str]
) -> None:
    say(merchant.pk, 1)
    relay_all()
    with platform_transaction():
        partition = OutboxEvent.objects.get().partition
    assert claim_due(partition=partition, lane=Lane.MAIN, at=clock.now())
    assert sweep.sweep(at=clock.now()) == 0
    assert sweep.sweep(at=clock.now() + timedelta(seconds=31)) == 1


def test_claims_and_sweeps_fit_into_a_minute(settings: Any) -> None:
    from o2o.events.claims import CLAIMED_FOR

    assert CLAIMED_FOR + settings.CELERY_BEAT_SCHEDULE["events-sweep"]["schedule"] <= timedelta(seconds=60)


def test_purge_takes_what_was_delivered_and_nothing_else(merchant: Merchant, heard: list[int]) -> None:
    say(merchant.pk, 1)
    say(merchant.pk, -1)
    relay_all()
    deliver_all()
    say(merchant.pk, 2)
    assert purge_delivered(before=clock.now() - timedelta(days=1)) == 0
    assert purge_delivered(before=clock.now() + timedelta(seconds=1)) == 1
    with platform_transaction():
        assert set(OutboxEvent.objects.values_list("payload__number", flat=True)) == {-1, 2}
        assert EventDelivery.objects.get().state == DeliveryState.DEAD


def test_dead_letters_of_a_subscriber_are_replayed_together(
    merchant: Merchant, other_merchant: Merchant, heard: list[int]
) -> None:
    say(merchant.pk, -1)
    say(other_merchant.pk, -2)
    relay_all()
    deliver_all()
    with tenant_transaction(merchant.pk):
        OutboxEvent.objects.update(payload={"number": 5})
        assert replay_dead_letters(subscriber="test.listener", at=clock.now()) == 1
    deliver_all()
    assert heard == [5]
    with tenant_transaction(other_merchant.pk):
        assert EventDelivery.objects.get().state == DeliveryState.DEAD


def test_new_subscriber_is_told_what_happened_before_it_came(
    merchant: Merchant, other_merchant: Merchant, heard: list[int]
) -> None:
    before = clock.now()
    say(merchant.pk, 1, 2, 3)
    say(other_merchant.pk, 4)
    relay_all()
    deliver_all()
    late: list[int] = []

    @subscriber(Counted, name="test.late")
    def listen(event: Counted, envelope: Envelope) -> None:
        late.append(event.number)

    parameters = {
        "subscriber": "test.late",
        "since": before.isoformat(),
        "until": (clock.now() + timedelta(seconds=1)).isoformat(),
    }
    for _ in range(2):
        with tenant_transaction(merchant.pk):
            job = start_job(kind="events.replay", title="Tell again", parameters=parameters)
        run_job(merchant_id=merchant.pk, job_id=job.pk)
        deliver_all()
    assert late == [1, 2, 3] * 2
    assert sorted(heard) == [1, 2, 3, 4]
    with tenant_transaction(merchant.pk):
        assert set(Job.objects.values_list("state", "total", "done")) == {("succeeded", 3, 3)}


def violations(prefix: str) -> dict[str, int]:
    """Count the rows for which an invariant does not hold."""
    found = {}
    for each in invariants():
        if each.name.startswith(prefix):
            with platform_transaction(), connection.cursor() as cursor:
                cursor.execute(each.query())
                found[each.name] = len(cursor.fetchall())
    return found


def test_invariants_hold_and_notice_when_they_do_not(merchant: Merchant, heard: list[int]) -> None:
    say(merchant.pk, 1)
    relay_all()
    deliver_all()
    assert len(violations("events.")) >= 5
    assert set(violations("events.").values()) == {0}
    old = clock.now() - timedelta(minutes=6)
    with platform_transaction():
        EventDelivery.objects.update(state="pending", attempts=11, next_attempt_at=old)
    assert violations("events.")["events.attempts_are_bounded"] == 1
    assert violations("events.")["events.delivered_in_time"] == 1
    with platform_transaction():
        OutboxEvent.objects.update(published_at=None, occurred_at=old)
    assert violations("events.")["events.published_in_time"] == 1
    assert violations("events.")["events.delivered_after_publishing"] == 1
    with platform_transaction():
        OutboxEvent.objects.update(published_at=clock.now())
        EventDelivery.objects.all().delete()
    assert violations("events.")["events.one_delivery_per_subscriber"] == 1


def test_gauges_read(merchant: Merchant, heard: list[int]) -> None:
    say(merchant.pk, 1, about=uuid.uuid4())
    with platform_transaction():
        readings = {
            each.name: each.ask() for each in gauges() if each.name.startswith(("o2o_outbox", "o2o_event", "o2o_jobs"))
        }
    assert readings["o2o_outbox_unpublished_events"] == 1.0
    assert readings["o2o_outbox_lag_seconds"] > 0
    assert readings["o2o_event_dead_letters"] == {}
    assert ("failed",) in readings["o2o_jobs"]
