"""Events, dead letters and the audit trail in the API."""

import json
import uuid
from functools import partial
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from django.test import Client

from o2o.events import Envelope, subscriber
from o2o.events.audit import audited_models
from o2o.events.delivery import deliver_partition
from o2o.events.enums import DeliveryState
from o2o.events.models import PARTITIONS, EventDelivery
from o2o.events.relay import relay_all
from o2o.tenancy.acting import acting_as, acting_for
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Origin
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from o2o.tenancy.selectors import actor_of
from tests.factories import MembershipFactory, UserFactory
from tests.o2o.api.conftest import make_token
from tests.o2o.events.sample import Counted, say

pytestmark = pytest.mark.django_db


def client_of(merchant: Merchant, *scopes: Capability) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(merchant, scopes)}"})


def post(client: Client, path: str) -> Any:
    return client.post(path, "", content_type="application/json", headers={"idempotency-key": str(uuid.uuid4())})


def owner_client(merchant: Merchant) -> Client:
    member = MembershipFactory(merchant=merchant, role="owner", user=UserFactory())
    client = Client()
    client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_events_are_listed_newest_first_and_narrowed(merchant: Merchant, other_merchant: Merchant) -> None:
    about = say(merchant.pk, 1, 2)
    say(merchant.pk, 3)
    say(other_merchant.pk, 4)
    client = client_of(merchant, Capability.EVENTS_READ)

    def numbers(**query: str) -> list[int]:
        answer = client.get("/api/v1/events", query)
        assert answer.status_code == 200, answer.content
        return [event["payload"]["number"] for event in answer.json()["results"]]

    assert numbers() == [3, 2, 1]
    assert numbers(aggregate_id=str(about)) == [2, 1]
    assert numbers(event_type="test.other") == []
    assert numbers(until="2020-01-01T00:00:00Z") == []
    assert numbers(since="2020-01-01T00:00:00Z") == [3, 2, 1]
    first = client.get("/api/v1/events", {"page_size": "2"}).json()
    assert [event["payload"]["number"] for event in client.get(first["next"]).json()["results"]] == [1]


def test_events_need_their_capability(merchant: Merchant) -> None:
    assert client_of(merchant, Capability.JOBS_READ).get("/api/v1/events").status_code == 403
    assert Client().get("/api/v1/events").status_code == 401


@pytest.fixture
def dead(merchant: Merchant) -> uuid.UUID:
    """A dead letter of ``merchant``."""

    @subscriber(Counted, name="test.dead", max_attempts=1)
    def fail(event: Counted, envelope: Envelope) -> None:
        raise ValueError("not today")

    say(merchant.pk, 1)
    relay_all()
    for partition in range(PARTITIONS):
        deliver_partition(partition=partition)
    with tenant_transaction(merchant.pk):
        return EventDelivery.objects.get(state=DeliveryState.DEAD).pk


def state(delivery_id: uuid.UUID) -> str:
    with platform_transaction():
        return EventDelivery.objects.get(pk=delivery_id).state


def test_dead_letter_is_listed_and_replayed_once(merchant: Merchant, dead: uuid.UUID) -> None:
    client = client_of(merchant, Capability.EVENTS_READ, Capability.JOBS_WRITE)
    (letter,) = client.get("/api/v1/dead_letters").json()["results"]
    assert (letter["id"], letter["last_error"], letter["event"]["event_type"]) == (
        str(dead),
        "ValueError: not today",
        "test.counted",
    )
    answer = post(client, f"/api/v1/dead_letters/{dead}/replay")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "pending", 0)
    assert client.get("/api/v1/dead_letters").json()["results"] == []
    assert post(client, f"/api/v1/dead_letters/{dead}/replay").status_code == 409
    assert state(dead) == "pending"


def test_dead_letter_is_discarded(merchant: Merchant, dead: uuid.UUID) -> None:
    client = client_of(merchant, Capability.JOBS_WRITE)
    assert post(client, f"/api/v1/dead_letters/{dead}/discard").json()["state"] == "discarded"
    assert post(client, f"/api/v1/dead_letters/{dead}/replay").status_code == 409
    assert state(dead) == "discarded"


def test_dead_letter_of_another_merchant_does_not_exist(other_merchant: Merchant, dead: uuid.UUID) -> None:
    client = client_of(other_merchant, Capability.EVENTS_READ, Capability.JOBS_WRITE)
    assert client.get("/api/v1/dead_letters").json()["results"] == []
    assert post(client, f"/api/v1/dead_letters/{dead}/replay").status_code == 404
    assert state(dead) == "dead"


