"""The embedded PostgreSQL: make a cluster, start it, find it, end it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

from o2o.embedded import roles
from o2o.embedded.binaries import PostgresPrograms, find_postgres
from o2o.embedded.errors import EmbeddedError, tail
from o2o.embedded.identity import Identity, choose_identity
from o2o.embedded.processes import ProcessMark, end_stranger, program_of, spawn, wrapped
from o2o.embedded.state import State, make_private_folder

ADMIN = "o2o_admin"
DATABASE = "o2o"

# SIGINT is PostgreSQL's fast shutdown: clients are cut off, all is written, no recovery is needed.
STOP_SIGNALS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    # Statements and error details carry values, names and numbers of customers among them: keep them out.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For data that may be thrown away: several times faster, and a power cut would ruin it.
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_BIGGEST_LOG = 10_000_000


class Postgres:
    """The PostgreSQL of one data folder."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "postgres"
        self.log = data_dir / "log" / "postgres.log"
        self.durable = durable

    def start(self, state: State) -> subprocess.Popen[bytes]:
        """Start the server on `state.postgres_port` and return its process once it answers.

        A server that was left behind in this folder is ended first.
        """
        programs = find_postgres()
        make_private_folder(self.log.parent)
        self._end_left_behind()
        make_private_folder(self.cluster)
        identity = choose_identity(self.cluster, programs)
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise(programs, identity, state)
        self._check_version(programs)
        self._rotate_log()
        process = self._launch(programs, identity, state.postgres_port)
        self._wait(process, state)
        return process

    def prepare(self, state: State) -> None:
        """Make roles and database, so that the application can connect."""
        passwords = roles.RolePasswords(owner=state.owner_password, app=state.app_password)
        with roles.connected(self.url(state, ADMIN, "postgres")) as connection:
            roles.prepare_cluster(connection, passwords=passwords)
        # What template1 has, every later database has: test databases are ready when they are made.
        with roles.connected(self.url(state, ADMIN, "template1")) as connection:
            roles.prepare_database(connection)
        with roles.connected(self.url(state, ADMIN, "postgres")) as connection:
            roles.create_database(connection, DATABASE)
        with roles.connected(self.url(state, ADMIN, DATABASE)) as connection:
            roles.prepare_database(connection)

    @staticmethod
    def url(state: State, role: str, database: str = DATABASE) -> str:
        """Return the address for one of the roles."""
        passwords = {
            ADMIN: state.admin_password,
            roles.OWNER: state.owner_password,
            roles.APP: state.app_password,
        }
        password = quote(passwords[role], safe="")
        return f"postgresql://{role}:{password}@127.0.0.1:{state.postgres_port}/{database}"

    def socket_dir(self, user: int) -> Path:
        """Return the folder of the unix socket of a server that runs as `user`.

        Its path may have 107 bytes at most, so it is not below the data folder, whose path may be long.
        """
        key = hashlib.sha256(os.fsencode(self.cluster.resolve())).hexdigest()[:12]
        folder = Path(tempfile.gettempdir())
        if len(os.fsencode(folder)) > 70:
            folder = Path("/tmp")  # noqa: S108 - the folder below it is ours alone, which is checked
        return folder / f"o2o-{user}-{key}"

    def tidy(self) -> None:
        """Remove the folder of the socket after the server has ended."""
        with contextlib.suppress(OSError):
            folder = self.socket_dir(self.cluster.stat().st_uid)
            for left_over in folder.iterdir():
                left_over.unlink()
            folder.rmdir()

    def _end_left_behind(self) -> None:
        """End a server that outlived its owner, and remove the pid file of one that is dead.

        PostgreSQL would refuse to start over a pid that now belongs to any other living process.
        """
        pid_file = self.cluster / "postmaster.pid"
        try:
            first_line = pid_file.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]
        except FileNotFoundError:
            return
        mark = ProcessMark.of(int(first_line)) if first_line.strip().isdigit() else None
        is_ours = mark is not None and program_of(mark.pid) == "postgres" and self._works_here(mark.pid)
        # Usually it is shutting down already, since its owner's death told it to.
        if mark and is_ours and not mark.wait(3.0) and not end_stranger(mark, STOP_SIGNALS):
            message = f"a PostgreSQL (process {mark.pid}) still works in {self.cluster} and cannot be ended"
            raise EmbeddedError(message)
        pid_file.unlink(missing_ok=True)

    def _works_here(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == self.cluster.resolve()
        except OSError:
            return True  # cannot be seen (another system, another user): believe the pid file

    def _initialise(self, programs: PostgresPrograms, identity: Identity, state: State) -> None:
        """Make the cluster in a draft folder beside, so that a kill leaves no half of one."""
        draft = self.data_dir / "postgres.new"
        password_file = self.data_dir / "postgres.password"
        shutil.rmtree(draft, ignore_errors=True)
        make_private_folder(draft)
        password_file.touch(mode=0o600)
        password_file.write_text(state.admin_password, encoding="ascii")
        try:
            for path in (draft, password_file):
                if path.stat().st_uid != identity.user:
                    os.chown(path, identity.user, identity.group)
            command = [
                str(programs.initdb),
                "-D",
                str(draft),
                *self._how_to_initialise(programs, password_file),
            ]
            self._run_initdb(wrapped(command, identity=identity.name))
        finally:
            password_file.unlink(missing_ok=True)
        self.cluster.rmdir()
        draft.rename(self.cluster)

    def _how_to_initialise(self, programs: PostgresPrograms, password_file: Path) -> list[str]:
        # With --locale=C alone the trigram index would see no letters in Chinese text.
        locale = ["--locale=C.UTF-8"]
        if programs.major >= 17:
            locale = [
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--lc-ctype=C.UTF-8",
            ]
        return [
            f"--username={ADMIN}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale,
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]

    def _run_initdb(self, command: list[str]) -> None:
        with self.log.open("ab") as output:
            answer = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                cwd="/",
                check=False,
            )
        if answer.returncode != 0:
            message = f"initdb could not make {self.cluster}; the end of {self.log}:\n{tail(self.log)}"
            raise EmbeddedError(message)

    def _check_version(self, programs: PostgresPrograms) -> None:
        made_by = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(programs.major):
            message = (
                f"the data in {self.cluster} was made by PostgreSQL {made_by}, but {programs.folder} holds "
                f"{programs.major}: dump it with the old version, or throw it away with "
                "`python -m o2o.embedded reset`"
            )
            raise EmbeddedError(message)

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _BIGGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _launch(self, programs: PostgresPrograms, identity: Identity, port: int) -> subprocess.Popen[bytes]:
        self._make_socket_dir(identity)
        settings = {**_SETTINGS, **({} if self.durable else _NOT_DURABLE)}
        settings |= {"port": str(port), "unix_socket_directories": str(self.socket_dir(identity.user))}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return spawn(
            [str(programs.postgres), "-D", str(self.cluster), *options],
            log=self.log,
            identity=identity.name,
            death_signal=signal.SIGINT if self.durable else signal.SIGQUIT,
            cwd=Path("/"),
            environment=_environment(),
        )

    def _make_socket_dir(self, identity: Identity) -> None:
        folder = self.socket_dir(identity.user)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if found.st_uid not in (os.geteuid(), identity.user) or folder.is_symlink() or not folder.is_dir():
            message = f"{folder} must belong to us, for PostgreSQL's socket, but somebody else made it: remove it"
            raise EmbeddedError(message)
        for left_over in folder.iterdir():
            left_over.unlink()
        if found.st_uid != identity.user:
            os.chown(folder, identity.user, identity.group)

    def _wait(self, process: subprocess.Popen[bytes], state: State, *, seconds: float = 60.0) -> None:
        """Wait until the server takes connections; after a crash it first reads its log again."""
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg2.connect(self.url(state, ADMIN, "postgres"), connect_timeout=5).close()
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    message = (
                        f"the password in {self.data_dir / 'state.json'} is not that of the data beside it; "
                        "put the right file back, or throw the data away with `python -m o2o.embedded reset`"
                    )
                    raise EmbeddedError(message) from error
                time.sleep(0.03)
            else:
                return
        message = f"PostgreSQL did not start; the end of {self.log}:\n{tail(self.log)}"
        raise EmbeddedError(message)


def _environment() -> dict[str, str]:
    """Keep our secrets, and settings such as PGDATA, from the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC"}
