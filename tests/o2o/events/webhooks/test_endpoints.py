from datetime import timedelta

import pytest

from o2o.events.webhooks import services
from o2o.events.webhooks.dispatching import Dispatcher
from o2o.events.webhooks.enums import DisabledReason, WebhookState
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.pinging import ping_endpoint
from o2o.events.webhooks.pruning import purge_deliveries
from o2o.events.webhooks.replaying import (
    EndpointDisabledError,
    TestMessageError,
    replay_delivery,
    replay_range,
)
from o2o.events.webhooks.selectors import attempts_of, dead_letters, endpoint_health
from o2o.events.webhooks.services import create_endpoint, delete_endpoint, rotate_secret, update_endpoint
from o2o.events.webhooks.signing import active
from o2o.kit import clock
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.kit.outbound import DestinationRefusedError
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.events.webhooks.conftest import AT, deliver, fresh, make_endpoint
from tests.o2o.kit.outbound.servers import answering

URL = "http://127.0.0.1:9/hook"


def dead(merchant, delivery, *, state: WebhookState = WebhookState.DEAD) -> None:
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.filter(pk=delivery.pk).update(state=state, settled_at=AT, tries=10)


def test_new_endpoint_is_on_pinned_and_has_a_secret(scope):
    made = create_endpoint(url=" HTTPS://Shop.Example.com:443 ", event_types=["order.*", "order.*"], at=AT)
    endpoint = made.endpoint
    assert (endpoint.url, endpoint.event_types) == ("https://shop.example.com/", ["order.*"])
    assert (endpoint.is_enabled, endpoint.api_version) == (True, "v1")
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)


@pytest.mark.parametrize(
    "url", ["http://shop.example.com/", "https://localhost/", "https://u:p@shop.example.com/", "x"]
)
def test_address_that_is_not_allowed_is_refused(scope, url):
    with pytest.raises(DestinationRefusedError):
        create_endpoint(url=url, event_types=[], at=AT)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    "event_type", ["", "*", "order.", "order.**", "Order.placed", "*.placed", "order placed", "a" * 81]
)
def test_event_type_that_is_none_is_refused(scope, event_type):
    with pytest.raises(InvalidError):
        create_endpoint(url=URL, event_types=[event_type], at=AT)


def test_number_of_endpoints_is_bounded(scope, monkeypatch):
    monkeypatch.setattr(services, "MOST_ENDPOINTS", 1)
    create_endpoint(url=URL, event_types=[], at=AT)
    with pytest.raises(services.TooManyEndpointsError):
        create_endpoint(url=URL, event_types=[], at=AT)


def test_update_changes_what_is_given_only(scope):
    endpoint = create_endpoint(url=URL, event_types=["order.*"], at=AT, description="ERP").endpoint
    update_endpoint(endpoint_id=endpoint.pk, at=AT, description="Shop")
    endpoint.refresh_from_db()
    assert (endpoint.description, endpoint.event_types, endpoint.url) == ("Shop", ["order.*"], URL)


def test_switching_off_and_on_wipes_the_record(scope):
    endpoint = create_endpoint(url=URL, event_types=[], at=AT).endpoint
    WebhookEndpoint.objects.update(failing_since=AT, consecutive_failures=4)
    off = update_endpoint(endpoint_id=endpoint.pk, at=AT, is_enabled=False)
    assert (off.disabled_reason, off.disabled_at) == (DisabledReason.BY_STAFF, AT)
    on = update_endpoint(endpoint_id=endpoint.pk, at=AT, is_enabled=True)
    assert (on.disabled_reason, on.disabled_at, on.consecutive_failures) == ("", None, 0)


