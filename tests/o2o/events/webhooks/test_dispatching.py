"""R8: shops that are slow, broken, gone or endless, on real sockets."""

import time
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from o2o.events.models import OutboxEvent
from o2o.events.webhooks import sending
from o2o.events.webhooks.dispatching import Dispatcher, Lanes
from o2o.events.webhooks.enums import DisabledReason, Failure, WebhookState
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.schedule import MOST_TRIES, PAUSES
from o2o.events.webhooks.services import rotate_secret
from o2o.kit import clock
from o2o.kit.outbound import Limits
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.events.webhooks.conftest import AT, Serve, deliver, fresh, make_endpoint
from tests.o2o.kit.outbound import servers
from tests.o2o.kit.outbound.servers import answering


@pytest.fixture
def short_deadline(monkeypatch):
    monkeypatch.setattr(sending, "LIMITS", Limits(connect=0.5, total=1.0, body=4096))


def dispatch(**lanes):
    return Dispatcher(lanes=Lanes(**lanes) if lanes else None).run(seconds=10)


def attempts(merchant, delivery) -> list[WebhookAttempt]:
    with tenant_transaction(merchant.pk):
        return list(WebhookAttempt.objects.filter(delivery=delivery).order_by("started_at"))


def test_message_arrives_signed_and_is_logged(merchant, serve: Serve):
    shop = serve()
    with tenant_transaction(merchant.pk):
        endpoint = make_endpoint(merchant, shop.url)
        secret = rotate_secret(endpoint_id=endpoint.pk, at=clock.now(), overlap=timedelta(0)).secret
    (delivery,) = deliver(merchant)
    summary = dispatch()
    assert (summary.sent, summary.taken, summary.is_drained) == (1, 1, True)
    (received,) = shop.requests
    assert received.body.decode() == delivery.body
    assert received.headers["webhook-id"] == delivery.message_id
    assert received.headers["content-type"] == "application/json"
    assert Webhook(secret).verify(received.body, received.headers)["data"]["store"] == "上海"
    done = fresh(merchant, delivery)
    assert (done.state, done.last_status, done.attempt_count, done.tries) == (WebhookState.DELIVERED, 200, 1, 1)
    assert done.settled_at is not None
    (attempt,) = attempts(merchant, delivery)
    assert (attempt.status, attempt.error, attempt.address, attempt.response_snippet) == (200, "", "127.0.0.1", "ok")
    assert fresh(merchant, endpoint).last_success_at is not None


@pytest.mark.parametrize(
    ("answer", "status", "failure"),
    [
        (answering(500, b"oops"), 500, Failure.HTTP_STATUS),
        (answering(404), 404, Failure.HTTP_STATUS),
        (answering(302, Location="http://127.0.0.1:1/"), 302, Failure.REDIRECT),
        (answering(304), 304, Failure.REDIRECT),
        (servers.dripping_head, None, Failure.TIMEOUT),
        (servers.dripping_body, None, Failure.TIMEOUT),
        (servers.silent, None, Failure.TIMEOUT),
        (servers.garbage, None, Failure.CONNECTION),
        (servers.hanging_up, None, Failure.CONNECTION),
    ],
)
def test_failure_is_noted_and_tried_again_later(merchant, serve, short_deadline, answer, status, failure):
    endpoint = make_endpoint(merchant, serve(answer).url)
    (delivery,) = deliver(merchant)
    started = time.monotonic()
    assert dispatch().taken == 0
    assert time.monotonic() - started < 3
    waiting = fresh(merchant, delivery)
    assert (waiting.state, waiting.last_status, waiting.last_error) == (WebhookState.PENDING, status, failure)
    pause = waiting.next_attempt_at - attempts(merchant, delivery)[0].started_at
    assert PAUSES[0] <= pause <= PAUSES[0] * 1.1 + timedelta(seconds=2)
    assert fresh(merchant, endpoint).consecutive_failures == 1


def test_gigabyte_answer_counts_as_taken_and_is_cut(merchant, serve):
    shop = serve(servers.gigabyte)
    make_endpoint(merchant, shop.url)
    (delivery,) = deliver(merchant)
    assert dispatch().taken == 1
    assert fresh(merchant, delivery).response_snippet == "x" * 1000
    assert shop.sent < 20_000_000


