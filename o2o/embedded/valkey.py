"""The embedded Valkey: one small server, database 0 for the queue and database 1 for the cache.

On one machine one server is enough. Because the queue lives in it, nothing is ever evicted (`noeviction`),
and every cache entry must carry an expiry. Where load is real, run two servers: the queue with an append-only
file and `noeviction`, the cache with neither and `allkeys-lru`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from o2o.embedded.binaries import find_valkey
from o2o.embedded.errors import EmbeddedError, tail
from o2o.embedded.processes import spawn
from o2o.embedded.state import State, make_private_folder

STOP_SIGNALS = ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0))

BROKER, CACHE = 0, 1


class Valkey:
    """The Valkey of one data folder."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self.folder = data_dir / "valkey"
        self.log = data_dir / "log" / "valkey.log"
        self.durable = durable

    def start(self, state: State) -> subprocess.Popen[bytes]:
        """Start the server on `state.valkey_port` and return its process once it answers.

        Its data is a queue that can be rebuilt from the database: files that it cannot read after a crash are
        put aside and it starts empty.
        """
        server = find_valkey()
        make_private_folder(self.log.parent)
        make_private_folder(self.folder)
        for left_over in self.folder.glob("temp-*"):
            left_over.unlink()
        process = self._launch(server, state)
        if not self._answers(process, state) and self._put_aside_unreadable():
            process = self._launch(server, state)
            self._answers(process, state)
        if process.poll() is not None:
            message = f"Valkey did not start; the end of {self.log}:\n{tail(self.log)}"
            raise EmbeddedError(message)
        return process

    @staticmethod
    def url(state: State) -> str:
        """Return the address without a database number."""
        return f"redis://:{state.valkey_password}@127.0.0.1:{state.valkey_port}"

    def _launch(self, server: Path, state: State) -> subprocess.Popen[bytes]:
        self.log.write_bytes(b"")
        return spawn([str(server), str(self._write_settings(state))], log=self.log, cwd=self.folder)

    def _write_settings(self, state: State) -> Path:
        """Write the settings to a file of ours alone: a command line is seen by every user of the machine."""
        path = self.folder / "valkey.conf"
        settings = {
            "bind": "127.0.0.1",
            "port": state.valkey_port,
            "requirepass": state.valkey_password,
            "databases": 4,
            "dir": f'"{self.folder}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "notice",
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name} {value}\n" for name, value in settings.items())
        return path

    def _answers(self, process: subprocess.Popen[bytes], state: State, *, seconds: float = 30.0) -> bool:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            if _ping(state):
                return True
            time.sleep(0.02)
        return False

    def _put_aside_unreadable(self) -> bool:
        said = self.log.read_text(encoding="utf-8", errors="replace")
        files = self.folder / "appendonlydir"
        if not files.is_dir() or not any(word in said for word in ("AOF", "append only file", "RDB")):
            return False
        files.rename(self.folder / f"unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        return True


def _ping(state: State) -> bool:
    """Ask whether the server is up and has read its data, in its own protocol, without a client library."""
    request = f"AUTH {state.valkey_password}\r\nPING\r\n".encode("ascii")
    try:
        with socket.create_connection(("127.0.0.1", state.valkey_port), timeout=2) as line:
            line.sendall(request)
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := line.recv(1024)):
                answer += part
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
