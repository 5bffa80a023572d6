"""Two dispatchers, dead dispatchers, and who gets how many places."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from o2o.events.webhooks import claiming
from o2o.events.webhooks.claiming import LEASE, Share, claim_due, release_expired
from o2o.events.webhooks.dispatching import Dispatcher
from o2o.events.webhooks.enums import Failure, WebhookState
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.outcomes import ClaimedDelivery, Outcome
from o2o.events.webhooks.recording import record_outcomes
from o2o.events.webhooks.schedule import MOST_TRIES
from o2o.kit import clock
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.o2o.events.webhooks.conftest import AT, deliver, fresh, make_endpoint
from tests.o2o.kit.outbound.servers import answering, silent

URL = "http://127.0.0.1:9/hook"
PLENTY = Share(quick=1000, slow=1000)
PROGRAM = """
import django; django.setup()
from o2o.events.webhooks.dispatching import Dispatcher
Dispatcher().run(seconds=10)
"""


def reset() -> None:
    with platform_transaction():
        WebhookDelivery.objects.update(state=WebhookState.PENDING, claim=None, claimed_until=None)


def claim_from_two_threads() -> list[list[ClaimedDelivery]]:
    barrier = threading.Barrier(2)
    claims: list[list[ClaimedDelivery]] = []

    def work() -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            claims.append(list(claim_due(at=clock.now(), share=PLENTY)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return claims


@pytest.fixture
def ten_endpoints(committed_db, merchant):
    for _number in range(10):
        make_endpoint(merchant, URL, is_proven=True)
    deliver(merchant, 6)


def test_two_claimers_never_get_the_same_and_keep_to_the_share(ten_endpoints):
    for _round in range(20):
        first, second = claim_from_two_threads()
        ids = Counter(each.id for each in (*first, *second))
        assert ids.total() == 20
        assert max(ids.values()) == 1
        assert max(Counter(each.endpoint_id for each in (*first, *second)).values()) == 2
        reset()


def test_control_without_row_locks_two_claimers_get_the_same(ten_endpoints, monkeypatch):
    monkeypatch.setattr(
        claiming,
        "CLAIM",
        claiming.CLAIM.replace("FOR UPDATE SKIP LOCKED", "").replace("WITH RECURSIVE waiting", WIDENED, 1),
    )
    doubled = 0
    for _round in range(20):
        first, second = claim_from_two_threads()
        doubled += len({each.id for each in first} & {each.id for each in second})
        reset()
        if doubled:
            return
    pytest.fail("the race did not happen, so the test above proves nothing")


# The pause between reading and writing, which is what a race needs.
WIDENED = "WITH RECURSIVE pause AS MATERIALIZED (SELECT pg_sleep(0.05)), waiting"


def test_two_dispatchers_send_each_message_once(committed_db, merchant, serve):
    shop = serve()
    for _number in range(5):
        make_endpoint(merchant, shop.url, is_proven=True)
    made = deliver(merchant, 20)

    def work() -> None:
        try:
            Dispatcher().run(seconds=20)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = Counter(request.headers["webhook-id"] for request in shop.requests)
    assert sent.keys() == {each.message_id for each in made}
    assert set(sent.values()) == {1}


def test_message_of_a_killed_dispatcher_is_sent_again(committed_db, merchant, serve):
    """A process killed with -9 in the middle of an exchange; another takes over when its claim runs out."""
    answers = [silent, answering(200)]
    shop = serve(lambda *call: answers.pop(0)(*call))
    endpoint = make_endpoint(merchant, shop.url)
    (delivery,) = deliver(merchant)
    process = _dispatcher_process(shop.port)
    try:
        _wait_until(lambda: len(shop.requests) == 1)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    held = fresh(merchant, delivery)
    assert (held.state, held.tries) == (WebhookState.SENDING, 1)

    assert Dispatcher().run(seconds=5).sent == 0
    with clock.frozen(clock.now() + LEASE):
        assert Dispatcher().run(seconds=5).taken == 1
    first, second = shop.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.message_id
    done = fresh(merchant, delivery)
    assert (done.state, done.tries, done.attempt_count) == (WebhookState.DELIVERED, 2, 2)
    with tenant_transaction(merchant.pk):
        errors = list(WebhookAttempt.objects.order_by("started_at").values_list("error", flat=True))
    assert errors == [Failure.INTERRUPTED, ""]
    assert fresh(merchant, endpoint).is_enabled


def _dispatcher_process(port: int) -> subprocess.Popen:
    name = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")),
        "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{port}",
    }
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, cwd=Path(settings.BASE_DIR))


def _wait_until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_claim_that_runs_out_at_the_last_try_is_a_dead_letter(merchant):
    make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.update(tries=MOST_TRIES - 1)
    assert len(claim_due(at=clock.now(), share=PLENTY)) == 1
    assert release_expired(at=clock.now()) == 0
    assert release_expired(at=clock.now() + LEASE * 2) == 1
    assert fresh(merchant, delivery).state == WebhookState.DEAD


def test_outcome_after_the_claim_ran_out_changes_no_state_but_is_logged(merchant):
    make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant)
    (late,) = claim_due(at=clock.now(), share=PLENTY, lease=timedelta(0))
    assert release_expired(at=clock.now()) == 1
    outcome = Outcome(delivery=late, started_at=clock.now(), ended_at=clock.now(), milliseconds=1, status=200)
    assert record_outcomes(outcomes=[outcome]) == 0
    assert fresh(merchant, delivery).state == WebhookState.PENDING
    with tenant_transaction(merchant.pk):
        assert WebhookAttempt.objects.filter(status=200).count() == 1


def test_outcome_for_an_endpoint_that_was_deleted_is_dropped(merchant):
    endpoint = make_endpoint(merchant, URL)
    deliver(merchant)
    (claimed,) = claim_due(at=clock.now(), share=PLENTY)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.all().delete()
        endpoint.delete()
    outcome = Outcome(delivery=claimed, started_at=clock.now(), ended_at=clock.now(), milliseconds=1, status=200)
    assert record_outcomes(outcomes=[outcome]) == 0


def test_every_endpoint_gets_its_first_place_before_any_its_second(merchant, other_merchant):
    crowded = make_endpoint(merchant, URL, is_proven=True)
    deliver(merchant, 50)
    late = [make_endpoint(other_merchant, URL, is_proven=True) for _number in range(3)]
    deliver(other_merchant, 2)
    claimed = claim_due(at=clock.now(), share=Share(quick=4, slow=0))
    assert {each.endpoint_id for each in claimed} == {crowded.pk, *(each.pk for each in late)}


def test_last_quick_places_are_for_endpoints_with_nothing_in_flight(merchant):
    first, second, third = (make_endpoint(merchant, URL, is_proven=True) for _number in range(3))
    deliver(merchant, 3)
    claimed = claim_due(at=clock.now(), share=Share(quick=5, slow=0, reserve=1))
    assert Counter(Counter(each.endpoint_id for each in claimed).values()) == {1: 2, 2: 1}
    late = make_endpoint(merchant, URL, is_proven=True)
    deliver(merchant, 1)
    claimed = claim_due(at=clock.now(), share=Share(quick=1, slow=0, reserve=1))
    assert [each.endpoint_id for each in claimed] == [late.pk]
    assert len({first.pk, second.pk, third.pk}) == 3


def test_lanes_are_counted_apart(merchant):
    proven = make_endpoint(merchant, URL, is_proven=True)
    new = make_endpoint(merchant, URL)
    failing = make_endpoint(merchant, URL, is_proven=True)
    slow = make_endpoint(merchant, URL, is_proven=True)
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(pk=failing.pk).update(failing_since=AT, consecutive_failures=2)
        WebhookEndpoint.objects.filter(pk=slow.pk).update(average_milliseconds=2001)
    deliver(merchant, 3)
    quick_only = claim_due(at=clock.now(), share=Share(quick=10, slow=0))
    assert Counter(each.endpoint_id for each in quick_only) == {proven.pk: 2}
    rest = claim_due(at=clock.now(), share=Share(quick=10, slow=10))
    assert Counter(each.endpoint_id for each in rest) == {new.pk: 2, failing.pk: 1, slow.pk: 2}
    assert all(each.is_slow for each in rest)


def test_claim_does_not_read_what_waits_behind(merchant):
    """The plan looks at a few rows of an endpoint, however many wait."""
    make_endpoint(merchant, URL, is_proven=True)
    deliver(merchant, 3000)
    with platform_transaction(), connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {claiming.CLAIM}",
            {
                "at": clock.now(),
                "until": clock.now(),
                "quick": 10,
                "slow": 10,
                "per_endpoint": 2,
                "reserve": 0,
                "slow_milliseconds": 2000,
            },
        )
        plan = cursor.fetchone()[0]
    assert _most_rows((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]) <= 10


def _most_rows(node: dict) -> int:
    here = int(node.get("Actual Rows", 0)) if "Scan" in node["Node Type"] else 0
    return max([here, *(_most_rows(child) for child in node.get("Plans", []))])


def test_nothing_is_claimed_without_room(merchant, django_assert_num_queries):
    make_endpoint(merchant, URL)
    deliver(merchant)
    with django_assert_num_queries(0):
        assert claim_due(at=clock.now(), share=Share(quick=0, slow=0)) == []
