"""The roles, extensions and rights that O2O needs in a PostgreSQL server, as plain SQL.

Works on any PostgreSQL from 15 on, embedded or managed, as superuser or as a role with CREATEROLE and
CREATEDB. Everything may be run again.

- `o2o_owner` owns the database and its tables and runs migrations; it is no superuser and does not bypass
  row-level security;
- `o2o_app` is the role of web and workers: it owns nothing, creates nothing, and inherits nothing;
- `o2o_platform` cannot log in: policies for work across all merchants are granted to it, and `o2o_app`
  steps into it for one transaction with `SET LOCAL ROLE o2o_platform`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password

from o2o.embedded.errors import EmbeddedError

OWNER = "o2o_owner"
APP = "o2o_app"
PLATFORM = "o2o_platform"
EXTENSIONS = ("pg_trgm", "btree_gist", "btree_gin")

# An application connection waits and works only so long: a stuck one must not hold rows of others.
APP_SETTINGS = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}

_CREATED_AS = {
    OWNER: "LOGIN CREATEDB",
    APP: "LOGIN NOINHERIT",
    PLATFORM: "NOLOGIN",
}
_MAKING_ROLES = 0x6F326F01


@dataclass(frozen=True)
class RolePasswords:
    """Passwords to set; None leaves a role's password as it is."""

    owner: str | None = None
    app: str | None = None


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open an autocommit connection to `url` and close it at the end."""
    connection = psycopg2.connect(url, connect_timeout=10, application_name="o2o prepare")
    try:
        connection.autocommit = True
        yield connection
    finally:
        connection.close()


def _run(connection: Connection, statement: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _value(connection: Connection, query: str, *parameters: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def prepare_cluster(connection: Connection, *, passwords: RolePasswords | None = None) -> None:
    """Make the roles, set their attributes, passwords and time limits.

    `connection` is in autocommit mode and belongs to a superuser or a role that may create roles.
    Raises EmbeddedError if a role of that name exists with rights that it must not have and they cannot be
    taken from it.
    """
    passwords = passwords or RolePasswords()
    # Two preparations at once would update the same catalogue row and one would fail.
    _value(connection, "SELECT pg_advisory_lock(%s)", _MAKING_ROLES)
    try:
        for name, attributes in _CREATED_AS.items():
            if _value(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name) is None:
                _run(connection, f"CREATE ROLE {{}} {attributes}", name)
            _hold_to_promise(connection, name)
        _let_app_step_into_platform(connection)
        _set_password(connection, OWNER, passwords.owner)
        _set_password(connection, APP, passwords.app)
        for setting, limit in APP_SETTINGS.items():
            _run(connection, f"ALTER ROLE {{}} SET {setting} = '{limit}'", APP)
        _let_admin_act_for_owner(connection)
    finally:
        _value(connection, "SELECT pg_advisory_unlock(%s)", _MAKING_ROLES)


def _hold_to_promise(connection: Connection, name: str) -> None:
    """Take away what the role must not have.

    Only if it has it: a managed server refuses even to repeat what holds already.
    """
    wrong = {
        "NOSUPERUSER": "rolsuper",
        "NOBYPASSRLS": "rolbypassrls",
        "NOCREATEROLE": "rolcreaterole",
        "NOREPLICATION": "rolreplication",
    }
    if name != OWNER:
        wrong["NOCREATEDB"] = "rolcreatedb"
    if name == APP:
        wrong["NOINHERIT"] = "rolinherit"
    for remedy, column in wrong.items():
        if not _value(connection, f"SELECT {column} FROM pg_roles WHERE rolname = %s", name):  # noqa: S608
            continue
        try:
            _run(connection, f"ALTER ROLE {{}} {remedy}", name)
        except psycopg2.Error as error:
            message = f"role {name} must be {remedy}, but is not, and this login may not change it: {error}"
            raise EmbeddedError(message) from error


def _let_app_step_into_platform(connection: Connection) -> None:
    if connection.server_version >= 160000:
        _run(connection, "GRANT {} TO {} WITH INHERIT FALSE, SET TRUE", PLATFORM, APP)
    else:
        # Before 16 the right to inherit belongs to the member: o2o_app is NOINHERIT.
        _run(connection, "GRANT {} TO {}", PLATFORM, APP)


def _let_admin_act_for_owner(connection: Connection) -> None:
    """Make an admin who is no superuser a member of the owner, or it could make no databases for it."""
    if _value(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        return
    if connection.server_version >= 160000:
        _run(connection, "GRANT {} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE", OWNER)
    else:
        _run(connection, "GRANT {} TO CURRENT_USER", OWNER)


def _set_password(connection: Connection, name: str, password: str | None) -> None:
    if password is None:
        return
    # Only the verifier goes to the server: a password in a statement could end in its log.
    verifier = encrypt_password(password, name, connection, "scram-sha-256")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier)))


def create_database(connection: Connection, name: str) -> bool:
    """Make the database, owned by `o2o_owner`, unless it exists; return whether it was made."""
    if _value(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name) is not None:
        return False
    try:
        _run(connection, "CREATE DATABASE {} OWNER {}", name, OWNER)
    except psycopg2.errors.DuplicateDatabase:
        return False  # made by somebody else in between
    return True


def prepare_database(connection: Connection) -> None:
    """Give the connected database its extensions and rights.

    `connection` is in autocommit mode and belongs to the admin or to `o2o_owner` (who then must own the
    database). Rights for tables hold for those that `o2o_owner` makes from now on.
    """
    for extension in EXTENSIONS:
        if _value(connection, "SELECT 1 FROM pg_available_extensions WHERE name = %s", extension):
            _run(connection, "CREATE EXTENSION IF NOT EXISTS {}", extension)
    _run(connection, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    _run(connection, "GRANT USAGE, CREATE ON SCHEMA public TO {}", OWNER)
    _run(connection, "GRANT USAGE ON SCHEMA public TO {}, {}", APP, PLATFORM)
    for rights, things in (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
        ("USAGE, SELECT", "SEQUENCES"),
        ("EXECUTE", "FUNCTIONS"),
    ):
        grant = f"GRANT {rights} ON {things} TO {{}}, {{}}"
        _run(
            connection,
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {{}} IN SCHEMA public {grant}",
            OWNER,
            APP,
            PLATFORM,
        )
