"""Find the servers that run already, without starting any: for `manage.py shell` beside `make up`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from o2o.embedded.state import default_data_dir, read_running, read_state

NOT_RUNNING = "no database: run `make up`, or set DATABASE_URL"


@dataclass(frozen=True)
class EmbeddedUrls:
    """Addresses of running embedded servers; None for one that the owner had configured otherwise."""

    database_url: str | None
    database_owner_url: str | None
    database_admin_url: str | None
    redis_url: str | None


def urls(data_dir: Path | None = None) -> EmbeddedUrls | None:
    """Return the addresses of the servers that run in `data_dir`, or None; reads two small files.

    The processes named there are checked to be alive, and to be those.
    """
    folder = data_dir or default_data_dir()
    try:
        running, state = read_running(folder), read_state(folder)
    except PermissionError:
        return None  # another user's servers
    if running is None or state is None or not running.is_alive():
        return None
    # Imported late: they bring psycopg2, which a process that finds no server does not need.
    from o2o.embedded import roles
    from o2o.embedded.postgres import ADMIN, Postgres
    from o2o.embedded.valkey import Valkey

    has_database, has_redis = running.postgres is not None, running.valkey is not None
    return EmbeddedUrls(
        database_url=Postgres.url(state, roles.APP) if has_database else None,
        database_owner_url=Postgres.url(state, roles.OWNER) if has_database else None,
        database_admin_url=Postgres.url(state, ADMIN) if has_database else None,
        redis_url=Valkey.url(state) if has_redis else None,
    )


def find_running(data_dir: Path | None = None) -> dict[str, str] | None:
    """Return the environment variables of the running servers, or None.

    Variables that are set already win and are left out.
    """
    found = urls(data_dir)
    if found is None:
        return None
    values = {
        "DATABASE_URL": found.database_url,
        "DATABASE_OWNER_URL": found.database_owner_url,
        "REDIS_URL": found.redis_url,
    }
    if os.environ.get("DATABASE_URL"):
        del values["DATABASE_URL"], values["DATABASE_OWNER_URL"]
    return {name: value for name, value in values.items() if value and not os.environ.get(name)}
