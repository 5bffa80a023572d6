"""R8, short form: twenty endpoints that drip do not hold up those that work."""

import statistics
import threading
import time
from collections.abc import Sequence

import pytest
from django.db import connection

from o2o.events.webhooks import sending
from o2o.events.webhooks.dispatching import Dispatcher, Lanes
from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.kit.outbound import Limits
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.events.webhooks.conftest import deliver, make_endpoint
from tests.o2o.kit.outbound.servers import dripping_body

SLOW = 20
# Below this the figures are those of the machine's scheduler, not of ours.
FLOOR_SECONDS = 0.25


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch):
    monkeypatch.setattr(sending, "LIMITS", Limits(connect=0.5, total=3.0, body=4096))


def p95(merchant, endpoints: Sequence[WebhookEndpoint], lanes: Lanes, *, rounds: int = 12) -> float:
    """Publish to all endpoints a few times a second while a dispatcher runs; return the delay of some of them."""
    stopping = threading.Event()

    def dispatch() -> None:
        try:
            while not stopping.is_set():
                Dispatcher(lanes=lanes).run(seconds=rounds * 0.2 + 0.5)
                time.sleep(0.02)
        finally:
            connection.close()

    thread = threading.Thread(target=dispatch)
    thread.start()
    for _round in range(rounds):
        deliver(merchant)
        time.sleep(0.2)
    stopping.set()
    thread.join()
    with tenant_transaction(merchant.pk):
        found = WebhookDelivery.objects.filter(endpoint__in=endpoints)
        delays = [(each.settled_at - each.created_at).total_seconds() for each in found.exclude(settled_at=None)]
        # What was still waiting when the run ended had waited for the rest of it at least.
        delays += [5.0] * found.exclude(state=WebhookState.DELIVERED).count()
    return statistics.quantiles(delays, n=20)[-1]


def _shops(merchant, serve, count: int, answer=None) -> list[WebhookEndpoint]:
    return [make_endpoint(merchant, serve(answer).url, is_proven=True) for _number in range(count)]


def test_endpoints_that_begin_to_drip_do_not_slow_the_others(committed_db, merchant, other_merchant, serve) -> None:
    """A busy machine may spoil a measurement, but not three; the fault of the control below would spoil all."""
    quiet, good = _shops(other_merchant, serve, 5), _shops(merchant, serve, 5)
    bad = _shops(merchant, serve, SLOW, dripping_body)
    figures = []
    for _trial in range(3):
        with tenant_transaction(merchant.pk):
            # As if they had been well until now.
            WebhookDelivery.objects.all().delete()
            WebhookEndpoint.objects.filter(pk__in=[each.pk for each in bad]).update(
                failing_since=None, consecutive_failures=0, average_milliseconds=5
            )
        figures.append((p95(other_merchant, quiet, Lanes()), p95(merchant, good, Lanes())))
        alone, beside = figures[-1]
        if beside <= 2 * max(alone, FLOOR_SECONDS):
            return
    pytest.fail(f"p95 alone and beside, in seconds: {figures}")


def test_control_one_lane_without_a_limit_of_time_is_held_up(committed_db, merchant, serve):
    good = _shops(merchant, serve, 5)
    _shops(merchant, serve, SLOW, dripping_body)
    one_lane = Lanes(quick=16, slow=0, threads=16, overdue_seconds=1000, reserve=0)
    assert p95(merchant, good, one_lane) > 2 * FLOOR_SECONDS
