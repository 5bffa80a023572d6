"""What is remembered in the data folder.

- `state.json` (0600) lives as long as the data: passwords and ports, so that addresses stay the same;
- `running.json` (0600) lives as long as the servers: who started them and which processes they are;
- `lock` is held while servers are being started or stopped.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from o2o.embedded.errors import EmbeddedError
from o2o.embedded.processes import ProcessMark

# Below the range from which the kernel takes ports for outgoing connections, so that a port that we
# remember is rarely taken by one of those.
_PORTS = range(20000, 30000)


def default_data_dir() -> Path:
    """Return `O2O_DATA_DIR`, else `.o2o` in the checkout, else `.o2o` in the current folder."""
    if chosen := os.environ.get("O2O_DATA_DIR"):
        return Path(chosen).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[2]
    return (checkout if (checkout / "manage.py").exists() else Path.cwd()) / ".o2o"


@dataclass
class State:
    """Passwords and ports of one data folder."""

    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    owner_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    app_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    valkey_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    postgres_port: int = 0
    valkey_port: int = 0


@dataclass(frozen=True)
class Running:
    """The process that started the servers, and the servers."""

    owner: ProcessMark
    postgres: ProcessMark | None = None
    valkey: ProcessMark | None = None

    def is_alive(self) -> bool:
        """Tell whether the owner and every server that it started still run."""
        servers = (self.postgres, self.valkey)
        return self.owner.is_alive() and all(mark.is_alive() for mark in servers if mark)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        message = f"{path} cannot be read ({error}): put it right, or run `python -m o2o.embedded reset`"
        raise EmbeddedError(message) from error
    return content if isinstance(content, dict) else None


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace a file in one step, so that a kill never leaves half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_state(data_dir: Path) -> State | None:
    """Return passwords and ports, or None where no server was ever started."""
    content = _read(data_dir / "state.json")
    known = State.__dataclass_fields__
    return None if content is None else State(**{name: content[name] for name in known if name in content})


def write_state(data_dir: Path, state: State) -> None:
    """Remember passwords and ports."""
    _write(data_dir / "state.json", asdict(state))


def read_running(data_dir: Path) -> Running | None:
    """Return what `running.json` says; its processes may be dead."""
    content = _read(data_dir / "running.json")
    if content is None:
        return None
    marks = {name: ProcessMark(**mark) for name, mark in content.items() if mark}
    return Running(owner=marks["owner"], postgres=marks.get("postgres"), valkey=marks.get("valkey"))


def write_running(data_dir: Path, running: Running) -> None:
    """Note who runs what."""
    _write(data_dir / "running.json", asdict(running))


def forget_running(data_dir: Path) -> None:
    """Note that nothing runs."""
    (data_dir / "running.json").unlink(missing_ok=True)


def make_private_folder(path: Path) -> None:
    """Make a folder for us alone. Folders above it that exist keep their modes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)


@contextlib.contextmanager
def locked(data_dir: Path, *, seconds: float = 90.0) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets go of it when the process dies."""
    with (data_dir / "lock").open("a") as file:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = f"another process has held {data_dir / 'lock'} for {seconds:g} s: see what it does"
                    raise EmbeddedError(message) from None
                time.sleep(0.05)
        yield


def is_port_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*, remembered: int, avoid: int = 0) -> int:
    """Return the remembered port if it is still free, else a random free one."""
    if remembered and remembered != avoid and is_port_free(remembered):
        return remembered
    for port in random.sample(_PORTS, 200):
        if port != avoid and is_port_free(port):
            return port
    message = f"no free port between {_PORTS.start} and {_PORTS.stop - 1} on 127.0.0.1"
    raise EmbeddedError(message)
