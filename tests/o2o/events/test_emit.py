"""Events are written with their cause or not at all."""

import uuid

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from o2o.events import bell, emit, receiver
from o2o.events.models import PARTITIONS, OutboxEvent
from o2o.events.services import NoScopeError, partition_of
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import NoTransactionError, platform_transaction, tenant_transaction
from tests.o2o.events.sample import Counted


def counted(number: int = 1) -> Counted:
    return Counted(aggregate_id=uuid.uuid4(), number=number)


def test_emit_writes_one_row(scope: Merchant) -> None:
    event = counted(3)
    row = emit(event)
    stored = OutboxEvent.objects.get()
    assert (stored.pk, stored.merchant_id, stored.event_type, stored.payload) == (
        row.pk,
        scope.pk,
        "test.counted",
        {"number": 3},
    )
    assert stored.aggregate_id == event.aggregate_id
    assert stored.published_at is None
    assert stored.partition == partition_of(event.aggregate_id) < PARTITIONS


def test_positions_grow(scope: Merchant) -> None:
    rows = [emit(counted()) for _ in range(3)]
    positions = [OutboxEvent.objects.get(pk=row.pk).position for row in rows]
    assert positions == sorted(set(positions))


def test_emit_needs_a_transaction_and_a_merchant(committed_db: None) -> None:
    with pytest.raises(NoTransactionError):
        emit(counted())
    with platform_transaction(), pytest.raises(NoScopeError):
        emit(counted())
    with platform_transaction():
        assert not OutboxEvent.objects.exists()


def test_receivers_are_called_in_the_order_of_registration(scope: Merchant) -> None:
    heard: list[str] = []
    for name in "bac":
        receiver(Counted)(lambda event, name=name: heard.append(f"{name}{event.number}"))
    emit(counted(7))
    assert heard == ["b7", "a7", "c7"]


def test_receiver_that_raises_takes_the_event_back(committed_db: None, merchant: Merchant) -> None:
    @receiver(Counted)
    def refuse(event: Counted) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), tenant_transaction(merchant.pk):
        emit(counted())
    with tenant_transaction(merchant.pk):
        assert not OutboxEvent.objects.exists()


def test_bell_rings_once_per_transaction(
    scope: Merchant, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        with transaction.atomic():
            emit(counted())
            emit(counted())
        try:
            with transaction.atomic():
                emit(counted())
                raise KeyError
        except KeyError:
            pass
        emit(counted())
    assert callbacks == [bell.ring_relay]


def test_bell_rings_when_the_savepoint_that_rang_first_was_rolled_back(
    scope: Merchant, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        try:
            with transaction.atomic():
                emit(counted())
                raise KeyError
        except KeyError:
            pass
        emit(counted())
    assert callbacks == [bell.ring_relay]


def test_partition_is_the_same_in_every_process() -> None:
    assert partition_of(uuid.UUID(int=1)) == 3
    spread = {partition_of(uuid.uuid4()) for _ in range(1000)}
    assert spread == set(range(PARTITIONS))
