"""A broker and workers of a test's own, so that killing them hurts nobody else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from django.conf import settings
from django.db import connection

from o2o.embedded.state import State, free_port
from o2o.embedded.valkey import Valkey

ROOT = Path(settings.BASE_DIR)


class Broker:
    """A Valkey that can be flushed, stopped and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._server = Valkey(folder, durable=False)
        self._state = State(valkey_port=free_port(remembered=0))
        self._process = self._server.start(self._state)

    @property
    def url(self) -> str:
        """The address of the queue."""
        return f"{Valkey.url(self._state)}/0"

    def client(self) -> redis.Redis:
        """A connection to look inside."""
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        """Kill it, with all that it held."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def start(self) -> None:
        """Start it empty."""
        self._process = self._server.start(self._state)


class Workers:
    """A Celery worker of two processes, with the timetable in it."""

    def __init__(self, broker: Broker, folder: Path, **environment: str) -> None:
        self.log = folder / f"worker-{time.monotonic_ns()}.log"
        name = connection.settings_dict["NAME"]
        self._environment = {
            **os.environ,
            "DATABASE_URL": urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")),
            "BROKER_URL": broker.url,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "o2o.settings.testing"),
            **environment,
        }
        self._command = [
            sys.executable, "-m", "celery", "-A", "tests.o2o.events.worker_app", "worker", "--beat",
            "--schedule", str(folder / "beat"), "--queues", "critical,sync", "--concurrency", "2",
            "--without-gossip", "--without-mingle", "--loglevel", "INFO",
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start the worker; it takes a few seconds until it works."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def is_alive(self) -> bool:
        """Say whether the worker still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the worker with all its processes."""
        if self.is_alive():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def wait_for(condition: Callable[[], bool], *, seconds: float, log: Path) -> float:
    """Wait until a condition holds and return how long it took; fail with the end of the worker's log."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"not within {seconds} s; the worker said:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
    return time.monotonic() - started
