"""Tasks carry their merchant, or do not run."""

import uuid
from typing import Any

import pytest
from celery import shared_task
from django.db import OperationalError, connection

from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import current_merchant_id, tenant_transaction
from o2o.tenancy.tasks import NoMerchantError, TenantTask
from tests.factories import MembershipFactory

SEEN: list[Any] = []


@shared_task(name="test.count_staff", base=TenantTask)
def count_staff(*, merchant_id: uuid.UUID) -> int:
    """Count the staff that the scope shows."""
    assert connection.in_atomic_block
    SEEN.append((merchant_id, current_merchant_id()))
    return Membership.objects.count()


@shared_task(name="test.in_steps", base=TenantTask, in_transaction=False)
def in_steps(*, merchant_id: uuid.UUID) -> uuid.UUID | None:
    """Say which scope is active before the task opens one."""
    return current_merchant_id()


@shared_task(name="test.unlucky", base=TenantTask)
def unlucky(*, merchant_id: uuid.UUID) -> int:
    """Meet a serialization failure the first two times."""
    SEEN.append(merchant_id)
    if len(SEEN) < 3:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
    return len(SEEN)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    SEEN.clear()


def test_task_runs_in_the_scope_of_its_merchant(merchant: Merchant, other_merchant: Merchant) -> None:
    MembershipFactory(merchant=merchant)
    MembershipFactory(merchant=other_merchant)
    MembershipFactory(merchant=other_merchant)
    assert count_staff(merchant_id=str(merchant.pk)) == 1
    assert count_staff(merchant_id=other_merchant.pk) == 2
    assert [(merchant.pk, merchant.pk), (other_merchant.pk, other_merchant.pk)] == SEEN
    assert current_merchant_id() is None


@pytest.mark.parametrize("send", [count_staff.delay, count_staff, in_steps.delay, in_steps])
def test_task_without_a_merchant_is_neither_sent_nor_run(send: Any) -> None:
    with pytest.raises(NoMerchantError, match=r"test\."):
        send()


def test_task_in_steps_opens_its_own_transactions(committed_db: None, merchant: Merchant) -> None:
    assert in_steps(merchant_id=merchant.pk) is None


def test_task_runs_again_when_the_database_asks_for_it(committed_db: None, merchant: Merchant) -> None:
    assert unlucky(merchant_id=merchant.pk) == 3


def test_control_without_the_base_class_the_failure_is_final(committed_db: None, merchant: Merchant) -> None:
    with pytest.raises(OperationalError), tenant_transaction(merchant.pk):
        unlucky.run(merchant_id=merchant.pk)
