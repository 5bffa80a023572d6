"""Find the servers that run already, without starting any: for `manage.py shell` beside `make up`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from o2o.embedded.configured import is_configured
from o2o.embedded.state import default_data_dir, read_running, read_state

NOT_RUNNING = "no database: run `make up`, or set DATABASE_URL"


@dataclass(frozen=True)
class EmbeddedUrls:
    """Addresses of running embedded servers; None for one that the owner had configured otherwise."""

    database_url: str | None
    database_owner_url: str | None
    database_admin_url: str | None
    redis_url: str | None

    def environment(self) -> dict[str, str]:
        """Return the variables that settings read, without those of servers that are not embedded."""
        values = {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
        }
        return {name: value for name, value in values.items() if value}


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
    values = found.environment()
    if is_configured("DATABASE_URL"):
        values = {name: value for name, value in values.items() if not name.startswith("DATABASE_")}
    return {name: value for name, value in values.items() if not is_configured(name)}
