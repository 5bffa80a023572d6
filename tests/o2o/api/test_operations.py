"""Health, metrics, invariants, logs, headers, and the deployment check (S15)."""

import json
import logging
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client, RequestFactory

from o2o.api import health
from o2o.api.handler import Handler, is_program
from o2o.api.models import InvariantResult
from o2o.api.services import check_invariants
from o2o.api.tasks import check_invariants_and_store
from o2o.kit import invariants as invariant_registry
from o2o.kit import metrics as gauge_registry
from o2o.kit.invariants import Invariant
from o2o.settings.logging import hide_database_values, hide_secrets
from o2o.tenancy.models import Merchant
from tests.database import as_owner
from tests.o2o.api.conftest import Api, make_token

#: A row of a merchant that does not exist, which only the owner of the tables can write.
ORPHAN = """
    ALTER TABLE events_outboxevent NO FORCE ROW LEVEL SECURITY;
    INSERT INTO events_outboxevent (id, merchant_id, partition, event_type, version, aggregate_type, aggregate_id,
                                    payload, occurred_at, request_id)
    VALUES ('ffffffff-ffff-7fff-8fff-ffffffffffff', gen_random_uuid(), 0, 'orphan', 1, 'thing', gen_random_uuid(),
            '{}', now(), '');
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE events_outboxevent FORCE ROW LEVEL SECURITY
"""


class TestHealth:
    """What load balancers are told."""

    def test_a_living_process_asks_nobody(self, client: Client) -> None:
        assert client.get("/health/live").json() == {"status": "ok"}  # no database fixture: it would raise

    def test_ready_names_each_part(self, client: Client, db: None) -> None:
        response = client.get("/health/ready")

        assert response.status_code == 200
        assert {name: part["status"] for name, part in response.json()["parts"].items()} == dict.fromkeys(
            ("database", "database_role", "migrations", "redis", "invariants"), "ok"
        )
        assert not response.cookies

    def test_without_the_database_it_is_503(self, client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_arguments: Any) -> Any:
            raise OperationalError("away")

        with monkeypatch.context() as patch:
            patch.setattr(health.connection, "cursor", away)
            patch.setattr(health.connection, "close", lambda: None)
            response = client.get("/health/ready")

        assert response.status_code == 503
        assert response.json()["parts"]["database"] == {
            "status": "failed",
            "required": True,
            "detail": "OperationalError",
        }

    def test_without_redis_it_is_ready_and_says_so(self, client: Client, db: None, settings: Any) -> None:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        response = client.get("/health/ready")

        assert response.status_code == 200
        assert response.json()["parts"]["redis"]["status"] == "failed"

    def test_missing_migrations_are_503(self, client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health.migrations, "missing", lambda: 2)

        assert client.get("/health/ready").status_code == 503

    def test_any_host_may_ask_through_the_real_handler(self) -> None:
        answers: list[str] = []
        environ = RequestFactory().get("/health/live", headers={"host": "10.0.0.7:8000"}).environ
        body = b"".join(Handler()(environ, lambda status, _headers: answers.append(status)))

        assert answers == ["200 OK"]
        assert json.loads(body) == {"status": "ok"}