def test_rotation_keeps_the_old_secret_for_a_day_and_no_more_than_two(scope):
    endpoint = create_endpoint(url=URL, event_types=[], at=AT).endpoint
    (first,) = active(endpoint.secrets, at=AT)
    rotated = rotate_secret(endpoint_id=endpoint.pk, at=AT).endpoint
    assert len(active(rotated.secrets, at=AT + timedelta(hours=23, minutes=59))) == 2
    assert first in active(rotated.secrets, at=AT + timedelta(hours=23))
    assert first not in active(rotated.secrets, at=AT + timedelta(hours=24))
    again = rotate_secret(endpoint_id=endpoint.pk, at=AT + timedelta(minutes=1)).endpoint
    assert len(again.secrets) == 2
    assert first not in active(again.secrets, at=AT + timedelta(minutes=1))
    leaked = rotate_secret(endpoint_id=endpoint.pk, at=AT, overlap=timedelta(0)).endpoint
    assert len(leaked.secrets) == 1
    with pytest.raises(InvalidError):
        rotate_secret(endpoint_id=endpoint.pk, at=AT, overlap=timedelta(days=8))


def test_delete_takes_the_log_with_it(merchant, serve):
    endpoint = make_endpoint(merchant, serve().url)
    deliver(merchant, 2)
    Dispatcher().run(seconds=5)
    with tenant_transaction(merchant.pk):
        delete_endpoint(endpoint_id=endpoint.pk)
        assert not WebhookEndpoint.objects.exists()
        assert not WebhookDelivery.objects.exists()
        assert not WebhookAttempt.objects.exists()


def test_endpoint_of_another_merchant_does_not_exist(merchant, other_merchant):
    theirs = make_endpoint(other_merchant, URL)
    (delivery,) = deliver(other_merchant)
    dead(other_merchant, delivery)
    for act in (
        lambda: update_endpoint(endpoint_id=theirs.pk, at=AT, is_enabled=False),
        lambda: delete_endpoint(endpoint_id=theirs.pk),
        lambda: rotate_secret(endpoint_id=theirs.pk, at=AT),
        lambda: replay_delivery(delivery_id=delivery.pk, at=AT),
        lambda: replay_range(endpoint_id=theirs.pk, since=AT, until=AT + timedelta(days=1), at=AT),
    ):
        with pytest.raises(NotFoundError), tenant_transaction(merchant.pk):
            act()
    with pytest.raises(WebhookEndpoint.DoesNotExist):
        ping_endpoint(merchant_id=merchant.pk, endpoint_id=theirs.pk, at=AT)
    assert fresh(other_merchant, theirs).is_enabled
    assert fresh(other_merchant, delivery).state == WebhookState.DEAD


def test_test_message_answers_at_once_and_counts_for_nothing(merchant, serve):
    shop = serve(answering(500, b"not today"))
    endpoint = make_endpoint(merchant, shop.url)
    outcome = ping_endpoint(merchant_id=merchant.pk, endpoint_id=endpoint.pk, at=clock.now())
    assert (outcome.status, outcome.snippet, outcome.is_success) == (500, "not today", False)
    assert b'"type":"ping"' in shop.requests[0].body
    delivery = fresh(merchant, WebhookDelivery(pk=outcome.delivery.id))
    assert (delivery.state, delivery.event_type) == (WebhookState.DEAD, "ping")
    assert fresh(merchant, endpoint).consecutive_failures == 0
    assert Dispatcher().run(seconds=5).sent == 0
    with pytest.raises(TestMessageError), tenant_transaction(merchant.pk):
        replay_delivery(delivery_id=delivery.pk, at=AT)


def test_gone_in_answer_to_a_test_does_not_switch_off(merchant, serve):
    endpoint = make_endpoint(merchant, serve(answering(410)).url)
    ping_endpoint(merchant_id=merchant.pk, endpoint_id=endpoint.pk, at=clock.now())
    assert fresh(merchant, endpoint).is_enabled


@pytest.mark.parametrize("state", [WebhookState.DEAD, WebhookState.CANCELLED, WebhookState.DELIVERED])
def test_replay_sends_the_same_bytes_under_the_same_id(merchant, serve, state):
    shop = serve()
    make_endpoint(merchant, shop.url)
    (delivery,) = deliver(merchant)
    Dispatcher().run(seconds=5)
    dead(merchant, delivery, state=state)
    with tenant_transaction(merchant.pk):
        replayed = replay_delivery(delivery_id=delivery.pk, at=clock.now())
        assert (replayed.state, replayed.tries) == (WebhookState.PENDING, 0)
        replay_delivery(delivery_id=delivery.pk, at=clock.now())
    assert Dispatcher().run(seconds=5).taken == 1
    first, second = shop.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert fresh(merchant, delivery).attempt_count == 2


