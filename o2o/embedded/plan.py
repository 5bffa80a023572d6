"""Which processes one machine runs: the table that `up` reads."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

_PYTHON = sys.executable


@dataclass(frozen=True)
class Plan:
    """One process: its command, and how it is told to end.

    `{port}` and `{folder}` in the command are filled in. `stop_signal` lets it finish what it does, for at
    most `stop_seconds`; `death_signal` is what the kernel sends it when the supervisor is killed: then there
    is no database any more to finish anything with.
    """

    name: str
    command: tuple[str, ...]
    stop_seconds: float
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM

    def filled(self, *, port: int, folder: str) -> list[str]:
        """Return the command with port and data folder filled in."""
        return [part.replace("{port}", str(port)).replace("{folder}", folder) for part in self.command]


def _web() -> Plan:
    command = f"{_PYTHON} -m granian --interface wsgi --host 127.0.0.1 --port {{port}}"
    size = "--workers 2 --blocking-threads 4"
    manner = "--respawn-failed-workers --workers-kill-timeout 5 --log-level warning"
    return Plan("web", (*f"{command} {size} {manner}".split(), "o2o.wsgi:application"), stop_seconds=10)


def _worker(queue: str, *, processes: int) -> Plan:
    command = f"{_PYTHON} -m celery --quiet -A o2o.celery worker --queues {queue} --hostname {queue}@%h"
    options = f"--concurrency {processes} --without-gossip --without-mingle --loglevel WARNING"
    return Plan(
        f"worker-{queue}",
        (*command.split(), *options.split()),
        stop_seconds=20,
        # Celery's cold shutdown: unfinished tasks go back to the queue at once.
        death_signal=signal.SIGQUIT,
    )


def _beat() -> Plan:
    command = f"{_PYTHON} -m celery --quiet -A o2o.celery beat --loglevel WARNING --pidfile="
    return Plan("beat", (*command.split(), "--schedule", "{folder}/beat"), stop_seconds=5)


def _receiver() -> Plan:
    return Plan("receiver", (_PYTHON, "manage.py", "demo_receiver"), stop_seconds=2)


# Web is first to start. In the order in which they are ended: no new requests, no new tasks, then the workers together.
PROCESSES: tuple[Plan, ...] = (
    _web(),
    _beat(),
    _worker("critical", processes=2),
    _worker("sync", processes=2),
    _worker("batch", processes=1),
)

# What the demonstration needs beside them, and what tells its pages that nothing on them is real.
AS_DEMO = {"O2O_DEMO": "true"}
DEMO_PROCESSES: tuple[Plan, ...] = (_receiver(),)

MIGRATE = (_PYTHON, "manage.py", "migrate", "--noinput", "--verbosity", "0")
SEED = (_PYTHON, "manage.py", "seed_demo")
