"""What the health page and the metrics say of webhooks."""

from datetime import timedelta

import pytest
from django.db import connection

from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.models import WebhookDelivery
from o2o.kit import clock
from o2o.kit.invariants import invariants
from o2o.kit.metrics import gauges
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.o2o.events.webhooks.conftest import AT, deliver, make_endpoint

URL = "http://127.0.0.1:9/hook"


def violations(name: str) -> int:
    (found,) = [each for each in invariants() if each.name == name]
    with platform_transaction(), connection.cursor() as cursor:
        cursor.execute(found.query())
        return len(cursor.fetchall())


def reading(name: str) -> float:
    (found,) = [each for each in gauges() if each.name == name]
    with platform_transaction():
        return found.ask()


@pytest.mark.parametrize("name", ["stay_with_their_merchant", "claims_end", "tries_are_bounded"])
def test_nothing_is_found_where_all_is_well(merchant, name) -> None:
    make_endpoint(merchant, URL)
    deliver(merchant, 2)
    assert violations(f"webhooks.{name}") == 0


def test_message_of_another_merchant_is_found(merchant, other_merchant) -> None:
    make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant)
    with platform_transaction():
        WebhookDelivery.objects.filter(pk=delivery.pk).update(merchant=other_merchant)
    assert violations("webhooks.stay_with_their_merchant") == 1


def test_claim_that_nobody_took_back_is_found(merchant) -> None:
    make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.update(
            state=WebhookState.SENDING, claim=delivery.pk, claimed_until=clock.now() - timedelta(minutes=6)
        )
    assert violations("webhooks.claims_end") == 1


def test_endless_tries_are_found(merchant) -> None:
    make_endpoint(merchant, URL)
    deliver(merchant)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.update(tries=11)
    assert violations("webhooks.tries_are_bounded") == 1


def test_gauges_tell_what_waits_and_what_was_given_up(merchant) -> None:
    make_endpoint(merchant, URL, failing_since=AT, consecutive_failures=1)
    waiting, dead = deliver(merchant, 2)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.filter(pk=dead.pk).update(state=WebhookState.DEAD, settled_at=AT)
        WebhookDelivery.objects.filter(pk=waiting.pk).update(next_attempt_at=clock.now() - timedelta(seconds=60))
    assert reading("o2o_webhook_due_messages") == 1
    assert 60 <= reading("o2o_webhook_lag_seconds") < 70
    assert reading("o2o_webhook_dead_letters") == 1
    assert reading("o2o_webhook_failing_endpoints") == 1
