"""The real stack as one process: it comes up, survives kill -9, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from o2o.embedded import urls
from o2o.embedded.processes import ProcessMark, wait_until
from o2o.embedded.record import TOKEN_VARIABLE, live_record, read_record
from o2o.embedded.state import read_running
from o2o.embedded.supervisor import ask
from tests.o2o.embedded.conftest import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(300)]

# Web and two workers of it, beat, three workers with two, two and one pool process, servers, undertaker.
ALL_PARTS = 15


class Stack:
    """`python -m o2o.embedded up` on a data folder of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> str:
        """Start and return the address once it is ready, within 90 s the first time."""
        hidden = ("PORT", "DJANGO_SETTINGS_MODULE", TOKEN_VARIABLE, "PYTEST_CURRENT_TEST")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "o2o.embedded", "up", "--data-dir", str(self.data_dir)],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        assert wait_until(lambda: self._is_ready() or self._has_ended(), seconds=90), self.log.read_text()
        record = live_record(self.data_dir)
        assert record is not None, self.log.read_text()
        return record.address

    def processes(self) -> set[ProcessMark]:
        """Return the supervisor, the servers, and everything that carries the token."""
        record = read_record(self.data_dir)
        assert record is not None
        running = read_running(self.data_dir)
        assert running is not None
        found = {record.mark} | {mark for mark in (running.postgres, running.valkey) if mark}
        wanted = f"{TOKEN_VARIABLE}={record.token}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = (
                    wanted in (folder / "environ").read_bytes()
                    or str(self.data_dir).encode() in (folder / "cmdline").read_bytes()
                )
            except OSError:
                continue
            if is_ours and (mark := ProcessMark.of(int(folder.name))):
                found.add(mark)
        return found

    def _is_ready(self) -> bool:
        record = live_record(self.data_dir)
        return record is not None and record.is_ready

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


@pytest.fixture
def stack(empty_data_dir: Path) -> Iterator[Stack]:
    stack = Stack(empty_data_dir)
    yield stack
    if stack.process:
        stack.process.send_signal(signal.SIGTERM)
        stack.process.wait(60)


def busyness() -> float:
    """How many times slower than alone we are on a machine that others use as well."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def are_gone(marks: set[ProcessMark]) -> bool:
    return wait_until(lambda: not any(mark.is_alive() for mark in marks), seconds=20)


def test_stack_survives_kill_9_and_leaves_nothing_behind(stack: Stack) -> None:
    address = stack.up()
    assert ask(f"{address}/health/live") == "200"
    assert ask(f"{address}/health/ready") == "200"
    assert wait_until(lambda: len(stack.processes()) >= ALL_PARTS, seconds=60), stack.log.read_text()
    before = stack.processes()

    assert stack.process is not None
    stack.process.kill()
    stack.process.wait()
    assert are_gone(before), [Path(f"/proc/{mark.pid}/cmdline").read_bytes() for mark in before if mark.is_alive()]
    assert urls(stack.data_dir) is None

    begun = time.monotonic()
    again = stack.up()
    assert time.monotonic() - begun < 30 * busyness()
    assert again == address
    assert ask(f"{again}/health/ready") == "200"

    running = stack.processes()
    begun = time.monotonic()
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(60) == 0
    assert time.monotonic() - begun < 45 * busyness()
    assert are_gone(running)
    assert not re.search(r"takes too long|Traceback", stack.log.read_text()), stack.log.read_text()


def test_killed_parts_come_back(stack: Stack) -> None:
    address = stack.up()
    # What is killed comes back beside parts that run, and not beside parts that are all just beginning.
    assert wait_until(lambda: len(stack.processes()) >= ALL_PARTS, seconds=60), stack.log.read_text()
    for pattern in (b"granian", b"beat", b"critical", b"postgres", b"valkey-server"):
        assert wait_until(lambda pattern=pattern: _runs(stack, pattern), seconds=60), stack.log.read_text()
        victims = [mark for mark in stack.processes() if pattern in _command_line(mark.pid)]
        main = min(victims, key=lambda mark: mark.pid)
        main.send(signal.SIGKILL)
        assert are_gone({main})
        assert wait_until(lambda: ask(f"{address}/health/ready") == "200", seconds=30), stack.log.read_text()
        assert wait_until(lambda pattern=pattern: _runs(stack, pattern), seconds=30), stack.log.read_text()


def _runs(stack: Stack, pattern: bytes) -> bool:
    return any(pattern in _command_line(mark.pid) for mark in stack.processes())


def _command_line(pid: int) -> bytes:
    try:
        # The program and its options, not the data folder, whose name could hold any of the words.
        return b" ".join(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:10])
    except OSError:
        return b""
