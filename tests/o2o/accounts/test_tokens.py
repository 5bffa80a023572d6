"""API clients: their secrets, their tokens, and the end of both."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import get_access_token_model

from o2o.accounts.models import ApiClient
from o2o.accounts.selectors import ADMITTED_CLIENT, client_of_token
from o2o.accounts.services.clients import (
    IssuedSecret,
    change_api_client,
    create_api_client,
    disable_api_client,
    rotate_client_secret,
)
from o2o.kit import clock
from o2o.kit.errors import InvalidError
from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from o2o.tenancy.selectors import actor_of
from tests.factories import MembershipFactory
from tests.o2o.api.conftest import make_token

TOKEN = "/api/oauth/token"
NewClient = Callable[..., IssuedSecret]


def ask(issued: IssuedSecret, secret: str = "", **body: str):
    values = {"grant_type": "client_credentials", **body}
    pair = f"{issued.client.client_id}:{secret or issued.secret}"
    return Client().post(TOKEN, values, headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


def token_of(issued: IssuedSecret, **body: str) -> str:
    answer = ask(issued, **body)
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"]


def call(token: str, path: str = "/api/v1/merchant"):
    return Client().get(path, headers={"Authorization": f"Bearer {token}"})


def test_secret_buys_a_token_for_an_hour(new_client: NewClient) -> None:
    answer = ask(new_client())
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == "merchant:read"
    assert len(body["access_token"]) >= 43
    assert "refresh_token" not in body
    assert answer["Cache-Control"] == "no-store"


def test_id_and_secret_may_come_in_the_body(new_client: NewClient) -> None:
    issued = new_client()
    body = {"grant_type": "client_credentials", "client_id": issued.client.client_id, "client_secret": issued.secret}
    assert Client().post(TOKEN, body).status_code == 200


def test_token_opens_the_merchant_of_its_client_and_no_other(
    new_client: NewClient, merchant: Merchant, other_merchant: Merchant
) -> None:
    answer = call(token_of(new_client()))
    assert answer.status_code == 200
    assert answer.json()["id"] == str(merchant.pk)


def test_token_and_secret_are_not_in_the_database(new_client: NewClient) -> None:
    issued = new_client()
    token = token_of(issued)
    row = get_access_token_model().objects.get()
    assert row.token == ""
    assert token not in row.token_checksum
    with platform_transaction():
        assert ApiClient.objects.get().client_secret.startswith("random_secret$")
    assert issued.secret not in issued.client.client_secret


def test_token_has_the_scopes_asked_for(new_client: NewClient) -> None:
    issued = new_client("merchant:read", "stock:read")
    assert ask(issued).json()["scope"].split() == ["merchant:read", "stock:read"]
    token = token_of(issued, scope="stock:read")
    assert call(token).status_code == 403


@pytest.mark.parametrize("scope", ["orders:write", "staff:read", "nonsense"])
def test_scope_beyond_the_grant_is_refused(new_client: NewClient, scope: str) -> None:
    answer = ask(new_client(), scope=scope)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"
    assert not get_access_token_model().objects.exists()


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit", ""])
def test_no_other_grant_exists(new_client: NewClient, grant: str) -> None:
    answer = ask(new_client(), grant_type=grant, username="owner@example.com", password="correct-horse-battery")
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")


def test_wrong_secret_is_invalid_client(new_client: NewClient) -> None:
    issued = new_client()
    for answer in (ask(issued, secret="wrong"), Client().post(TOKEN, {"grant_type": "client_credentials"})):
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert answer["WWW-Authenticate"].startswith("Basic ")


def test_secret_in_the_body_does_not_count_for_the_client_in_the_header(new_client: NewClient) -> None:
    """Else the tries at one client would be counted as another's."""
    mine, theirs = new_client(), new_client()
    pair = base64.b64encode(f"{mine.client.client_id}:wrong".encode()).decode()
    body = {"grant_type": "client_credentials", "client_id": theirs.client.client_id, "client_secret": theirs.secret}
    assert Client().post(TOKEN, body, headers={"Authorization": f"Basic {pair}"}).status_code == 401


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic AAAA", "Basic AP8=", "Bearer x"])
def test_broken_header_is_refused(db: None, header: str) -> None:
    answer = Client().post(TOKEN, {"grant_type": "client_credentials"}, headers={"Authorization": header})
    assert answer.status_code == 401