def test_answer_that_is_not_text_is_kept_legibly(merchant, serve):
    make_endpoint(merchant, serve(answering(200, b"a\x00\xffb")).url)
    (delivery,) = deliver(merchant)
    dispatch()
    assert fresh(merchant, delivery).response_snippet == "a��b"


def test_gone_switches_the_endpoint_off_cancels_the_rest_and_says_so(merchant, serve):
    shop = serve(answering(410))
    endpoint = make_endpoint(merchant, shop.url)
    made = deliver(merchant, 5)
    dispatch(quick=1, slow=1)
    endpoint = fresh(merchant, endpoint)
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, DisabledReason.GONE)
    states = [fresh(merchant, each).state for each in made]
    assert sorted(states) == [WebhookState.CANCELLED] * 4 + [WebhookState.DEAD]
    assert shop.hits == 1
    with tenant_transaction(merchant.pk):
        (event,) = OutboxEvent.objects.filter(event_type="webhook_endpoint.disabled")
    assert (event.aggregate_id, event.payload) == (endpoint.pk, {"reason": "gone", "cancelled_deliveries": 4})


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(merchant, serve, status):
    make_endpoint(merchant, serve(answering(status, Retry_After="600")).url)
    (delivery,) = deliver(merchant)
    dispatch()
    waits = fresh(merchant, delivery).next_attempt_at - clock.now()
    assert timedelta(seconds=590) < waits <= timedelta(seconds=600)


def test_retry_after_of_other_answers_is_ignored(merchant, serve):
    make_endpoint(merchant, serve(answering(500, Retry_After="600")).url)
    (delivery,) = deliver(merchant)
    dispatch()
    assert fresh(merchant, delivery).next_attempt_at - clock.now() < timedelta(seconds=10)


def test_ten_tries_at_exact_times_with_equal_bytes_then_a_dead_letter(merchant, serve):
    """A whole round under a clock that the test moves: 76 hours in a second."""
    shop = serve(answering(500))
    with clock.frozen(AT):
        make_endpoint(merchant, shop.url)
        (delivery,) = deliver(merchant, at=AT)
    at, tried = AT, []
    while True:
        with clock.frozen(at - timedelta(microseconds=1)):
            assert dispatch().sent == 0
        with clock.frozen(at):
            assert dispatch().sent == 1
        tried.append(at)
        delivery = fresh(merchant, delivery)
        if delivery.state == WebhookState.DEAD:
            break
        at = delivery.next_attempt_at
    assert len(tried) == MOST_TRIES == shop.hits
    assert tried[-1] - tried[0] >= timedelta(hours=76)
    for pause, before, after in zip(PAUSES, tried[:-1], tried[1:], strict=True):
        assert pause <= after - before <= pause * 1.1
    assert len({request.body for request in shop.requests}) == 1
    assert {request.headers["webhook-id"] for request in shop.requests} == {delivery.message_id}
    assert [int(request.headers["webhook-timestamp"]) for request in shop.requests] == [
        int(each.timestamp()) for each in tried
    ]
    assert [each.started_at for each in attempts(merchant, delivery)] == tried


def test_endpoint_that_fails_for_five_days_is_switched_off(merchant, serve):
    endpoint = make_endpoint(merchant, serve(answering(500)).url)
    (first,) = deliver(merchant, at=AT)
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=AT, consecutive_failures=9)
        WebhookDelivery.objects.filter(pk=first.pk).update(tries=3)
    with clock.frozen(AT + timedelta(days=5)):
        dispatch()
    endpoint = fresh(merchant, endpoint)
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, DisabledReason.FAILING)
    assert fresh(merchant, first).state == WebhookState.CANCELLED


def test_success_wipes_the_record_of_failures(merchant, serve):
    endpoint = make_endpoint(merchant, serve().url, failing_since=AT, consecutive_failures=30)
    deliver(merchant)
    dispatch()
    endpoint = fresh(merchant, endpoint)
    assert (endpoint.failing_since, endpoint.consecutive_failures, endpoint.is_enabled) == (None, 0, True)


