"""R4: a write that is sent many times happens once, whatever dies in between.

Short form: 20 keys × 20 parallel requests and 6 kills; ``make faults`` runs the long one.
"""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from o2o.accounts.models import User
from o2o.api import views
from o2o.events.idempotency import services
from o2o.events.idempotency.models import StoredAnswer
from o2o.events.idempotency.services import InFlightError, claim_key, purge_answers
from o2o.kit import clock
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.factories import MerchantFactory
from tests.o2o.api import probe
from tests.o2o.api.conftest import Api, make_token
from tests.trials import trials

URL = "/api/v1/probe/staff"
PARALLEL = 20
pytestmark = [pytest.mark.usefixtures("probes"), pytest.mark.faults]


def send(client: Client, key: str | None, *, method: str = "post", url: str = URL, **body: Any) -> HttpResponse:
    headers = {"Idempotency-Key": key} if key is not None else {}
    content = json.dumps(body or {"email": "ann@example.com"})
    response: HttpResponse = getattr(client, method)(url, content, content_type="application/json", headers=headers)
    return response


def hired(merchant: Merchant) -> int:
    with tenant_transaction(merchant.pk):
        return Membership.objects.count()


def stored(merchant: Merchant) -> int:
    with tenant_transaction(merchant.pk):
        return StoredAnswer.objects.count()


def body_of(response: HttpResponse) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(response.content)
    return parsed


def test_post_without_a_key_is_refused_and_changes_nothing(api: Api, merchant: Merchant) -> None:
    response = send(api(merchant), None)

    assert response.status_code == 400
    assert body_of(response)["code"] == "idempotency_key_required"
    assert "Idempotency-Key" in body_of(response)["detail"]
    assert hired(merchant) == 0


@pytest.mark.parametrize("key", ["", '""', "ä", "a b", "x" * 256, 'a"b', "a,b", "tab\tkey"])
def test_a_key_that_is_no_key_is_refused(api: Api, merchant: Merchant, key: str) -> None:
    response = send(api(merchant), key)

    assert response.status_code == 400
    assert body_of(response)["code"] == "idempotency_key_invalid"
    assert hired(merchant) == 0