def test_nul_in_the_client_id_is_refused(db: None) -> None:
    body = {"grant_type": "client_credentials", "client_id": "a\0b", "client_secret": "x"}
    assert Client().post(TOKEN, body).status_code == 401


@pytest.mark.parametrize("path", ["authorize", "revoke_token", "introspect", "applications", "token/", "register"])
def test_nothing_else_of_oauth_is_mounted(db: None, path: str) -> None:
    assert Client().get(f"/api/oauth/{path}").status_code in (404, 405)


def test_wrong_secrets_are_counted(new_client: NewClient) -> None:
    issued = new_client()
    assert [ask(issued, secret=f"wrong{number}").status_code for number in range(11)] == [401] * 10 + [429]
    answer = ask(issued)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 901
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert ask(issued).status_code == 200


def test_right_secret_starts_the_count_anew(new_client: NewClient) -> None:
    issued = new_client()
    for _turn in range(3):
        for number in range(9):
            assert ask(issued, secret=f"wrong{number}").status_code == 401
        assert ask(issued).status_code == 200


def test_faults_that_are_no_guesses_neither_count_nor_clear(new_client: NewClient) -> None:
    issued = new_client()
    for number in range(10):
        assert ask(issued, secret=f"wrong{number}").status_code == 401
        assert ask(issued, scope="nonsense").status_code == 400 if number < 9 else True
    assert ask(issued).status_code == 429