def test_replay_of_a_range_takes_dead_and_cancelled_once(merchant):
    endpoint, other = make_endpoint(merchant, URL), make_endpoint(merchant, URL)
    made = {}
    for hour in range(5):
        made[hour] = [
            each for each in deliver(merchant, at=AT + timedelta(hours=hour)) if each.endpoint_id == endpoint.pk
        ]
    for hour, state in ((0, "dead"), (1, "dead"), (2, "cancelled"), (3, "delivered")):
        dead(merchant, made[hour][0], state=WebhookState(state))
    window = {"endpoint_id": endpoint.pk, "since": AT + timedelta(hours=1), "until": AT + timedelta(hours=4), "at": AT}
    with tenant_transaction(merchant.pk):
        assert (replay_range(**window).count, replay_range(**window).count) == (2, 0)
        assert replay_range(**window, includes_delivered=True).count == 1
        assert dead_letters().get().pk == made[0][0].pk
        assert WebhookDelivery.objects.filter(endpoint=other, state=WebhookState.PENDING).count() == 5


def test_replay_is_refused_while_the_endpoint_is_off(merchant):
    endpoint = make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant)
    dead(merchant, delivery)
    with tenant_transaction(merchant.pk):
        update_endpoint(endpoint_id=endpoint.pk, at=AT, is_enabled=False)
        for act in (
            lambda: replay_delivery(delivery_id=delivery.pk, at=AT),
            lambda: replay_range(endpoint_id=endpoint.pk, since=AT, until=AT + timedelta(days=1), at=AT),
        ):
            with pytest.raises(EndpointDisabledError):
                act()
    assert fresh(merchant, delivery).state == WebhookState.DEAD


@pytest.mark.parametrize("length", [timedelta(0), -timedelta(hours=1), timedelta(days=32)])
def test_replay_of_an_odd_range_is_refused(scope, length):
    endpoint = create_endpoint(url=URL, event_types=[], at=AT).endpoint
    with pytest.raises(InvalidError):
        replay_range(endpoint_id=endpoint.pk, since=AT, until=AT + length, at=AT)


def test_health_says_what_a_page_needs(merchant, serve, django_assert_num_queries):
    endpoint = make_endpoint(merchant, serve(answering(500)).url)
    deliver(merchant, 3)
    Dispatcher().run(seconds=5)
    endpoint = fresh(merchant, endpoint)
    with tenant_transaction(merchant.pk), django_assert_num_queries(4):
        health = endpoint_health(endpoint=endpoint, at=clock.now())
    assert (health.attempts, health.failure_rate, health.pending, health.dead) == (3, 1.0, 3, 0)
    assert health.next_attempt_at > clock.now()
    assert health.failing_since is not None


def test_log_lists_attempts_in_order(merchant, serve):
    make_endpoint(merchant, serve(answering(500)).url)
    (delivery,) = deliver(merchant, at=AT)
    for minutes in (0, 1):
        with clock.frozen(AT + timedelta(minutes=minutes)):
            Dispatcher().run(seconds=5)
    with tenant_transaction(merchant.pk):
        assert [each.started_at for each in attempts_of(delivery_id=delivery.pk)] == [AT, AT + timedelta(minutes=1)]


def test_purge_removes_what_was_settled_before(merchant, serve):
    make_endpoint(merchant, serve().url)
    old, new, waiting = deliver(merchant, 3, at=AT)
    dead(merchant, old)
    dead(merchant, new)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.filter(pk=new.pk).update(settled_at=AT + timedelta(days=1))
    assert purge_deliveries(before=AT + timedelta(hours=1)) == 1
    with tenant_transaction(merchant.pk):
        assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}
