"""Real servers in throw-away folders, whatever the surrounding test run is configured with."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from o2o.embedded.postgres import Postgres
from o2o.embedded.processes import ProcessMark, wait_until
from o2o.embedded.services import Profile, Services, start
from o2o.embedded.state import read_state, write_state

PROJECT = Path(__file__).resolve().parents[3]
_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL", "O2O_DATA_DIR")


@pytest.fixture(autouse=True)
def no_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the servers of the surrounding run: these tests are about the unconfigured case."""
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder below which every user may look, as a checkout usually is."""
    base = Path(tempfile.mkdtemp(prefix="o2o-test-"))
    base.chmod(0o755)
    yield base
    Postgres(base / "data", durable=False).tidy()
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def empty_data_dir() -> Iterator[Path]:
    """A data folder that does not exist yet."""
    with open_folder() as base:
        yield base / "data"


@pytest.fixture(scope="session")
def used_once() -> Iterator[Path]:
    """A data folder in which the servers have been started and stopped, to be copied."""
    with open_folder() as base:
        # Given back at once: the fixture lives on while other tests need the addresses.
        with pytest.MonkeyPatch.context() as patch:
            for name in _NAMES:
                patch.delenv(name, raising=False)
            start(Profile.TEST, base / "data").stop()
        state = read_state(base / "data")
        assert state is not None
        write_state(base / "data", replace(state, postgres_port=0, valkey_port=0))
        yield base / "data"


@pytest.fixture
def data_dir(used_once: Path) -> Iterator[Path]:
    """A data folder whose servers have been started before, which saves a second each time."""
    with open_folder() as base:
        shutil.copytree(used_once, base / "data")
        yield base / "data"


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Running servers for tests that only look."""
    with open_folder() as base:
        with pytest.MonkeyPatch.context() as patch:
            for name in _NAMES:
                patch.delenv(name, raising=False)
            running = start(Profile.TEST, base / "data")
        with running:
            yield running


class Owner:
    """Another process that has started the servers in a folder."""

    def __init__(self, data_dir: Path, profile: Profile, prefix: tuple[str, ...] = ()) -> None:
        self.data_dir = data_dir
        code = """
            import sys, time, pathlib
            from o2o.embedded.services import Profile, start
            services = start(Profile[sys.argv[1]], pathlib.Path(sys.argv[2]))
            print("owner" if services.is_owner else "attached", flush=True)
            sys.stdin.read()
            services.stop()
        """
        environment = {name: value for name, value in os.environ.items() if name not in _NAMES}
        environment["PYTHONPATH"] = os.pathsep.join([str(PROJECT), *filter(None, sys.path)])
        self.process = subprocess.Popen(
            [*(prefix or (sys.executable,)), "-c", textwrap.dedent(code), profile.name, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment,
        )

    def role(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        return self.process.wait(30)


@pytest.fixture
def other_process() -> Iterator[Callable[..., Owner]]:
    """Start the servers of a data folder in another process."""
    owners: list[Owner] = []

    def begin(data_dir: Path, profile: Profile = Profile.TEST, prefix: tuple[str, ...] = ()) -> Owner:
        owners.append(Owner(data_dir, profile, prefix))
        return owners[-1]

    yield begin
    for owner in owners:
        owner.end()


def is_gone(pid: int) -> bool:
    """Wait up to ten seconds for a process to end; a zombie that nobody reaps counts as ended."""
    return wait_until(lambda: ProcessMark.of(pid) is None, seconds=10)
