"""`python -m o2o.embedded prepare-database`: make a PostgreSQL server of yours ready for O2O.

For production and for tests on a server that was not started by us. Prints no secret.
"""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2

from o2o.embedded import roles
from o2o.embedded.configured import configured
from o2o.embedded.errors import EmbeddedError


def prepare(admin_url: str, name: str, *, passwords: roles.RolePasswords | None = None) -> None:
    """Make roles, the database `name` and its rights on the server of `admin_url`; may be run again.

    Raises EmbeddedError if the server cannot be reached, is too old, or refuses.
    """
    try:
        with roles.connected(admin_url) as connection:
            if connection.server_version < 150000:
                message = f"PostgreSQL 15 or newer is needed, this is {connection.server_version // 10000}"
                raise EmbeddedError(message)
            roles.prepare_cluster(connection, passwords=passwords)
            roles.create_database(connection, name)
        with roles.connected(with_database(admin_url, name)) as connection:
            roles.prepare_database(connection)
    except psycopg2.Error as error:
        message = f"the database server refused: {str(error).strip()}"
        raise EmbeddedError(message) from error


def with_database(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))


def for_role(url: str, role: str, password: str, name: str) -> str:
    """Return the address for another role on the same server."""
    parts = urlsplit(with_database(url, name))
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}"))


def run(options: argparse.Namespace) -> int:
    """Prepare the server that the command line names."""
    admin_url = options.admin_url or configured("DATABASE_ADMIN_URL")
    if not admin_url:
        message = "name the server with --admin-url, or in DATABASE_ADMIN_URL"
        raise EmbeddedError(message)
    owner, app = configured("O2O_OWNER_PASSWORD"), configured("O2O_APP_PASSWORD")
    if options.write_env:
        owner, app = owner or secrets.token_urlsafe(24), app or secrets.token_urlsafe(24)
    prepare(admin_url, options.name, passwords=roles.RolePasswords(owner=owner or None, app=app or None))
    if options.write_env:
        _write_environment(options.write_env, admin_url, options.name, owner=owner, app=app)
        print(f"addresses for {roles.APP} and {roles.OWNER} are in {options.write_env}")
    print(f"database {options.name} is ready for {roles.OWNER} and {roles.APP}")
    return 0


def _write_environment(path: Path, admin_url: str, name: str, *, owner: str, app: str) -> None:
    lines = (
        f"DATABASE_URL={for_role(admin_url, roles.APP, app, name)}\n",
        f"DATABASE_OWNER_URL={for_role(admin_url, roles.OWNER, owner, name)}\n",
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `prepare-database` to the command line."""
    command = commands.add_parser(
        "prepare-database",
        help="make a PostgreSQL server of yours ready",
        description="Passwords for the roles are taken from O2O_OWNER_PASSWORD and O2O_APP_PASSWORD "
        "(or …_FILE); without them the roles keep theirs, or get random ones with --write-env.",
    )
    command.set_defaults(run=run)
    command.add_argument("--admin-url", help="a superuser, or a role with CREATEROLE and CREATEDB")
    command.add_argument("--name", default="o2o", help="the database (default: o2o)")
    command.add_argument("--write-env", type=Path, help="write DATABASE_URL and DATABASE_OWNER_URL to this file (0600)")
