"""Start the servers that are not configured, or attach to those that run already.

The process that starts them owns them: they are its direct children, and the kernel ends them with it, even
on a kill -9. Whoever calls `start` on the same folder meanwhile gets their addresses and does not end them.
When the owner ends, those who attached lose their servers and must call `start` again.
"""

from __future__ import annotations

import enum
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from o2o.embedded import postgres as pg
from o2o.embedded import roles
from o2o.embedded import valkey as vk
from o2o.embedded.configured import configured
from o2o.embedded.errors import EmbeddedError
from o2o.embedded.postgres import Postgres
from o2o.embedded.processes import ProcessMark, end, end_stranger
from o2o.embedded.state import (
    Running,
    State,
    forget_running,
    free_port,
    is_port_free,
    locked,
    make_private_folder,
    read_running,
    read_state,
    write_running,
    write_state,
)
from o2o.embedded.valkey import Valkey

_ATTEMPTS = 3
# How long an owner may take to start a dead server again before others give up on it.
_OWNER_HAS = 20.0


class Profile(enum.Enum):
    """How careful the servers are with data."""

    DURABLE = "durable"
    TEST = "test"


class Services:
    """The addresses of PostgreSQL and Valkey, and the servers behind them if this process started them."""

    def __init__(self, profile: Profile, data_dir: Path) -> None:
        self.profile = profile
        self.data_dir = data_dir
        self.is_owner = False
        self._configured_database = configured("DATABASE_URL")
        self._configured_redis = configured("REDIS_URL")
        self._state = State()
        self._postgres = Postgres(data_dir, durable=profile is Profile.DURABLE)
        self._valkey = Valkey(data_dir, durable=profile is Profile.DURABLE)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def database_url(self) -> str:
        """Address for web and workers: the role that owns nothing and is held to row-level security."""
        return self._configured_database or self._postgres.url(self._state, roles.APP)

    @property
    def database_owner_url(self) -> str:
        """Address for migrations."""
        if self._configured_database:
            return configured("DATABASE_OWNER_URL") or self._configured_database
        return self._postgres.url(self._state, roles.OWNER)

    @property
    def database_admin_url(self) -> str | None:
        """Address of the superuser; None where the database is configured and no admin is named."""
        if self._configured_database:
            return configured("DATABASE_ADMIN_URL") or None
        return self._postgres.url(self._state, pg.ADMIN)

    @property
    def redis_url(self) -> str:
        """Address of the queue and cache server without a database number: append `/0` or `/1`."""
        return self._configured_redis or self._valkey.url(self._state)

    @property
    def embedded_names(self) -> tuple[str, ...]:
        """Which servers are embedded, not configured."""
        wanted = {"postgres": not self._configured_database, "valkey": not self._configured_redis}
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)

    def environment(self) -> dict[str, str]:
        """Return the variables from which settings of child processes take their addresses.

        Where the database is configured without an owner's address, that one is left out: migrations then ask for
        it, instead of making tables that belong to the application.
        """
        values = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        if not self._configured_database or configured("DATABASE_OWNER_URL"):
            values["DATABASE_OWNER_URL"] = self.database_owner_url
        return values

    def __enter__(self) -> Self:
        """Return the started services."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what this process started."""
        self.stop()

    def start(self) -> None:
        """Start or attach, under the folder's lock."""
        if not self.embedded_names:
            return
        make_private_folder(self.data_dir)
        deadline = time.monotonic() + _OWNER_HAS
        while not self._attach_or_own():
            if time.monotonic() > deadline:
                message = (
                    f"process {self._others_owner()} owns the servers in {self.data_dir}, but one of them has ended "
                    f"and was not started again within {_OWNER_HAS:g} s: end that process, then try again"
                )
                raise EmbeddedError(message)
            time.sleep(0.2)

    def revive(self) -> list[str]:
        """Start again the servers of ours that have died; return their names.

        They come back at the same addresses, unless somebody took the port meanwhile.
        """
        dead = [name for name, child in self._children.items() if child.poll() is not None]
        if dead:
            with locked(self.data_dir):
                for name in dead:
                    self._start_one(name)
                self._note()
        return dead

    def stop(self) -> None:
        """End the servers that this process started; does nothing for one that attached."""
        if not self.is_owner:
            return
        with locked(self.data_dir):
            if child := self._children.pop("valkey", None):
                end(child, vk.STOP_SIGNALS)
            if child := self._children.pop("postgres", None):
                end(child, pg.STOP_SIGNALS)
                self._postgres.tidy()
            forget_running(self.data_dir)
            self.is_owner = False

    def _attach_or_own(self) -> bool:
        """Attach, or own, or return False because a living owner must first revive what has died."""
        with locked(self.data_dir):
            self._state = read_state(self.data_dir) or State()
            running = read_running(self.data_dir)
            if running and running.is_alive():
                self._attach(running)
            elif self._others_owner():
                return False
            else:
                self._clear_left_behind(running)
                self._own()
        return True

    def _others_owner(self) -> int | None:
        running = read_running(self.data_dir)
        if running is None or not running.owner.is_alive() or running.owner.pid == os.getpid():
            return None
        return running.owner.pid

    def _attach(self, running: Running) -> None:
        missing = [name for name in self.embedded_names if getattr(running, name) is None]
        if missing:
            message = (
                f"process {running.owner.pid} runs the servers in {self.data_dir}, but without "
                f"{' and '.join(missing)}, because it was configured otherwise: stop it first, "
                "or configure this process alike"
            )
            raise EmbeddedError(message)

    def _clear_left_behind(self, running: Running | None) -> None:
        """End servers whose owner is dead. The kernel has told them already, so wait a little first."""
        for mark, signals in (
            (running and running.valkey, vk.STOP_SIGNALS),
            (running and running.postgres, pg.STOP_SIGNALS),
        ):
            if mark and not mark.wait(2.0) and not end_stranger(mark, signals):
                message = f"process {mark.pid}, left behind by an earlier run in {self.data_dir}, cannot be ended"
                raise EmbeddedError(message)
        forget_running(self.data_dir)

    def _own(self) -> None:
        self.is_owner = True
        try:
            # The addresses are written down before the data is made, since a password lost is data lost.
            write_state(self.data_dir, self._state)
            for name in self.embedded_names:
                self._start_one(name)
            if "postgres" in self._children:
                self._postgres.prepare(self._state)
            self._note()
        except BaseException:
            for child in self._children.values():
                end(child, pg.STOP_SIGNALS)
            self._children.clear()
            self.is_owner = False
            raise

    def _start_one(self, name: str) -> None:
        starters: dict[str, Callable[[State], subprocess.Popen[bytes]]] = {
            "postgres": self._postgres.start,
            "valkey": self._valkey.start,
        }
        for attempt in range(1, _ATTEMPTS + 1):
            self._choose_port(name)
            try:
                self._children[name] = starters[name](self._state)
            except EmbeddedError:
                # Somebody may have taken the port between our look and the server's.
                if attempt == _ATTEMPTS or is_port_free(getattr(self._state, f"{name}_port")):
                    raise
            else:
                return

    def _choose_port(self, name: str) -> None:
        other = self._state.valkey_port if name == "postgres" else self._state.postgres_port
        port = free_port(remembered=getattr(self._state, f"{name}_port"), avoid=other)
        self._state = replace(self._state, **{f"{name}_port": port})  # type: ignore[arg-type]
        write_state(self.data_dir, self._state)

    def _note(self) -> None:
        marks = {name: ProcessMark.of(child.pid) for name, child in self._children.items()}
        running = Running(owner=ProcessMark.of_this_process(), **marks)
        write_running(self.data_dir, running)


def start(profile: Profile, data_dir: Path) -> Services:
    """Start PostgreSQL and Valkey, each only where its URL is not configured, and return their addresses.

    Safe when several processes call it at once: one owns, the others attach. Call `stop()` on the result, or
    use it in a `with` block. Raises EmbeddedError, whose message says how to mend it.
    """
    services = Services(profile, data_dir.absolute())
    services.start()
    return services