def test_audit_trail_tells_who_from_where_in_which_request(merchant: Merchant, other_merchant: Merchant) -> None:
    member = MembershipFactory(merchant=merchant)
    MembershipFactory(merchant=other_merchant)
    client = owner_client(merchant)
    with (
        acting_as(actor_of(member), origin=Origin.API, request_id="request-1", address="192.0.2.7"),
        tenant_transaction(merchant.pk),
    ):
        Membership.objects.filter(pk=member.pk).update(role="auditor")
    with acting_for(merchant.pk, "some.task"), tenant_transaction(merchant.pk):
        Membership.objects.filter(pk=member.pk).delete()

    answer = client.get("/api/v1/audit", {"kind": "tenancy.membership", "object_id": str(member.pk)})
    assert answer.status_code == 200, answer.content
    deleted, changed, created = answer.json()["results"]
    assert [entry["act"] for entry in (created, changed, deleted)] == ["created", "changed", "deleted"]
    assert (changed["request_id"], changed["address"], changed["actor_id"]) == (
        "request-1",
        "192.0.2.7",
        str(member.user_id),
    )
    assert (created["row"]["role"], changed["row"]["role"]) == ("clerk", "auditor")
    assert (deleted["actor_kind"], deleted["actor_label"]) == ("system", "some.task")

    everything = client.get("/api/v1/audit", {"page_size": 2}).json()
    seen = list(everything["results"])
    while everything["next"]:
        everything = client.get(everything["next"]).json()
        seen += everything["results"]
    assert len({entry["id"] for entry in seen}) == len(seen)
    assert {"tenancy.merchant", "tenancy.membership"} <= {entry["kind"] for entry in seen}
    assert str(other_merchant.pk) not in json.dumps(seen)
    assert [entry["at"] for entry in seen] == sorted((entry["at"] for entry in seen), reverse=True)


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": "YWJj"}, {"kind": "auth.user"}, {"page_size": "0"}])
def test_audit_trail_refuses_nonsense(merchant: Merchant, query: dict[str, str]) -> None:
    assert owner_client(merchant).get("/api/v1/audit", query).status_code in (400, 422)


def test_audit_trail_is_for_people_who_may(merchant: Merchant) -> None:
    member = MembershipFactory(merchant=merchant, role="clerk", user=UserFactory())
    client = Client()
    client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/v1/audit").status_code == 403


def test_secrets_are_not_in_the_trail() -> None:
    columns = {
        f"{kind}.{field.name}"
        for kind, model in audited_models().items()
        for field in model._meta.get_fields()
        if not field.name.startswith("pgh_")
    }
    words = ("secret", "password", "token", "sealed")
    # a time and a flag
    allowed = {"webhookendpoint.secret_rotated_at", "apiclient.hash_client_secret"}
    found = {name for name in columns if any(word in name.rpartition(".")[2] for word in words)}
    assert {name for name in found if name.split(".", 1)[1] not in allowed} == set()


def audit_tables() -> list[str]:
    """The tables of the trail, also of what belongs to no merchant."""
    models = [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model") and not model._meta.proxy]
    return sorted(model._meta.db_table for model in models)


@pytest.mark.parametrize("table", audit_tables())
def test_application_has_no_right_to_change_the_trail(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT role, kind FROM unnest(ARRAY['o2o_app', 'o2o_platform']) role,"
            " unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) kind WHERE has_table_privilege(role, %s, kind)",
            [table],
        )
        assert cursor.fetchall() == []


FORGERIES = ("UPDATE tenancy_merchantevent SET pgh_label = 'forged'", "DELETE FROM tenancy_merchantevent")
LOOK_AWAY = "SET LOCAL pgtrigger.ignore = '{pgtrigger_append_only_b3ba1}'; "


@pytest.mark.parametrize("statement", FORGERIES)
@pytest.mark.parametrize("preparation", ["", LOOK_AWAY])
def test_trail_cannot_be_changed_by_the_application(merchant: Merchant, statement: str, preparation: str) -> None:
    """S14: by no role that it can take, whatever it tells the triggers."""
    for scope in (platform_transaction, partial(tenant_transaction, merchant.pk)):
        with pytest.raises(DatabaseError, match="permission denied"), scope(), connection.cursor() as cursor:
            cursor.execute(preparation + statement)
    with platform_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pgh_label FROM tenancy_merchantevent")
        assert cursor.fetchall() == [("created",)]


@pytest.mark.parametrize("statement", FORGERIES)
def test_control_with_the_right_and_without_the_trigger_the_trail_is_changed(
    committed_db: None, merchant: Merchant, owner_connection: Any, statement: str
) -> None:
    """The owner has the right; only the trigger stops it, and not if it is told to look away."""
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT set_config('o2o.merchant_id', %s, false)", [str(merchant.pk)])
        with pytest.raises(psycopg2.Error, match="Cannot update or delete"):
            cursor.execute(statement)
        cursor.execute("BEGIN")
        cursor.execute(LOOK_AWAY + statement)
        assert cursor.rowcount == 1
        cursor.execute("ROLLBACK")