class TestMetrics:
    """What Prometheus reads."""

    def test_requests_are_counted_by_route(self, client: Client, db: None) -> None:
        client.get("/api/v1/merchant")
        page = client.get("/metrics").content.decode()

        assert 'o2o_http_requests_total{method="GET",route="v1:merchant",status="4xx"}' in page
        assert 'o2o_http_request_seconds_bucket{le="0.1",route="v1:merchant"}' in page

    def test_rooms_fill_gauges_and_a_broken_one_spoils_nothing(
        self, client: Client, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gauge_registry, "_gauges", {})

        @gauge_registry.gauge("o2o_test_rows", "Rows.", labels=("state",))
        def rows() -> Any:
            return {("open",): 3.0}

        @gauge_registry.gauge("o2o_test_broken", "Broken.")
        def broken() -> float:
            raise OperationalError("no such table")

        page = client.get("/metrics").content.decode()

        assert 'o2o_test_rows{state="open"} 3.0' in page
        assert "o2o_test_broken" not in page

    @pytest.mark.parametrize("path", ["/metrics", "/health/invariants"])
    def test_outsiders_do_not_find_it(self, client: Client, db: None, settings: Any, path: str) -> None:
        assert client.get(path, REMOTE_ADDR="203.0.113.1").status_code == 404
        assert client.get(path, headers={"x-forwarded-for": "203.0.113.1"}).status_code == 404
        assert client.get(path, REMOTE_ADDR="10.1.2.3").status_code == 200
        settings.METRICS_TOKEN = "s3cret"
        assert client.get(path, REMOTE_ADDR="10.1.2.3").status_code == 404
        assert (
            client.get(path, headers={"authorization": "Bearer s3cret"}, REMOTE_ADDR="203.0.113.1").status_code == 200
        )

    def test_two_processes_are_summed(self, tmp_path: Path) -> None:
        program = (
            "import django; django.setup();"
            "from o2o.api import metrics; metrics.note_request(method='GET', route='r', status=200, seconds=0.1);"
            "from prometheus_client import CollectorRegistry, generate_latest;"
            "from prometheus_client.multiprocess import MultiProcessCollector;"
            "registry = CollectorRegistry(); MultiProcessCollector(registry); print(generate_latest(registry).decode())"
        )
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        pages = [
            subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
            for _ in range(2)
        ]

        assert 'o2o_http_requests_total{method="GET",route="r",status="2xx"} 2.0' in pages[-1].stdout


class TestInvariants:
    """What must always hold."""

    def test_all_hold(self, db: None) -> None:
        assert [result.invariant.name for result in check_invariants() if not result.holds] == []

    def test_the_last_answers_are_kept_and_shown(self, db: None, client: Client) -> None:
        assert check_invariants_and_store() == 0
        shown = client.get("/health/invariants").json()

        assert {entry["name"] for entry in shown["invariants"]} == {
            each.name for each in invariant_registry.invariants()
        }
        assert all(entry["holds"] for entry in shown["invariants"])

    def test_a_broken_one_fails_the_command_and_the_page(
        self, db: None, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fault = Invariant("test.broken", "Broken", lambda: "SELECT 1 AS one UNION SELECT 2")
        monkeypatch.setattr(invariant_registry, "_invariants", {fault.name: fault})
        out = StringIO()
        with pytest.raises(CommandError, match="1 of 1") as stop:
            call_command("check_invariants", stdout=out)

        assert stop.value.returncode == 1
        assert "2 violations" in out.getvalue()
        assert "one=1" in out.getvalue()
        assert InvariantResult.objects.get().violations == 2
        assert client.get("/health/invariants").status_code == 503
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]["invariants"]["status"]) == (200, "failed")

    @pytest.mark.parametrize(
        ("damage", "name"),
        [
            ("ALTER TABLE tenancy_membership NO FORCE ROW LEVEL SECURITY", "tenancy.row_level_security"),
            ("DROP POLICY tenant ON tenancy_membership", "tenancy.row_level_security"),
            ("CREATE TABLE leaky (merchant_id uuid)", "tenancy.row_level_security"),
            ("CREATE UNIQUE INDEX telling ON tenancy_membership (role, merchant_id)", "tenancy.unique_per_merchant"),
            ("CREATE UNIQUE INDEX telling ON tenancy_membership (lower(role))", "tenancy.unique_per_merchant"),
            (ORPHAN, "tenancy.details_have_a_merchant"),
        ],
    )
    def test_control_damage_to_the_walls_is_found(self, committed_db: None, damage: str, name: str) -> None:
        mend = (
            "ALTER TABLE tenancy_membership FORCE ROW LEVEL SECURITY; DROP TABLE IF EXISTS leaky;"
            "ALTER TABLE events_outboxevent NO FORCE ROW LEVEL SECURITY;"
            "DELETE FROM events_outboxevent WHERE event_type = 'orphan'; SET CONSTRAINTS ALL IMMEDIATE;"
            "ALTER TABLE events_outboxevent FORCE ROW LEVEL SECURITY;"
            "DROP INDEX IF EXISTS telling; DROP POLICY IF EXISTS tenant ON tenancy_membership;"
            "CREATE POLICY tenant ON tenancy_membership"
            " USING (merchant_id = nullif(current_setting('o2o.merchant_id', true), '')::uuid)"
            " WITH CHECK (merchant_id = nullif(current_setting('o2o.merchant_id', true), '')::uuid)"
        )
        with as_owner(health.connection.settings_dict["NAME"]) as owner, owner.cursor() as cursor:
            try:
                cursor.execute(damage)
                broken = {result.invariant.name for result in check_invariants() if not result.holds}
            finally:
                cursor.execute(mend)

        assert broken == {name}
        assert all(result.holds for result in check_invariants())


