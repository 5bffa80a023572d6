"""`up` on a small stand-in project: its own commands, real servers, real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from o2o.embedded import find_running, urls
from o2o.embedded.processes import ProcessMark, wait_until
from o2o.embedded.record import TOKEN_VARIABLE, end_left_behind, live_record
from o2o.embedded.supervisor import ask, choose_port
from o2o.embedded.watched import Backoff, described
from tests.o2o.embedded.conftest import PROJECT, is_gone

_MANAGE = """
    import os, pathlib, sys
    done = pathlib.Path("done")
    done.write_text((done.read_text() if done.exists() else "") + sys.argv[1] + " ")
    if pathlib.Path("broken").exists():
        sys.exit("relation shop_order does not exist")
"""

_WEB = """
    import http.server, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
        def log_message(self, *_): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

# A worker with a child of its own that ignores every request to end, as a busy pool process may.
_WORKER = """
    import os, pathlib, signal, subprocess, sys, time
    stubborn = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)]; time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", stubborn])
    pathlib.Path("pids").write_text(f"{os.getpid()} {child.pid}")
    print("working on", os.environ["REDIS_URL"].split("@")[1], flush=True)
    time.sleep(600)
"""

_UP = """
    import pathlib, sys
    from o2o.embedded import __main__, plan, supervisor
    supervisor.PROJECT = pathlib.Path.cwd()
    supervisor.PROCESSES = (
        plan.Plan("web", (sys.executable, "web.py", "{port}"), stop_seconds=5),
        plan.Plan("worker-a", (sys.executable, "worker.py"), stop_seconds=2),
    )
    sys.exit(__main__.main(sys.argv[1:]))
"""