def test_the_first_answer_is_given_again_byte_for_byte(api: Api, merchant: Merchant) -> None:
    client = api(merchant)
    first, second = send(client, "k1"), send(client, '"k1"')

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "å" in first.content.decode()
    assert first["Location"] == second["Location"]
    assert first["Content-Type"] == second["Content-Type"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert hired(merchant) == 1


def test_what_is_stored_cannot_be_read_in_the_table(api: Api, merchant: Merchant) -> None:
    send(api(merchant), "k1")

    with tenant_transaction(merchant.pk):
        assert b"ann@example.com" not in bytes(StoredAnswer.objects.get().body)


def test_an_empty_answer_is_replayed_too(api: Api, merchant: Merchant) -> None:
    client = api(merchant)
    first, second = (send(client, "k1", method="delete") for _ in range(2))

    assert (first.status_code, first.content) == (second.status_code, second.content) == (204, b"")
    assert second["Idempotent-Replayed"] == "true"
    assert "Content-Type" not in second.headers


@pytest.mark.parametrize(
    ("url", "method", "body"),
    [
        (URL, "post", {"email": "bob@example.com"}),
        (f"{URL}?a=1", "post", {"email": "ann@example.com"}),
        (URL, "put", {"email": "ann@example.com"}),
    ],
)
def test_the_same_key_with_another_request_is_422(
    api: Api, merchant: Merchant, url: str, method: str, body: dict[str, Any]
) -> None:
    client = api(merchant)
    send(client, "k1")
    response = send(client, "k1", url=url, method=method, **body)

    assert response.status_code == 422
    assert body_of(response)["code"] == "idempotency_key_reused"
    assert hired(merchant) == 1


def test_keys_of_merchants_and_of_actors_are_apart(api: Api, merchant: Merchant, other_merchant: Merchant) -> None:
    answers = [
        send(client, "k1", email=f"p{number}@example.com")
        for number, client in enumerate([api(merchant), api(merchant), api(other_merchant)])
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert (hired(merchant), hired(other_merchant)) == (2, 1)


@pytest.mark.parametrize(("then", "status"), [("refuse", 409), ("invalid", 422), ("suspicious", 400), ("big", 413)])
def test_a_refusal_is_stored_and_its_effect_is_not(api: Api, merchant: Merchant, then: str, status: int) -> None:
    client = api(merchant)
    first, second = (send(client, "k1", email="ann@example.com", then=then) for _ in range(2))

    assert first.status_code == second.status_code == status
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"] == "application/problem+json"
    assert second["Idempotent-Replayed"] == "true"
    assert hired(merchant) == 0


@pytest.mark.parametrize(("then", "status"), [("forbid", 403), ("busy", 503), ("crash", 500)])
def test_what_may_pass_is_not_stored(api: Api, merchant: Merchant, then: str, status: int) -> None:
    client = api(merchant)
    for _ in range(2):
        response = send(client, "k1", email="ann@example.com", then=then)
        assert response.status_code == status
        assert "Idempotent-Replayed" not in response

    assert (hired(merchant), stored(merchant)) == (0, 0)
    assert send(client, "k1").status_code == 201


def test_an_answer_is_kept_for_48_hours_and_then_purged(api: Api, merchant: Merchant, other_merchant: Merchant) -> None:
    first = api(merchant)
    send(first, "k1")
    send(api(other_merchant), "k1", email="bob@example.com")
    now = clock.now()

    assert purge_answers(at=now + timedelta(hours=47)) == 0
    with clock.frozen(now + timedelta(hours=47)), pytest.MonkeyPatch.context() as patch:
        patch.setattr("o2o.accounts.api.authentication.clock.now", lambda: now)
        assert send(first, "k1")["Idempotent-Replayed"] == "true"
    assert purge_answers(at=now + timedelta(hours=49), batch=1) == 2
    assert (stored(merchant), stored(other_merchant)) == (0, 0)


def test_an_expired_answer_that_was_not_purged_yet_counts_for_nothing(api: Api, merchant: Merchant) -> None:
    client = api(merchant)
    send(client, "k1", method="delete")
    with platform_transaction():
        StoredAnswer.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    response = send(client, "k1")

    assert response.status_code == 201
    assert stored(merchant) == 1


class TestTogether:
    """With real connections and real commits."""

    @pytest.fixture
    def shop(self, committed_db: None) -> Merchant:
        return MerchantFactory()

    def together(self, token: str, key: str, count: int = PARALLEL, **body: Any) -> list[HttpResponse]:
        """Send the same write from many threads at once, each until it is not told to wait."""
        barrier = Barrier(count)

        def work(_number: int) -> HttpResponse:
            client = Client(headers={"authorization": f"Bearer {token}"})
            try:
                barrier.wait()
                for _attempt in range(400):
                    response = send(client, key, **body)
                    if response.status_code != 409 or body_of(response)["code"] != "idempotency_in_flight":
                        return response
                    assert response["Retry-After"] == "1"
                raise AssertionError("The first request never ended.")
            finally:
                connection.close()

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, range(count)))

    def test_twenty_at_once_have_one_effect_and_one_answer(self, shop: Merchant) -> None:
        token = make_token(shop)
        for number in range(trials(20, long=500)):
            answers = self.together(token, f"k{number}", email=f"p{number}@example.com")

            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1
            assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
            assert hired(shop) == number + 1

    def test_control_without_the_guard_the_effect_happens_more_than_once(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "claim_of", lambda _request, _body: None)
        monkeypatch.setattr(views.ScopedView, "_refuse_missing_key", lambda _self, _request: None)
        monkeypatch.setattr(probe, "hire", lambda email: _hire_somebody())
        answers = self.together(make_token(shop), "k1", count=5)

        assert {answer.status_code for answer in answers} == {201}
        assert hired(shop) == 5

    def test_control_without_the_lock_the_constraint_still_holds(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services.Claim, "lock_number", property(lambda _self: uuid.uuid4().int >> 65))
        monkeypatch.setattr(probe, "hire", lambda email: _hire_somebody())
        answers = self.together(make_token(shop), "k1", count=8, email="ann@example.com", then="sleep")

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert hired(shop) == 1

    def test_a_second_request_is_told_to_wait_while_the_first_runs(self, shop: Merchant) -> None:
        claim = services.Claim(shop.pk, uuid.uuid4(), "k1", b"f" * 32)
        with tenant_transaction(shop.pk), ThreadPoolExecutor(1) as pool:
            assert claim_key(claim=claim, at=clock.now()) is None

            def second() -> None:
                try:
                    with tenant_transaction(shop.pk):
                        claim_key(claim=claim, at=clock.now())
                finally:
                    connection.close()

            with pytest.raises(InFlightError):
                pool.submit(second).result()

    @pytest.mark.parametrize("number", range(trials(3, long=100)))
    def test_a_backend_killed_between_effect_and_commit_leaves_nothing(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        monkeypatch.setattr(probe, "KILL", _terminate)
        token = make_token(shop)
        client = Client(headers={"authorization": f"Bearer {token}"})
        killed = send(client, f"k{number}", email="ann@example.com", then="kill")

        assert killed.status_code == 503
        assert int(killed["Retry-After"]) > 0
        connection.close()
        assert (hired(shop), stored(shop)) == (0, 0)
        monkeypatch.setattr(probe, "KILL", lambda _pid: None)
        again = send(client, f"k{number}", email="ann@example.com", then="kill")
        assert again.status_code == 201
        assert "Idempotent-Replayed" not in again
        assert hired(shop) == 1

    @pytest.mark.parametrize("number", range(trials(3, long=100)))
    def test_a_process_that_dies_after_the_commit_is_answered_from_the_store(self, shop: Merchant, number: int) -> None:
        token = make_token(shop)
        client = Client(headers={"authorization": f"Bearer {token}"}, raise_request_exception=False)
        lost = send(client, f"k{number}", email="ann@example.com", then="crash after commit")
        again = send(client, f"k{number}", email="ann@example.com", then="crash after commit")

        assert lost.status_code == 500
        assert again.status_code == 201
        assert again["Idempotent-Replayed"] == "true"
        assert hired(shop) == 1

    def test_a_commit_that_fails_is_a_problem_and_stores_nothing(self, shop: Merchant) -> None:
        client = Client(headers={"authorization": f"Bearer {make_token(shop)}"})
        response = send(client, "k1", email="ann@example.com", then="break commit")

        assert response.status_code == 500
        assert response["Content-Type"] == "application/problem+json"
        assert (hired(shop), stored(shop)) == (0, 0)


def _hire_somebody() -> Membership:
    user = User.objects.create_user(f"{uuid.uuid4()}@example.com")
    return Membership.objects.create(user=user, role="clerk")


def _terminate(pid: int) -> None:
    # A role may end its own backends, so a second connection of the application's role does it.
    killer = connection.copy()
    try:
        with killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        killer.close()