class TestLogs:
    """One line a request, without secrets."""

    def line(self, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
        records: list[Any] = [record.msg for record in caplog.records if record.name == "o2o.requests"]
        assert len(records) == 1
        line: dict[str, Any] = records[0]
        return line

    def test_a_request_is_one_line_with_its_names(
        self, api: Api, merchant: Merchant, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = api(merchant)
        with caplog.at_level(logging.INFO):
            response = client.get("/api/v1/merchant?token=hunter2", headers={"X-Request-ID": "abc-12345678"})
        line = self.line(caplog)

        assert response["X-Request-ID"] == line["request_id"] == "abc-12345678"
        assert (line["route"], line["status"], line["method"]) == ("v1:merchant", 200, "GET")
        assert line["merchant_id"] == str(merchant.pk)
        assert line["actor_kind"] == "client"
        assert line["duration_ms"] > 0
        assert "hunter2" not in caplog.text
        assert "Bearer" not in caplog.text

    @pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "<script>alert"])
    def test_an_insane_request_id_is_replaced(self, client: Client, db: None, given: str) -> None:
        assert client.get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"] != given

    def test_what_is_named_like_a_secret_is_hidden(self) -> None:
        event = hide_secrets(None, "info", {"event": "x", "client_secret": "a", "Authorization": "b", "sku": "c"})

        assert event == {"event": "x", "client_secret": "[hidden]", "Authorization": "[hidden]", "sku": "c"}

    def test_values_that_the_database_quotes_are_hidden(self) -> None:
        trace = "IntegrityError: duplicate key\nDETAIL:  Key (email)=(canary@example.com) already exists.\n"
        event = hide_database_values(None, "error", {"event": "x", "exception": trace})

        assert "canary" not in event["exception"]
        assert "duplicate key" in event["exception"]

    def test_production_writes_json(self) -> None:
        program = (
            "import django; django.setup(); import structlog;"
            "structlog.get_logger('x').info('hello', sku='茶', password='p');"
            "import logging; logging.getLogger('y').warning('plain')"
        )
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "o2o.settings.testing"},
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("{")]

        assert {"event": "hello", "sku": "茶", "password": "[hidden]", "logger": "x", "level": "info"}.items() <= lines[
            0
        ].items()
        assert lines[1]["event"] == "plain"


class TestHeaders:
    """What browsers are told to refuse."""

    def test_answers_of_the_api_are_inert_and_not_stored(self, client: Client, db: None) -> None:
        response = client.get("/api/v1/merchant")

        assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert response["Cache-Control"] == "no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera" not in response["Permissions-Policy"]  # the tablet scans codes

    def test_the_documentation_holds_a_strict_policy(self, client: Client, db: None) -> None:
        page = client.get("/api/docs/", headers={"accept": "text/html"})
        policy = dict(part.strip().partition(" ")[::2] for part in page["Content-Security-Policy"].split(";"))
        html = page.content.decode()

        assert (
            policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        )
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert "unsafe" not in page["Content-Security-Policy"]
        assert "<style" not in html
        assert "<script>" not in html
        assert " style=" not in html
        assert page["Cross-Origin-Opener-Policy"] == "same-origin"

    def test_programs_go_the_short_way_with_the_same_answer(self, api: Api, merchant: Merchant) -> None:
        token = make_token(merchant)
        headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
        request = RequestFactory().get("/api/v1/merchant", headers=headers)
        assert is_program(request)
        handler = Handler()
        handler.load_middleware()
        short = handler.get_response(request)
        long = Client().get("/api/v1/merchant", headers=headers)

        assert short.content == long.content
        ignored = {"X-Request-ID", "RateLimit", "X-Frame-Options"}
        assert {k: v for k, v in short.headers.items() if k not in ignored} == {
            k: v for k, v in long.headers.items() if k not in ignored
        }


@pytest.mark.slow
def test_the_deployment_check_is_clean() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "o2o.settings.production",
        "SECRET_KEY": "k7" * 10 + "Zq!w#e$r%t^y&u*i(o)p_a+s=d" * 2,
        "ALLOWED_HOSTS": "shop.example.com",
    }
    run = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", "--database", "default"],
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
