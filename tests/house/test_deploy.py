"""The start scripts and health checks of the containers, run here with the real programs."""

import http.server
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from django.db import connection

from deploy import healthcheck
from o2o.embedded.binaries import find_valkey

ROOT = Path(__file__).resolve().parents[2]
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
NOBODY = 65534


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(200):
        assert process.poll() is None, f"ended with {process.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("does not listen")


@contextmanager
def running(command: list[str], *, port: int, user: int | None = None, **variables: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(command, env=os.environ | variables, user=user, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def test_valkey_takes_its_password_from_a_file_and_shows_it_nowhere(tmp_path):
    port, password = free_port(), "only-for-this-test"
    (tmp_path / "password").write_text(f"{password}\n", encoding="utf-8")
    command = ["sh", str(ROOT / "deploy/valkey/start.sh"), f"port {port}", "maxmemory 64mb"]
    command += ["maxmemory-policy noeviction", "bind 127.0.0.1", f"dir {tmp_path}", "appendonly yes"]
    variables = {
        "VALKEY_PASSWORD_FILE": str(tmp_path / "password"),
        "VALKEY_RUN_DIR": str(tmp_path),
        "VALKEY_SERVER": str(find_valkey()),
    }
    with running(command, port=port, **variables) as process:
        client = redis.Redis(port=port, password=password, decode_responses=True)
        assert client.ping()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        assert password.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert password.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert (tmp_path / "valkey.conf").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)")
def test_pooler_passes_the_application_through_by_its_password_only(committed_db, open_folder):
    parts, port = urlsplit(os.environ["DATABASE_URL"]), free_port()
    folder = pooler_folder(open_folder, parts, port)
    command = ["sh", str(folder / "start.sh")]
    variables = {
        "O2O_APP_PASSWORD_FILE": str(folder / "password"),
        "PGBOUNCER_RUN_DIR": str(folder / "run"),
        "PGBOUNCER_INI": str(folder / "pgbouncer.ini"),
        "PATH": f"{Path(str(PGBOUNCER)).parent}:/usr/bin:/bin",
    }
    user = NOBODY if os.geteuid() == 0 else None
    with running(command, port=port, user=user, **variables):
        address: dict[str, Any] = {"host": "127.0.0.1", "port": port, "dbname": "o2o", "user": "o2o_app"}
        with psycopg2.connect(**address, password=parts.password) as pooled, pooled.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('lock_timeout'), count(*) FROM tenancy_membership")
            assert cursor.fetchone() == ("o2o_app", "5s", 0)
        pooled.close()
        for wrong in ({"password": "guessed"}, {"user": "o2o_owner", "password": parts.password}):
            with pytest.raises(psycopg2.OperationalError):
                psycopg2.connect(**address | wrong)
    assert (folder / "run" / "userlist.txt").stat().st_mode & 0o077 == 0


def pooler_folder(folder: Path, parts, port: int) -> Path:
    """Lay out what the container has, with the repository's settings pointed at the servers of this test."""
    (folder / "run").mkdir()
    shutil.copy(ROOT / "deploy/pgbouncer/start.sh", folder)
    (folder / "password").write_text(parts.password, encoding="utf-8")
    text = (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text(encoding="utf-8")
    for old, new in (
        ("host=postgres port=5432 dbname=o2o", f"host={parts.hostname} port={parts.port} dbname={database()}"),
        ("listen_addr = 0.0.0.0", "listen_addr = 127.0.0.1"),
        ("listen_port = 6432", f"listen_port = {port}"),
        ("/run/pgbouncer/userlist.txt", str(folder / "run" / "userlist.txt")),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "pgbouncer.ini").write_text(text, encoding="utf-8")
    if os.geteuid() == 0:
        os.chown(folder / "run", NOBODY, NOBODY)
    return folder


def database() -> str:
    return connection.settings_dict["NAME"]


class Health(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        is_known = self.headers["Host"] == "o2o.example" and self.path == "/health/live"
        self.send_response(self.status if is_known else 400)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_web_check_asks_under_a_name_that_is_allowed(web, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "o2o.example,other.example")
    healthcheck.web(web)
    monkeypatch.setenv("ALLOWED_HOSTS", "other.example")
    with pytest.raises(SystemExit, match="400"):
        healthcheck.web(web)


def test_web_check_fails_where_nobody_answers():
    with pytest.raises(OSError):
        healthcheck.web(free_port())


def test_worker_and_beat_checks_fail_once_their_file_is_old(tmp_path, monkeypatch):
    alive, schedule = tmp_path / "alive", tmp_path / "beat"
    monkeypatch.setenv("O2O_ALIVE_FILE", str(alive))
    monkeypatch.setenv("O2O_BEAT_SCHEDULE", str(schedule))
    for path, check in ((alive, healthcheck.worker), (tmp_path / "beat.db", healthcheck.beat)):
        with pytest.raises((OSError, ValueError)):
            check()
        path.touch()
        check()
        os.utime(path, (0, 0))
        with pytest.raises(SystemExit, match="was last written"):
            check()