def test_disabled_endpoint_keeps_what_waits_until_it_is_on_again(merchant, serve):
    shop = serve()
    endpoint = make_endpoint(merchant, shop.url)
    deliver(merchant)
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            is_enabled=False, disabled_reason=DisabledReason.BY_STAFF, disabled_at=AT
        )
    assert dispatch().sent == 0
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_enabled=True, disabled_reason="", disabled_at=None)
    assert dispatch().sent == 1


def test_address_is_checked_at_each_attempt(merchant, serve, monkeypatch):
    """An address that was allowed when the endpoint was made, and is not any more."""
    shop = serve()
    make_endpoint(merchant, shop.url)
    (delivery,) = deliver(merchant)
    monkeypatch.undo()
    dispatch()
    assert fresh(merchant, delivery).last_error == Failure.REFUSED
    assert shop.hits == 0


def test_secret_that_cannot_be_opened_is_a_failure_not_a_crash(merchant, serve, settings):
    shop = serve()
    make_endpoint(merchant, shop.url)
    (delivery,) = deliver(merchant)
    settings.SECRET_KEY = "another"
    dispatch()
    assert fresh(merchant, delivery).last_error == Failure.SECRET
    assert shop.hits == 0


def test_both_secrets_sign_during_a_rotation_and_one_after_it(merchant, serve):
    shop = serve()
    with tenant_transaction(merchant.pk):
        endpoint = make_endpoint(merchant, shop.url)
        first = rotate_secret(endpoint_id=endpoint.pk, at=AT, overlap=timedelta(0)).secret
        second = rotate_secret(endpoint_id=endpoint.pk, at=AT).secret
    for at, count in ((AT + timedelta(hours=23), 2), (AT + timedelta(hours=24), 1)):
        deliver(merchant, at=at)
        with clock.frozen(at):
            dispatch()
        signature = shop.requests[-1].headers["webhook-signature"]
        assert len(signature.split(" ")) == count
    assert first != second


def test_dispatcher_keeps_to_the_share_of_an_endpoint(merchant, serve):
    """Two in flight to one that works, one to one that fails."""
    most = {"now": 0, "most": 0}

    def slow(listener, connection, _received):
        with listener.lock:
            most["now"] += 1
            most["most"] = max(most["most"], most["now"])
        time.sleep(0.1)
        with listener.lock:
            most["now"] -= 1
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    make_endpoint(merchant, serve(slow).url, is_proven=True)
    deliver(merchant, 8)
    assert dispatch().taken == 8
    assert most["most"] == 2
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.update(failing_since=AT, consecutive_failures=3)
    most["most"] = 0
    deliver(merchant, 2)
    dispatch(slow=8)
    # Its first success makes it healthy again, so only the first of the two was alone for certain.
    assert most["most"] <= 2


def test_no_secret_is_logged_or_kept_in_clear(merchant, serve, caplog):
    caplog.set_level(0)
    with tenant_transaction(merchant.pk):
        endpoint = make_endpoint(merchant, serve(answering(500)).url)
        made = rotate_secret(endpoint_id=endpoint.pk, at=clock.now())
    deliver(merchant)
    dispatch()
    secret = made.secret.removeprefix("whsec_")
    assert secret not in caplog.text
    assert secret not in repr(made)
    endpoint = fresh(merchant, endpoint)
    assert secret not in str(endpoint.secrets)
    with tenant_transaction(merchant.pk):
        entries = list(endpoint.audit_entries.values())
    assert entries
    assert all("secrets" not in entry for entry in entries)
    assert any(entry["secret_rotated_at"] for entry in entries)


def test_audit_trail_does_not_grow_with_messages(merchant, serve):
    endpoint = make_endpoint(merchant, serve(answering(500)).url)
    with tenant_transaction(merchant.pk):
        before = endpoint.audit_entries.count()
    deliver(merchant, 3)
    dispatch()
    with tenant_transaction(merchant.pk):
        assert endpoint.audit_entries.count() == before
