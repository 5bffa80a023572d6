"""Run the whole of O2O on one machine: servers, migrations, web, workers, beat.

Nothing outlives the supervisor. In good order it ends web, beat, workers and servers, each within a bounded
time. After a kill -9 the kernel sends each direct child its death signal, and an undertaker ends what is left of
their own children, found by the token in their environment; the next `up` looks for such leftovers once more.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from o2o.embedded.errors import EmbeddedError
from o2o.embedded.output import Output
from o2o.embedded.plan import AS_DEMO, DEMO_PROCESSES, MIGRATE, PROCESSES, SEED, Plan
from o2o.embedded.processes import ProcessMark, spawn_followed
from o2o.embedded.record import (
    TOKEN_VARIABLE,
    Record,
    end_left_behind,
    read_record,
    write_record,
)
from o2o.embedded.services import Profile, Services, start
from o2o.embedded.state import is_port_free
from o2o.embedded.undertaker import attend
from o2o.embedded.watched import Watched

PROJECT = Path(__file__).resolve().parents[2]
_READY_WITHIN = 60.0
_FIRST_PORT = 8000
_TICK = 0.2


@dataclass(frozen=True)
class Wishes:
    """What the command line asked for."""

    data_dir: Path
    only_services: bool = False
    seed: bool = False
    port: int | None = None


class Supervisor:
    """One run of `up`."""

    def __init__(self, wishes: Wishes, output: Output) -> None:
        self._wishes = wishes
        self._output = output
        self._stop = threading.Event()
        self._token = secrets.token_hex(16)
        self._record = Record(mark=ProcessMark.of_this_process(), token=self._token)
        self._watched: list[Watched] = []

    def run(self) -> None:
        """Start everything, watch until a signal comes, end everything.

        Raises EmbeddedError if something does not start; what was started has been ended then.
        """
        self._listen_to_signals()
        self._clear_up_after_last_run()
        write_record(self._wishes.data_dir, self._record)
        self._output.say(f"starting the servers in {self._wishes.data_dir}")
        with start(Profile.DURABLE, self._wishes.data_dir) as services:
            undertaker = attend(self._token, project=PROJECT)
            try:
                self._bring_up(services)
                self._watch(services)
            finally:
                self._end_processes()
                undertaker.communicate()
                self._output.say("ending the servers")
        self._output.say("ended")

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())

    def _clear_up_after_last_run(self) -> None:
        last = read_record(self._wishes.data_dir)
        if last is None:
            return
        if ended := end_left_behind(last.token):
            self._output.say(f"ended what an earlier run left behind: {', '.join(map(str, ended))}")

    def _bring_up(self, services: Services) -> None:
        for name in services.embedded_names:
            self._output.say(f"{name} is up")
        if self._wishes.only_services:
            self._record = self._record.now_ready()
            write_record(self._wishes.data_dir, self._record)
            self._output.say("ready: `manage.py` finds the servers by itself; Ctrl-C ends them")
            return
        environment = self._environment(services)
        self.run_step("migrate", MIGRATE, environment)
        if self._wishes.seed:
            self.run_step("seed", SEED, environment)
        if not self._stop.is_set():
            self._start_processes(environment)

    def _environment(self, services: Services) -> dict[str, str]:
        return {
            "LOG_LEVEL": "WARNING",  # one terminal for all: a line for each of the tasks would drown the rest
            **os.environ,
            **services.environment(),
            **(AS_DEMO if self._wishes.seed else {}),
            "O2O_DATA_DIR": str(self._wishes.data_dir),
            "PYTHONUNBUFFERED": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self._emptied("metrics")),
            # On one's own machine, root is often all there is (a container); production runs as nobody special.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            TOKEN_VARIABLE: self._token,
        }

    def _emptied(self, name: str) -> Path:
        """Return a folder for what processes share while they live, without what those of the last run left."""
        folder = self._wishes.data_dir / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def run_step(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Run a command to its end; raise EmbeddedError with its last lines if it fails."""
        self._output.say(f"{name}: {' '.join(command[1:])}")
        child = spawn_followed(command, cwd=PROJECT, environment=environment)
        assert child.stdout is not None
        followed = self._output.follow(name, child.stdout)
        while child.poll() is None:
            if self._stop.wait(0.05):
                child.terminate()
                child.wait()
                return
        if child.returncode != 0:
            message = (
                f"{name} failed; its last lines:\n{followed.last_lines()}\n"
                f"Mend what they name and run the same command again. By hand: "
                f"`python -m o2o.embedded up --only services` in one terminal, "
                f"`python {' '.join(command[1:])}` in another"
            )
            raise EmbeddedError(message)

    def _start_processes(self, environment: dict[str, str]) -> None:
        port = choose_port(self._wishes.port)
        address = f"http://127.0.0.1:{port}"
        self._record = self._record.now_at(address)
        write_record(self._wishes.data_dir, self._record)
        # Web alone at first: were all to load at once, the first page would come as late as the last worker.
        web, *others = plans = (*PROCESSES, *(DEMO_PROCESSES if self._wishes.seed else ()))
        self._start_process(web, port, environment)
        self._wait_until_ready(address)
        if self._stop.is_set():
            return
        for plan in others:
            self._start_process(plan, port, environment)
        self._output.say(f"started {', '.join(plan.name for plan in plans)}")
        self._output.say(f"ready: {address}")

    def _start_process(self, plan: Plan, port: int, environment: dict[str, str]) -> None:
        command = plan.filled(port=port, folder=str(self._wishes.data_dir))
        watched = Watched(plan, command, environment, PROJECT, self._output)
        self._watched.append(watched)
        watched.start()

    def _wait_until_ready(self, address: str) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        answer = "no answer"
        while time.monotonic() < deadline:
            if self._stop.is_set():
                return
            for watched in self._watched:
                watched.tend()
            answer = ask(f"{address}/health/ready")
            if answer == "200":
                write_record(self._wishes.data_dir, self._record.now_ready())
                return
            self._stop.wait(_TICK)
        web = self._watched[0]
        message = (
            f"{address}/health/ready did not become ready within {_READY_WITHIN:g} s ({answer}); "
            f"the last lines of {web.plan.name}:\n{web.last_lines()}"
        )
        raise EmbeddedError(message)

    def _watch(self, services: Services) -> None:
        revive_again_at = 0.0
        while not self._stop.wait(_TICK):
            if time.monotonic() >= revive_again_at:
                try:
                    for name in services.revive():
                        self._output.say(f"{name} had ended and is up again")
                except EmbeddedError as error:
                    self._output.say(str(error))
                    revive_again_at = time.monotonic() + 2.0
            for watched in self._watched:
                watched.tend()

    def _end_processes(self) -> None:
        """End in the order of the table; workers end at the same time, so that the whole stays bounded."""
        if self._watched:
            self._output.say("ending web, beat and workers")
        alone = [one for one in self._watched if not one.plan.name.startswith("worker")]
        together = [one for one in self._watched if one not in alone]
        for group in (*([one] for one in alone), together):
            for one in group:
                one.ask_to_end()
            for one in group:
                one.wait_and_end(time.monotonic() + one.plan.stop_seconds)
        self._watched.clear()


def choose_port(wished: int | None) -> int:
    """Return the wished port, or the first free one from 8000 on.

    Raises EmbeddedError if the wished one is taken: whoever names a port wants that one.
    """
    if wished is not None:
        if not is_port_free(wished):
            message = f"port {wished} is taken: end what listens there, or choose another with PORT=…"
            raise EmbeddedError(message)
        return wished
    for port in range(_FIRST_PORT, _FIRST_PORT + 100):
        if is_port_free(port):
            return port
    message = f"ports {_FIRST_PORT} to {_FIRST_PORT + 99} are all taken: choose one with PORT=…"
    raise EmbeddedError(message)


def ask(url: str) -> str:
    """Return the status code of a GET as text, or why there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback address
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except (TimeoutError, OSError, ValueError) as error:
        return f"no answer: {error}"


def seed_running(environment: dict[str, str], output: Output) -> None:
    """Seed the demo data into an installation that runs already."""
    output.say("seed: manage.py seed_demo")
    answer = subprocess.run(SEED, cwd=PROJECT, env={**os.environ, **environment, **AS_DEMO}, check=False)
    if answer.returncode != 0:
        message = "seed failed; its lines are above"
        raise EmbeddedError(message)
