"""Real servers for the tests, and a database of its own for each test process.

Loaded with ``-p tests.database`` (see ``pyproject.toml``), because the servers' addresses must stand in the
environment before Django's settings are read. Where ``DATABASE_URL`` names a server, that one is used: with
``DATABASE_OWNER_URL`` beside it the two roles are taken as they are, without it the URL is an administrator's and the
roles are made.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import sql

from o2o.embedded import roles
from o2o.embedded.services import Services
from o2o.embedded.testing import start_for_tests

ROOT = Path(__file__).resolve().parents[1]
STARTED = "O2O_TEST_SERVERS_STARTED"
_services: list[Services] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers in the controlling process; workers inherit their addresses."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "o2o.settings.testing")
    if STARTED in os.environ:
        return
    _make_roles_on_a_foreign_server()
    _services.append(start_for_tests())
    os.environ[STARTED] = "1"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the servers that this process started."""
    while _services:
        _services.pop().stop()
        os.environ.pop(STARTED, None)


def _make_roles_on_a_foreign_server() -> None:
    admin_url = os.environ.get("DATABASE_URL")
    if not admin_url or os.environ.get("DATABASE_OWNER_URL"):
        return
    passwords = roles.RolePasswords(owner=secrets.token_urlsafe(), app=secrets.token_urlsafe())
    with roles.connected(admin_url) as connection:
        roles.prepare_cluster(connection, passwords=passwords)
    os.environ["DATABASE_URL"] = _as_role(admin_url, roles.APP, passwords.app)
    os.environ["DATABASE_OWNER_URL"] = _as_role(admin_url, roles.OWNER, passwords.owner)


def _as_role(url: str, role: str, password: str | None) -> str:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{address}"))


def owner_url(database: str) -> str:
    """Return the owner's address of a database on the test server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_OWNER_URL"])._replace(path=f"/{database}"))


@contextmanager
def as_owner(database: str) -> Iterator[psycopg2.extensions.connection]:
    """Open an autocommit connection as the role that owns the tables."""
    with roles.connected(owner_url(database)) as connection:
        yield connection


def make_database() -> str:
    """Clone the migrated template for this process and return the name of the clone."""
    template = f"o2o_template_{_migrations_digest()}"
    name = f"o2o_test_{os.getpid()}_{secrets.token_hex(3)}"
    with _one_at_a_time(), as_owner("postgres") as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
            exists = cursor.fetchone()
        if not exists:
            _make_template(connection, template)
        _run(connection, "CREATE DATABASE {} TEMPLATE {}", name, template)
    return name


def drop_database(name: str) -> None:
    """Drop a clone, whoever is still connected."""
    _end_sessions(name)
    with as_owner("postgres") as connection:
        _drop(connection, name)


def _end_sessions(name: str) -> None:
    # The owner may end its own sessions only; threads of a live server leave some of the application's role behind.
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    with roles.connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def _make_template(connection: psycopg2.extensions.connection, template: str) -> None:
    from django.core.management import call_command
    from django.db import connections

    _drop_old(connection)
    unfinished = f"{template}_unfinished"
    _run(connection, "CREATE DATABASE {} OWNER {}", unfinished, roles.OWNER)
    with as_owner(unfinished) as inside:
        roles.prepare_database(inside)
    use_database(unfinished)
    call_command("migrate", verbosity=0, skip_checks=True)
    connections.close_all()
    _run(connection, "ALTER DATABASE {} RENAME TO {}", unfinished, template)


def _drop_old(connection: psycopg2.extensions.connection) -> None:
    """Drop the templates of other migrations, and clones that a killed run left behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database d"
            " WHERE (datname LIKE 'o2o\\_template\\_%' OR datname LIKE 'o2o\\_test\\_%')"
            " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname)"
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        _drop(connection, name)


def use_database(name: str) -> None:
    """Point both Django connections of this process at a database."""
    from django.db import connections

    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def seeded_tables(name: str) -> frozenset[str]:
    """Return the tables in which migrations left rows, which a test must find again."""
    with as_owner(name) as connection:
        return frozenset(_filled(connection, _tables(connection)))


def truncate(name: str, keep: frozenset[str]) -> None:
    """Empty every table but those to keep, as the owner: the application's role may not."""
    with as_owner(name) as connection:
        filled = _filled(connection, [table for table in _tables(connection) if table not in keep])
        if filled:
            _run(connection, f"TRUNCATE {', '.join(['{}'] * len(filled))} CASCADE", *filled)


def _tables(connection: psycopg2.extensions.connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [table for (table,) in cursor.fetchall()]


def _filled(connection: psycopg2.extensions.connection, tables: list[str]) -> list[str]:
    # Row-level security holds the owner too, so the sizes on disk tell what rows would not.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r' AND pg_relation_size(oid) > 0",
            [tables],
        )
        return [table for (table,) in cursor.fetchall()]


def _drop(connection: psycopg2.extensions.connection, name: str) -> None:
    try:
        _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    except psycopg2.errors.InsufficientPrivilege:
        # Only a superuser may end a worker of autovacuum by force. Without force PostgreSQL sends it away by itself.
        _run(connection, "DROP DATABASE IF EXISTS {}", name)


def _run(connection: psycopg2.extensions.connection, statement: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _migrations_digest() -> str:
    digest = hashlib.sha256((ROOT / "requirements" / "development.txt").read_bytes())
    for file in sorted(ROOT.glob("*/**/migrations/*.py")):
        if ".venv" not in file.parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process of a run make the template while the others wait."""
    server = hashlib.sha256(os.environ["DATABASE_OWNER_URL"].encode()).hexdigest()[:12]
    folder = ROOT / ".o2o" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"template-{server}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
