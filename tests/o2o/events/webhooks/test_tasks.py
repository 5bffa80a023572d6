"""From an event to the receiver through the real relay and the real task."""

import uuid

import pytest
import redis
from django.conf import settings as configured
from django.core.cache import cache

from o2o.celery import app
from o2o.events import bell
from o2o.events.relay import relay_all
from o2o.events.services import emit
from o2o.events.webhooks import tasks
from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.events import WebhookEndpointDisabled
from o2o.events.webhooks.models import WebhookDelivery
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.events.webhooks.conftest import deliver, fresh, make_endpoint


@pytest.fixture(autouse=True)
def empty_seats():
    cache.clear()
    yield
    cache.clear()


def test_timetable_and_workers_know_the_tasks():
    names = {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()}
    assert {"webhooks.dispatch", "webhooks.purge"} <= names
    app.loader.import_default_modules()
    assert {"webhooks.dispatch", "webhooks.purge"} <= app.tasks.keys()


def test_event_reaches_the_receiver(committed_db, merchant, serve, monkeypatch):
    rung: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda task, **_options: rung.append(task))
    shop = serve()
    make_endpoint(merchant, shop.url, event_types=["webhook_endpoint.*"])
    with tenant_transaction(merchant.pk):
        emit(WebhookEndpointDisabled(aggregate_id=uuid.uuid4(), reason="gone", cancelled_deliveries=0))
    assert relay_all() == 1
    assert "webhooks.dispatch" in rung
    tasks.dispatch()
    assert b'"type":"webhook_endpoint.disabled"' in shop.requests[0].body
    assert b'"reason":"gone"' in shop.requests[0].body


def test_only_one_dispatcher_has_a_seat_and_gives_it_back(merchant, serve):
    make_endpoint(merchant, serve().url)
    (delivery,) = deliver(merchant)
    with tasks._seat() as keep:
        assert keep is not None
        tasks.dispatch()
        assert fresh(merchant, delivery).state == WebhookState.PENDING
    tasks.dispatch()
    assert fresh(merchant, delivery).state == WebhookState.DELIVERED
    with tasks._seat() as keep:
        assert keep is not None


def test_more_seats_by_setting(settings):
    settings.WEBHOOKS_DISPATCHERS = 2
    with tasks._seat() as first, tasks._seat() as second, tasks._seat() as third:
        assert first is not None
        assert second is not None
        assert third is None


def test_flushed_cache_frees_the_seat_and_nobody_frees_anothers():
    with tasks._seat() as first:
        assert first is not None
        cache.clear()
        with tasks._seat() as second:
            assert second is not None
            cache.set("o2o:webhooks:dispatcher:0", "somebody else's", 10)
    assert cache.get("o2o:webhooks:dispatcher:0") == "somebody else's"


def test_without_the_cache_dispatchers_still_work(merchant, serve, monkeypatch):
    def broken(*_arguments):
        raise redis.ConnectionError

    monkeypatch.setattr(cache, "add", broken)
    make_endpoint(merchant, serve().url)
    (delivery,) = deliver(merchant)
    tasks.dispatch()
    assert fresh(merchant, delivery).state == WebhookState.DELIVERED


def test_rest_is_rung_for_when_time_runs_out(merchant, serve, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "RUN_SECONDS", 0.0)
    monkeypatch.setattr(tasks, "ring_dispatcher", lambda: rung.append(1))
    make_endpoint(merchant, serve().url)
    deliver(merchant)
    tasks.dispatch()
    assert rung == [1]


def test_purge_task_keeps_what_is_young(merchant, serve):
    make_endpoint(merchant, serve().url)
    deliver(merchant)
    tasks.dispatch()
    tasks.purge()
    with tenant_transaction(merchant.pk):
        assert WebhookDelivery.objects.count() == 1
