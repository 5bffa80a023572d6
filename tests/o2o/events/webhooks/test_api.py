import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from o2o.events.webhooks.dispatching import Dispatcher
from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.api.conftest import make_token
from tests.o2o.events.webhooks.conftest import AT, deliver, fresh, make_endpoint
from tests.o2o.kit.outbound.servers import answering

URL = "http://127.0.0.1:9/hook"
ENDPOINTS = "/api/v1/webhook_endpoints"
DELIVERIES = "/api/v1/webhook_deliveries"
BOTH = (Capability.WEBHOOKS_READ, Capability.WEBHOOKS_WRITE)


def client_of(merchant, *scopes) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(merchant, scopes or BOTH)}"})


def post(client: Client, path: str, body: dict | None = None, key: str | None = None):
    headers = {"idempotency-key": key or str(uuid.uuid4())}
    return client.post(path, json.dumps(body or {}), content_type="application/json", headers=headers)


def test_secret_is_shown_at_making_and_rotating_and_nowhere_else(merchant):
    client = client_of(merchant)
    made = post(client, ENDPOINTS, {"url": URL, "event_types": ["order.*"]})
    assert made.status_code == 201, made.content
    endpoint, secret = made.json()["endpoint"], made.json()["secret"]
    assert secret.startswith("whsec_")
    one = f"{ENDPOINTS}/{endpoint['id']}"
    rotated = post(client, f"{one}/rotate_secret")
    assert rotated.status_code == 200, rotated.content
    assert rotated.json()["secret"] not in ("", secret)
    for path in (ENDPOINTS, one):
        answer = client.get(path)
        assert answer.status_code == 200
        assert b"whsec_" not in answer.content
        assert b"sealed" not in answer.content


def test_endpoint_is_changed_and_deleted(merchant):
    client, endpoint = client_of(merchant), make_endpoint(merchant, URL)
    one = f"{ENDPOINTS}/{endpoint.pk}"
    off = client.patch(one, json.dumps({"is_enabled": False, "description": "ERP"}), content_type="application/json")
    assert off.status_code == 200, off.content
    assert (off.json()["is_enabled"], off.json()["disabled_reason"], off.json()["description"]) == (
        False,
        "by_staff",
        "ERP",
    )
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_mass_assignment_changes_nothing(merchant, other_merchant):
    client = client_of(merchant)
    made = post(
        client,
        ENDPOINTS,
        {
            "url": URL,
            "merchant": str(other_merchant.pk),
            "merchant_id": str(other_merchant.pk),
            "secrets": [],
            "api_version": "v0",
            "consecutive_failures": 7,
        },
    )
    with tenant_transaction(merchant.pk):
        endpoint = WebhookEndpoint.objects.get(pk=made.json()["endpoint"]["id"])
    assert (endpoint.api_version, endpoint.consecutive_failures, len(endpoint.secrets)) == ("v1", 0, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://169.254.169.254/latest"},
        {"url": "https://localhost/"},
        {"url": "https://2130706433/"},
        {"url": "https://user:pw@shop.example.com/"},
        {"url": "https://shop.example.com/", "event_types": ["Bad Type"]},
        {"url": "https://shop.example.com/", "event_types": ["order.*"] * 101},
        {"event_types": []},
    ],
)
def test_what_is_not_allowed_is_refused_with_a_problem(merchant, body):
    answer = post(client_of(merchant), ENDPOINTS, body)
    assert answer.status_code in (400, 422), answer.content
    assert answer["content-type"] == "application/problem+json"
    with tenant_transaction(merchant.pk):
        assert not WebhookEndpoint.objects.exists()


def test_each_act_needs_its_permission(merchant):
    endpoint = make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant)
    one = f"{ENDPOINTS}/{endpoint.pk}"
    reader, stranger = client_of(merchant, Capability.WEBHOOKS_READ), client_of(merchant, Capability.STOCK_READ)
    for path in (ENDPOINTS, one, DELIVERIES, f"{DELIVERIES}/{delivery.pk}"):
        assert reader.get(path).status_code == 200
        assert stranger.get(path).status_code == 403
        assert Client().get(path).status_code == 401
    for path in (
        ENDPOINTS,
        f"{one}/rotate_secret",
        f"{one}/replay",
        f"{one}/test",
        f"{DELIVERIES}/{delivery.pk}/replay",
    ):
        assert post(reader, path).status_code == 403, path
        assert post(Client(), path).status_code == 401, path


