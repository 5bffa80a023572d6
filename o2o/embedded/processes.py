"""Start, recognise and end the server processes.

A process is named by its id *and* its start time: after a kill -9 and a while the id alone may belong to
somebody else.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class ProcessMark:
    """A process that can be told from a later one with the same id."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessMark | None:
        """Mark the process `pid`, or return None if there is none (a zombie counts as none)."""
        started = _start_time(pid)
        return None if started is None else cls(pid=pid, started=started)

    @classmethod
    def of_this_process(cls) -> ProcessMark:
        """Mark the running process."""
        mark = cls.of(os.getpid())
        assert mark is not None
        return mark

    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        return _start_time(self.pid) == self.started

    def send(self, number: int) -> None:
        """Send a signal, if the process is still this one."""
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait until the process has ended; return whether it did."""
        return wait_until(lambda: not self.is_alive(), seconds=seconds)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Poll `condition` every 20 ms for at most `seconds`; return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def _start_time(pid: int) -> str | None:
    if pid <= 0:
        return None
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        # The name in brackets may hold spaces and brackets itself: read after the last one.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def program_of(pid: int) -> str:
    """Return the name of the program that `pid` runs, or an empty text."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        answer = subprocess.run(["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return Path(answer.stdout.strip()).name


def wrapped(command: Sequence[str], *, identity: str = "same", death_signal: int = signal.SIGTERM) -> list[str]:
    """Return the command line that runs `command` tied to this process."""
    return [
        sys.executable,
        "-I",
        "-S",
        str(_LAUNCHER),
        str(os.getpid()),
        str(int(death_signal)),
        identity,
        "--",
        *command,
    ]


class _Keeper:
    """One thread that starts every server and lives as long as this process.

    The death signal is tied to the *thread* that forked: a server started from a thread that ends would
    be ended with it.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], object], queue.SimpleQueue[object]]] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._owner = 0

    def run(self, job: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._owner != os.getpid():
                self._jobs = queue.SimpleQueue()
                threading.Thread(target=self._work, args=(self._jobs,), name="o2o-keeper", daemon=True).start()
                self._owner = os.getpid()
        answer: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._jobs.put((job, answer))
        result = answer.get()
        if isinstance(result, BaseException):
            raise result
        assert isinstance(result, subprocess.Popen)
        return result

    @staticmethod
    def _work(jobs: queue.SimpleQueue[tuple[Callable[[], object], queue.SimpleQueue[object]]]) -> None:
        while True:
            job, answer = jobs.get()
            try:
                answer.put(job())
            except BaseException as error:  # noqa: BLE001 - handed to the caller
                answer.put(error)


_keeper = _Keeper()


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    identity: str = "same",
    death_signal: int = signal.SIGTERM,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server as a direct child that dies with this process; its output goes to `log`.

    It gets a session of its own, so that Ctrl-C in the terminal reaches only us and we end things in order.
    """

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                wrapped(command, identity=identity, death_signal=death_signal),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )

    return _keeper.run(start)


def spawn_followed(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], death_signal: int = signal.SIGTERM
) -> subprocess.Popen[bytes]:
    """Start a process as `spawn` does, but with its output in a pipe for us to read."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            wrapped(command, death_signal=death_signal),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
        )

    return _keeper.run(start)


def end(process: subprocess.Popen[bytes], signals: Sequence[tuple[int, float]]) -> None:
    """End a child: send each signal and wait its seconds, until it has gone."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def end_stranger(mark: ProcessMark, signals: Sequence[tuple[int, float]]) -> bool:
    """End a process that is not our child; return whether it has gone."""
    for number, seconds in signals:
        mark.send(number)
        if mark.wait(seconds):
            return True
    return not mark.is_alive()