def test_expired_token_is_refused(new_client: NewClient) -> None:
    token = token_of(new_client())
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        answer = call(token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("token", ["", "x", "o2o_" + "A" * 43, "é" * 20, "a" * 5000])
def test_unknown_token_is_refused(db: None, token: str) -> None:
    answer = Client().get("/api/v1/merchant", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_no_token_says_how_to_come_in(db: None) -> None:
    answer = Client().get("/api/v1/merchant")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="o2o"'


def test_disabled_client_is_out_at_the_next_request(new_client: NewClient, merchant: Merchant) -> None:
    issued = new_client()
    token = token_of(issued)
    assert call(token).status_code == 200
    with tenant_transaction(merchant.pk):
        disable_api_client(client_id=issued.client.pk)
    assert call(token).status_code == 401
    assert ask(issued).status_code == 401


def test_client_switched_off_without_the_service_is_out_as_well(new_client: NewClient, merchant: Merchant) -> None:
    """The token is still there: the join over client and merchant is what shuts out."""
    issued = new_client()
    token = token_of(issued)
    with platform_transaction():
        ApiClient.objects.update(is_active=False)
    assert get_access_token_model().objects.exists()
    assert call(token).status_code == 401
    with platform_transaction():
        ApiClient.objects.update(is_active=True)
        Merchant.objects.filter(pk=merchant.pk).update(is_active=False)
    assert call(token).status_code == 401
    assert ask(issued).status_code == 401
    with platform_transaction():
        Merchant.objects.filter(pk=merchant.pk).update(is_active=True)
    assert call(token).status_code == 200


def test_new_secret_ends_the_old_one_and_its_tokens(new_client: NewClient, merchant: Merchant) -> None:
    issued = new_client()
    token = token_of(issued)
    with tenant_transaction(merchant.pk):
        renewed = rotate_client_secret(client_id=issued.client.pk)
    assert call(token).status_code == 401
    assert ask(issued).status_code == 401
    assert call(token_of(renewed)).status_code == 200


def test_permission_taken_away_is_gone_at_the_next_request(
    new_client: NewClient, merchant: Merchant, owner: Actor
) -> None:
    issued = new_client("merchant:read", "stock:read")
    token = token_of(issued)
    with tenant_transaction(merchant.pk):
        change_api_client(actor=owner, client_id=issued.client.pk, name="Till", scopes=["stock:read"])
    assert call(token).status_code == 403


def test_scope_that_programs_cannot_have_is_never_granted(merchant: Merchant, owner: Actor) -> None:
    with tenant_transaction(merchant.pk), pytest.raises(InvalidError):
        create_api_client(actor=owner, name="Spy", scopes=["staff:write"])
    with platform_transaction():
        assert not ApiClient.objects.exists()


def test_scope_forced_into_the_row_is_not_honoured(new_client: NewClient) -> None:
    issued = new_client()
    token = token_of(issued)
    with platform_transaction():
        ApiClient.objects.update(scopes=["merchant:read", "staff:read"])
    get_access_token_model().objects.update(scope="merchant:read staff:read")
    assert call(token, "/api/v1/staff").status_code == 403
    with transaction.atomic():
        found = client_of_token(token=token, at=clock.now())
    assert found is not None
    assert {str(value) for value in found[0].capabilities} == {"merchant:read"}


def test_nobody_grants_more_than_they_may(merchant: Merchant) -> None:
    clerk = actor_of(MembershipFactory(merchant=merchant, role=Role.CLERK))
    with tenant_transaction(merchant.pk), pytest.raises(InvalidError):
        create_api_client(actor=clerk, name="Mine", scopes=["orders:write"])


def test_asking_who_it_is_takes_one_round_trip_and_gives_the_role_back(new_client: NewClient) -> None:
    token = token_of(new_client())
    for given, kind in ((token, ActorKind.CLIENT), ("unknown", None)):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            found = client_of_token(token=given, at=clock.now())
        assert (found[0].kind if found else None) == kind
        assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("o2o_app",)


def test_staff_manage_clients_through_the_api(merchant: Merchant, owner: Actor) -> None:
    browser = Client()
    from o2o.accounts.models import User

    browser.force_login(User.objects.get(pk=owner.id), backend="allauth.account.auth_backends.AuthenticationBackend")
    keyed = {"content_type": "application/json", "headers": {"Idempotency-Key": "one"}}
    made = browser.post("/api/v1/api_clients", {"name": "Till", "scopes": ["merchant:read"]}, **keyed)
    assert made.status_code == 201, made.content
    assert (
        browser.post("/api/v1/api_clients", {"name": "Till", "scopes": ["merchant:read"]}, **keyed).content
        == made.content
    )
    client_id = made.json()["client"]["id"]
    listed = browser.get("/api/v1/api_clients").json()["results"]
    assert [row["id"] for row in listed] == [client_id]
    assert made.json()["secret"] not in json.dumps(listed)
    keyed["headers"] = {"Idempotency-Key": "two"}
    rotated = browser.post(f"/api/v1/api_clients/{client_id}/rotate_secret", **keyed)
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != made.json()["secret"]
    keyed["headers"] = {"Idempotency-Key": "three"}
    assert browser.post(f"/api/v1/api_clients/{client_id}/disable", **keyed).json()["is_active"] is False


def test_the_question_for_a_token_opens_no_wall_by_itself(merchant: Merchant, other_merchant: Merchant) -> None:
    """The function runs as whoever calls it: outside the platform's role it sees only the merchant in scope."""
    token = make_token(other_merchant)
    known = {"checksum": sha256(token.encode()).hexdigest(), "at": clock.now()}

    def found() -> int:
        with connection.cursor() as cursor:
            cursor.execute(ADMITTED_CLIENT, known)
            return len(cursor.fetchall())

    assert found() == 0
    with tenant_transaction(merchant.pk):
        assert found() == 0
    with platform_transaction():
        assert found() == 1
    with tenant_transaction(merchant.pk):
        assert found() == 0