def test_everything_of_another_merchant_is_404(merchant, other_merchant):
    endpoint = make_endpoint(other_merchant, URL)
    (delivery,) = deliver(other_merchant)
    client, one = client_of(merchant), f"{ENDPOINTS}/{endpoint.pk}"
    assert client.get(one).status_code == 404
    assert client.get(f"{DELIVERIES}/{delivery.pk}").status_code == 404
    for path, body in (
        (f"{one}/rotate_secret", {}),
        (f"{one}/test", {}),
        (f"{one}/replay", {"since": AT.isoformat(), "until": (AT + timedelta(days=1)).isoformat()}),
        (f"{DELIVERIES}/{delivery.pk}/replay", {}),
    ):
        assert post(client, path, body).status_code == 404, path
    assert client.patch(one, "{}", content_type="application/json").status_code == 404
    assert client.delete(one).status_code == 404
    assert client.get(DELIVERIES).json()["results"] == client.get(ENDPOINTS).json()["results"] == []
    assert client.get(DELIVERIES, {"endpoint_id": str(endpoint.pk)}).json()["results"] == []


def test_test_message_is_sent_and_answered_at_once(merchant, serve):
    shop = serve(answering(418, b"teapot"))
    endpoint = make_endpoint(merchant, shop.url)
    answer = post(client_of(merchant), f"{ENDPOINTS}/{endpoint.pk}/test")
    assert answer.status_code == 200, answer.content
    assert answer.json() | {"milliseconds": 0, "delivery_id": ""} == {
        "is_success": False,
        "delivery_id": "",
        "status": 418,
        "error": "http_status",
        "detail": "",
        "milliseconds": 0,
        "response_snippet": "teapot",
    }
    assert shop.hits == 1


def test_no_transaction_is_open_while_a_test_message_is_under_way(committed_db, merchant, serve, owner_connection):
    states: list[int] = []

    def look(listener, connection, received):
        with owner_connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'o2o_app'"
                " AND state LIKE 'idle in transaction%'"
            )
            states.append(cursor.fetchone()[0])
        answering(200)(listener, connection, received)

    endpoint = make_endpoint(merchant, serve(look).url)
    assert post(client_of(merchant), f"{ENDPOINTS}/{endpoint.pk}/test").json()["is_success"]
    assert states == [0]


def test_log_is_filtered_and_shows_attempts(merchant, serve):
    endpoint = make_endpoint(merchant, serve(answering(500, b"oops")).url)
    make_endpoint(merchant, serve().url)
    deliver(merchant, 2)
    Dispatcher().run(seconds=5)
    client = client_of(merchant)
    found = client.get(DELIVERIES, {"endpoint_id": str(endpoint.pk), "state": "pending"}).json()["results"]
    assert {each["endpoint_id"] for each in found} == {str(endpoint.pk)}
    assert len(found) == 2
    assert "body" not in found[0]
    assert len(client.get(DELIVERIES, {"state": "delivered", "event_type": "order.placed"}).json()["results"]) == 2
    detail = client.get(f"{DELIVERIES}/{found[0]['id']}").json()
    assert [each["status"] for each in detail["attempts"]] == [500]
    assert (detail["response_snippet"], json.loads(detail["body"])["type"]) == ("oops", "order.placed")
    assert detail["message_id"] == f"msg_{uuid.UUID(detail['id']).hex}"


def test_list_costs_the_same_for_one_and_three(merchant, django_assert_max_num_queries):
    client = client_of(merchant)
    make_endpoint(merchant, URL)
    counts = []
    for count in (1, 2):
        deliver(merchant, count)
        with django_assert_max_num_queries(12) as captured:
            client.get(DELIVERIES)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_replay_is_accepted_and_its_repetition_gets_the_first_answer(merchant):
    endpoint = make_endpoint(merchant, URL)
    (delivery,) = deliver(merchant, at=AT)
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.update(state=WebhookState.DEAD, settled_at=AT)
    client = client_of(merchant)
    path, key = f"{DELIVERIES}/{delivery.pk}/replay", str(uuid.uuid4())
    first, second = post(client, path, key=key), post(client, path, key=key)
    assert (first.status_code, second.content) == (202, first.content)
    assert second["Idempotent-Replayed"] == "true"
    assert fresh(merchant, delivery).state == WebhookState.PENDING
    with tenant_transaction(merchant.pk):
        WebhookDelivery.objects.update(state=WebhookState.DEAD, settled_at=AT)
    body = {"since": AT.isoformat(), "until": (AT + timedelta(hours=1)).isoformat()}
    ranged = post(client, f"{ENDPOINTS}/{endpoint.pk}/replay", body)
    assert (ranged.status_code, ranged.json()) == (202, {"count": 1, "has_more": False})
    odd = post(client, f"{ENDPOINTS}/{endpoint.pk}/replay", {**body, "until": AT.isoformat()})
    assert odd.status_code == 422


def test_replay_of_a_switched_off_endpoint_is_a_conflict(merchant):
    endpoint = make_endpoint(merchant, URL, is_enabled=False, disabled_reason="gone", disabled_at=clock.now())
    body = {"since": AT.isoformat(), "until": (AT + timedelta(hours=1)).isoformat()}
    answer = post(client_of(merchant), f"{ENDPOINTS}/{endpoint.pk}/replay", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook_endpoint_disabled")
