"""Every refusal has the same form, and none tells too much."""

import json
from typing import Any

import pytest
from django.test import Client

from o2o.api.pages import catalogue
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.api.conftest import Api

URL = "/api/v1/probe/staff"


def post(client: Client, body: Any = None, **options: Any) -> Any:
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    options.setdefault("content_type", "application/json")
    return client.put(URL, content, **options)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    return body


@pytest.mark.usefixtures("probes")
class TestRefusals:
    """By the probe."""

    def test_fields_are_named_by_pointers(self, api: Api, merchant: Merchant) -> None:
        response = post(
            api(merchant), {"email": "x", "lines": [{"quantity": 1}, {"quantity": 0}], "wage": {"amount": "1"}}
        )
        body = problem(response, 422, "invalid")

        assert {(error["pointer"], error["code"]) for error in body["errors"]} == {
            ("/email", "invalid"),
            ("/wage", "shape"),
            ("/lines/1/quantity", "min_value"),
        }
        assert all(error["detail"] for error in body["errors"])

    def test_a_domain_error_keeps_its_code_and_facts(self, api: Api, merchant: Merchant) -> None:
        body = problem(post(api(merchant), {"email": "a@example.com", "then": "refuse"}), 409, "probe_sold_out")

        assert body["detail"] == "No place is left."
        assert body["left"] == 0

    @pytest.mark.parametrize(
        ("then", "status", "code"),
        [("forbid", 403, "forbidden"), ("suspicious", 400, "malformed"), ("big", 413, "too_large")],
    )
    def test_refusals_undo_the_effect(self, api: Api, merchant: Merchant, then: str, status: int, code: str) -> None:
        problem(post(api(merchant), {"email": "a@example.com", "then": then}), status, code)

        with tenant_transaction(merchant.pk):
            assert not Membership.objects.exists()

    def test_busy_says_when_to_come_again(self, api: Api, merchant: Merchant) -> None:
        response = post(api(merchant), {"email": "a@example.com", "then": "busy"})

        problem(response, 503, "busy")
        assert response["Retry-After"] == "3"

    def test_a_crash_tells_nothing_but_its_request(self, api: Api, merchant: Merchant) -> None:
        response = post(api(merchant), {"email": "a@example.com", "then": "crash"})
        body = problem(response, 500, "internal_error")

        assert "hunter2" not in response.content.decode()
        assert body["request_id"] == response["X-Request-ID"]

    @pytest.mark.parametrize("body", ["", "{", "\ud800".encode("utf-8", "surrogatepass"), b"\xff\xfe"])
    def test_a_body_that_cannot_be_read_is_400_or_422(self, api: Api, merchant: Merchant, body: Any) -> None:
        response = post(api(merchant), body)

        assert response.status_code in {400, 422}
        assert response["Content-Type"] == "application/problem+json"

    def test_a_nul_byte_is_422(self, api: Api, merchant: Merchant) -> None:
        assert post(api(merchant), {"email": "a\u0000@example.com"}).status_code == 422

    def test_too_large_bodies_are_413(self, api: Api, merchant: Merchant) -> None:
        problem(post(api(merchant), b"[" + b" " * 3_000_000 + b"]", headers={"Idempotency-Key": "k"}), 413, "too_large")

    def test_methods_formats_and_accepts(self, api: Api, merchant: Merchant) -> None:
        client = api(merchant)

        assert "GET" in client.patch(URL)["Allow"]
        problem(client.patch(URL), 405, "method_not_allowed")
        problem(client.options(URL), 405, "method_not_allowed")
        problem(post(client, "<a/>", content_type="text/xml"), 415, "unsupported_media_type")
        problem(client.get(URL, headers={"accept": "text/csv"}), 406, "not_acceptable")

    def test_unique_values_that_exist_are_409(self, api: Api, merchant: Merchant) -> None:
        client = api(merchant)
        post(client, {"email": "a@example.com"})

        problem(post(client, {"email": "a@example.com"}), 409, "conflict")


def test_unknown_addresses_under_api_are_problems(client: Client, db: None) -> None:
    problem(client.get("/api/v1/nothing"), 404, "not_found")
    problem(client.get("/api/nothing"), 404, "not_found")


def test_a_forged_host_is_a_problem(client: Client, db: None) -> None:
    problem(client.get("/api/v1/merchant", headers={"host": "evil.example"}), 400, "malformed")


def test_problems_speak_the_language_of_the_caller(client: Client, db: None) -> None:
    english = client.get("/api/v1/merchant", headers={"accept-language": "en"})

    assert json.loads(english.content)["title"] == "Sign in first"
    assert english["Content-Language"] == "en"


def test_every_code_has_its_page(client: Client, db: None) -> None:
    listed = client.get("/problems/", headers={"accept": "application/json"}).json()["results"]

    assert {row["code"] for row in listed} == set(catalogue())
    for code in catalogue():
        page = client.get(f"/problems/{code}", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert code in page.content.decode()
    assert client.get("/problems/made-up").status_code == 404