class Project:
    """A folder with a stand-in project, and the `up` processes that were started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        for name, text in (("manage.py", _MANAGE), ("web.py", _WEB), ("worker.py", _WORKER), ("up.py", _UP)):
            (folder / name).write_text(textwrap.dedent(text))
        self.started: list[subprocess.Popen[str]] = []

    def up(self, *options: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path)])}
        environment.pop("PORT", None)
        log = (self.folder / "up.log").open("a")
        process = subprocess.Popen(
            [sys.executable, "up.py", "up", "--data-dir", str(self.data_dir), *options],
            cwd=self.folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        log.close()
        self.started.append(process)
        return process

    def said(self) -> str:
        return (self.folder / "up.log").read_text()

    def address(self) -> str:
        assert wait_until(self._is_ready, seconds=30), self.said()
        record = live_record(self.data_dir)
        assert record is not None
        return record.address

    def _is_ready(self) -> bool:
        record = live_record(self.data_dir)
        return record is not None and record.is_ready

    def worker_pids(self) -> list[int]:
        path = self.folder / "pids"
        assert wait_until(lambda: path.exists() and len(path.read_text().split()) == 2, seconds=10)
        return [int(text) for text in path.read_text().split()]


@pytest.fixture
def project(data_dir: Path) -> Iterator[Project]:
    project = Project(data_dir.parent)
    yield project
    for process in project.started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_up_migrates_starts_and_ends_everything(project: Project) -> None:
    up = project.up("--seed")
    address = project.address()
    assert ask(f"{address}/health/ready") == "200"
    assert (project.folder / "done").read_text().split() == ["migrate", "seed_demo"]
    pids = project.worker_pids()
    assert wait_until(lambda: "worker-a       | working on 127.0.0.1:" in project.said(), seconds=5)
    assert f"ready: {address}" in project.said()
    assert urls(project.data_dir) is not None

    begun = time.monotonic()
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert time.monotonic() - begun < 15
    assert all(is_gone(pid) for pid in pids)
    assert urls(project.data_dir) is None
    assert ask(f"{address}/health/ready").startswith("no answer")
    assert "Traceback" not in project.said()


def test_a_second_up_says_where_the_first_runs(project: Project) -> None:
    project.up()
    address = project.address()
    second = project.up("--seed")
    assert second.wait(20) == 0
    assert f"already runs: {address}" in project.said()
    assert (project.folder / "done").read_text().split() == ["migrate", "seed_demo"]
    assert ask(f"{address}/health/ready") == "200"


def test_after_kill_9_nothing_is_left_and_the_next_up_comes_up(project: Project) -> None:
    up = project.up()
    first_address = project.address()
    pids = project.worker_pids()
    running = find_running(project.data_dir)
    assert running is not None
    up.kill()
    up.wait()
    assert all(is_gone(pid) for pid in pids), "the undertaker ends what the death signal does not reach"
    assert live_record(project.data_dir) is None

    begun = time.monotonic()
    project.up()
    assert project.address() == first_address
    assert time.monotonic() - begun < 30
    assert find_running(project.data_dir) == running


def test_next_up_ends_what_survived_even_the_undertaker(project: Project) -> None:
    up = project.up()
    project.address()
    pids = project.worker_pids()
    undertakers = [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if b"o2o.embedded.undertaker" in _command_line(folder) and _parent(folder) == up.pid
    ]
    assert len(undertakers) == 1
    for pid in (*undertakers, up.pid):
        os.kill(pid, signal.SIGKILL)
    up.wait()
    time.sleep(1.0)
    # The control: without undertaker and death signal the stubborn grandchild lives on.
    assert ProcessMark.of(pids[1]) is not None
    project.up()
    project.address()
    assert is_gone(pids[1])
    assert "left behind" in project.said()


def _command_line(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_a_crashed_process_is_started_again_and_its_children_ended(project: Project) -> None:
    project.up()
    project.address()
    worker, child = project.worker_pids()
    os.kill(worker, signal.SIGKILL)
    assert is_gone(child)
    assert wait_until(lambda: project.worker_pids()[0] != worker, seconds=10)
    assert "worker-a ended by SIGKILL; starting it again in 0.5 s" in project.said()


def test_a_killed_server_is_started_again(project: Project) -> None:
    project.up()
    address = project.address()
    record = json.loads((project.data_dir / "running.json").read_text())
    os.kill(record["postgres"]["pid"], signal.SIGKILL)
    assert wait_until(lambda: "postgres had ended and is up again" in project.said(), seconds=20)
    assert urls(project.data_dir) is not None
    assert ask(f"{address}/health/ready") == "200"


def test_a_failed_step_shows_its_last_lines_and_leaves_nothing_running(project: Project) -> None:
    (project.folder / "broken").touch()
    up = project.up()
    assert up.wait(30) == 1
    said = project.said()
    assert "error: migrate failed" in said
    assert "    relation shop_order does not exist" in said
    assert urls(project.data_dir) is None


def test_only_services_runs_nothing_else(project: Project) -> None:
    up = project.up("--only", "services")
    assert project.address() == ""
    assert urls(project.data_dir) is not None
    assert not (project.folder / "done").exists()
    up.send_signal(signal.SIGTERM)
    assert up.wait(20) == 0


@pytest.mark.parametrize("command", ["status", "stop", "reset"])
def test_small_commands(project: Project, command: str) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "o2o.embedded", *arguments, "--data-dir", str(project.data_dir)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert "nothing runs" in run("status").stdout
    up = project.up("--only", "services")
    project.address()
    if command == "status":
        assert f"process {up.pid}" in run("status").stdout
    elif command == "stop":
        assert run("stop").stdout == "ended\n"
        assert up.wait(5) == 0
    else:
        assert run("reset", "--yes").returncode == 1
        assert urls(project.data_dir) is not None
        run("stop")
        assert run("reset", "--yes").returncode == 0
        assert sorted(path.name for path in project.data_dir.iterdir()) == ["lock", "up.lock"]


def test_a_wished_port_that_is_taken_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    from o2o.embedded.errors import EmbeddedError

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {port} is taken"):
            choose_port(port)
    assert choose_port(None) >= 8000


def test_pauses_grow_and_start_over_after_a_healthy_run() -> None:
    backoff = Backoff()
    pauses = [backoff.pause_after(1.0) for _ in range(8)]
    assert pauses == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert backoff.pause_after(31.0) == 0.5


def test_endings_are_described() -> None:
    assert described(3) == "with code 3"
    assert described(-9) == "by SIGKILL"


def test_only_processes_with_the_token_are_ended() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours, other = (
        subprocess.Popen(command, env={**os.environ, TOKEN_VARIABLE: token})
        for token in ("test-token-1", "test-token-2")
    )
    try:
        assert wait_until(lambda: end_left_behind("test-token-1", seconds=2) != [], seconds=5)
        assert ours.wait(5) != 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
