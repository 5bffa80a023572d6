"""Rate limits and pages of lists."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from structlog.testing import capture_logs

from o2o.api import rate_limits
from o2o.api.rate_limits import Rate
from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory
from tests.o2o.api.callers import maker
from tests.o2o.api.conftest import Api


class TestLimits:
    """By actor, else by address."""

    @pytest.fixture(autouse=True)
    def few(self, settings: Any) -> None:
        settings.API_RATE_LIMIT = "3/min"

    def test_each_answer_says_what_is_left(self, api: Api, merchant: Merchant) -> None:
        client = api(merchant)
        first, second = client.get("/api/v1/merchant"), client.get("/api/v1/merchant")

        assert first["RateLimit-Policy"] == '"default";q=3;w=60'
        assert first["RateLimit"] == '"default";r=2;t=20'
        assert second["RateLimit"].startswith('"default";r=1;')

    def test_too_many_are_429_and_other_actors_go_on(self, api: Api, merchant: Merchant) -> None:
        client, other = api(merchant), api(merchant)
        statuses = [client.get("/api/v1/merchant").status_code for _ in range(4)]
        refused = client.get("/api/v1/merchant")

        assert statuses == [200, 200, 200, 429]
        assert json.loads(refused.content)["code"] == "too_many_requests"
        assert 1 <= int(refused["Retry-After"]) <= 20
        assert refused["RateLimit"].startswith('"default";r=0;')
        assert other.get("/api/v1/merchant").status_code == 200

    def test_callers_without_credentials_count_by_address(self, client: Client, db: None) -> None:
        def ask(address: str, **headers: str) -> int:
            return client.get("/api/v1/merchant", headers=headers, REMOTE_ADDR=address).status_code

        bad = {"authorization": "Bearer x"}
        assert [ask("198.51.100.1", **bad) for _ in range(4)] == [401, 401, 401, 429]
        assert ask("198.51.100.1") == 429
        assert ask("198.51.100.2") == 401

    def test_without_redis_requests_pass_and_it_is_said_once(
        self, api: Api, merchant: Merchant, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = api(merchant)
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        monkeypatch.setattr(rate_limits, "_outage", rate_limits._Outage())
        with capture_logs() as lines:
            answers = [client.get("/api/v1/merchant") for _ in range(6)]

        assert {answer.status_code for answer in answers} == {200}
        assert "RateLimit" not in answers[0]
        assert sum(line["event"] == "rate_limits_off" for line in lines) == 1

    def test_tokens_come_back(self) -> None:
        fast = Rate(2, 1)
        import time

        assert [rate_limits.take("test", fast).is_allowed for _ in range(3)] == [True, True, False]
        time.sleep(0.6)
        assert rate_limits.take("test", fast).is_allowed

    @pytest.mark.parametrize("text", ["", "10", "x/min", "10/fortnight", "0/min"])
    def test_a_limit_that_cannot_be_read_is_an_error(self, text: str) -> None:
        with pytest.raises(ValueError, match="API_RATE_LIMIT"):
            Rate.parse(text)


class TestPages:
    """Of the staff list."""

    @pytest.fixture
    def owner(self, merchant: Merchant) -> Client:
        MembershipFactory.create_batch(6, merchant=merchant)
        return maker("owner")(merchant).client()

    def get(self, client: Client, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        body: dict[str, Any] = client.get(f"{parts.path}?{parts.query}").json()
        return body

    def test_pages_follow_each_other_without_loss(self, owner: Client) -> None:
        url: str | None = "/api/v1/staff?page_size=3"
        seen: list[str] = []
        sizes = []
        while url:
            page = self.get(owner, url)
            assert set(page) == {"results", "next", "previous"}
            seen += [row["id"] for row in page["results"]]
            sizes.append(len(page["results"]))
            url = page["next"]

        assert sizes == [3, 3, 1]
        assert seen == sorted(seen, reverse=True)
        assert len(set(seen)) == 7

    def test_previous_leads_back(self, owner: Client) -> None:
        first = self.get(owner, "/api/v1/staff?page_size=3")
        second = self.get(owner, first["next"])

        assert self.get(owner, second["previous"])["results"] == first["results"]

    def test_a_row_that_is_added_meanwhile_moves_no_page(self, owner: Client, merchant: Merchant) -> None:
        first = self.get(owner, "/api/v1/staff?page_size=3")
        MembershipFactory(merchant=merchant)
        second = self.get(owner, first["next"])

        assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
        assert len(second["results"]) == 3

    def test_no_page_is_larger_than_200(self, owner: Client) -> None:
        from o2o.api.pagination import NewestFirst

        assert NewestFirst.max_page_size == 200
        assert len(self.get(owner, "/api/v1/staff?page_size=100000")["results"]) == 7

    @pytest.mark.parametrize("cursor", ["abc", "cD1hYmM=", "cj0xJnA9MQ==", "bz0tMQ==", "x" * 5000])
    def test_a_made_up_cursor_is_400(self, owner: Client, cursor: str) -> None:
        response = owner.get(f"/api/v1/staff?cursor={cursor}")

        assert response.status_code == 400
        assert response.json()["code"] == "invalid_cursor"

    @pytest.mark.parametrize("rows", [1, 3])
    def test_a_list_takes_the_same_few_queries_at_any_length(
        self, merchant: Merchant, rows: int, django_assert_num_queries: Any
    ) -> None:
        MembershipFactory.create_batch(rows - 1, merchant=merchant)
        client = maker("owner")(merchant).client()
        client.get("/api/v1/staff")
        # session, person, actor, scope, rows, scope given back; and two savepoints that stand for the transaction
        with django_assert_num_queries(8):
            assert len(client.get("/api/v1/staff").json()["results"]) == rows
