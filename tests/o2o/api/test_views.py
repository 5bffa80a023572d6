"""The base view: one transaction, one scope, one policy, one form of refusal."""

import json
from typing import Any

import pytest
from django.core import checks
from django.db import connection
from django.test import Client
from django.urls import resolve

from o2o.accounts.models import User
from o2o.api import views
from o2o.api.checks import each_route_declares_its_policy
from o2o.api.policy import UndeclaredPolicyError
from o2o.api.routes import routes
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import current_merchant_id, tenant_transaction
from tests.factories import MerchantFactory
from tests.o2o.api import probe
from tests.o2o.api.conftest import Api, make_token


def code(response: Any) -> str:
    return str(json.loads(response.content)["code"])


def test_each_route_declares_its_policy() -> None:
    assert each_route_declares_its_policy() == []
    assert [route.rule for route in routes()]


@pytest.mark.usefixtures("probes")
def test_control_a_route_without_a_policy_is_found() -> None:
    faults = each_route_declares_its_policy()

    assert [fault.id for fault in faults] == ["o2o.api.E001"]
    assert "probe/undeclared" in faults[0].msg
    assert isinstance(faults[0], checks.Error)


@pytest.mark.usefixtures("probes")
def test_a_route_without_a_policy_serves_nobody(api: Api, merchant: Merchant) -> None:
    assert api(merchant).get("/api/v1/probe/undeclared").status_code == 500
    with pytest.raises(UndeclaredPolicyError):
        _ = next(route for route in routes() if route.path.endswith("undeclared")).rule


@pytest.mark.usefixtures("probes")
def test_anybody_may_ask_a_public_route(client: Client, db: None) -> None:
    assert client.get("/api/v1/probe/open").json() == {"hello": "world"}


@pytest.mark.usefixtures("probes")
def test_a_bad_token_is_401_with_a_challenge(client: Client, db: None) -> None:
    response = client.get("/api/v1/probe/staff", headers={"authorization": "Bearer nonsense"})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.usefixtures("probes")
def test_the_audit_trail_knows_who_did_it_from_where(api: Api, merchant: Merchant) -> None:
    seen: dict[str, Any] = {}

    def look(email: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tenancy_merchant SET name = name RETURNING current_setting('pghistory.context_metadata')"
            )
            seen.update(json.loads(cursor.fetchone()[0]))
        seen["scope"] = current_merchant_id()
        return original(email)

    original = probe.hire
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "hire", look)
        api(merchant).post(
            "/api/v1/probe/staff",
            {"email": "ann@example.com"},
            content_type="application/json",
            headers={"Idempotency-Key": "k1", "X-Request-ID": "request-0001"},
            REMOTE_ADDR="203.0.113.9",
        )

    assert seen["scope"] == merchant.pk
    assert seen["merchant_id"] == str(merchant.pk)
    assert seen["request_id"] == "request-0001"
    assert seen["address"] == "203.0.113.9"
    assert seen["actor_kind"] == "client"


@pytest.mark.usefixtures("probes")
class TestCommitted:
    """With real commits."""

    @pytest.fixture
    def client_of(self, committed_db: None) -> tuple[Client, Merchant]:
        merchant = MerchantFactory()
        return Client(headers={"authorization": f"Bearer {make_token(merchant)}"}), merchant

    def hire(self, client: Client, url: str = "/api/v1/probe/deadlock") -> Any:
        return client.post(url, {}, content_type="application/json", headers={"Idempotency-Key": "k1"})

    @pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
    def test_a_deadlock_is_tried_again_from_the_beginning(self, client_of: Any, sqlstate: str) -> None:
        client, merchant = client_of
        probe.Deadlock.failures, probe.Deadlock.code = 2, sqlstate

        assert self.hire(client).status_code == 200
        with tenant_transaction(merchant.pk):
            assert Membership.objects.count() == 1

    def test_control_after_three_tries_it_is_503_and_nothing_remains(self, client_of: Any) -> None:
        client, merchant = client_of
        probe.Deadlock.failures, probe.Deadlock.code = 3, "40P01"
        response = self.hire(client)

        assert response.status_code == 503
        assert code(response) == "busy"
        assert response["Retry-After"] == "1"
        with tenant_transaction(merchant.pk):
            assert Membership.objects.count() == 0
        assert User.objects.count() == 0

    def _break_connection(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        killer = connection.copy()
        with killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        killer.close()

    def test_a_connection_that_broke_while_idle_is_replaced_unnoticed(self, client_of: Any) -> None:
        client, _merchant = client_of
        self._break_connection()

        assert client.get("/api/v1/probe/staff").status_code == 403
        self._break_connection()
        assert (
            client.post(
                "/api/v1/probe/staff",
                {"email": "a@example.com"},
                content_type="application/json",
                headers={"Idempotency-Key": "k2"},
            ).status_code
            == 201
        )

    def test_control_without_the_replacement_it_is_503(self, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        client, _merchant = client_of
        monkeypatch.setattr(views.ScopedView, "_may_run_again", lambda *_arguments: False)
        self._break_connection()
        response = client.get("/api/v1/probe/staff")
        connection.close()

        assert response.status_code == 503
        assert response["Content-Type"] == "application/problem+json"


def test_views_open_their_own_transaction() -> None:
    assert resolve("/api/v1/staff").func._non_atomic_requests == {"default"}
