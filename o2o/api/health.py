"""Whether this process can do its work, as one look at each thing that it needs."""

from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

ROLE_QUERY = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is needed, or would be good to have."""

    name: str
    is_ok: bool
    is_required: bool
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what the health page shows of it."""
        body: dict[str, Any] = {"status": "ok" if self.is_ok else "failed", "required": self.is_required}
        return body | ({"detail": self.detail} if self.detail else {})


class _Migrations:
    """Remembers that the database was up to date: it does not fall behind the code of a running process."""

    are_applied = False

    def missing(self) -> int:
        """Return how many migrations the database lacks."""
        if self.are_applied:
            return 0
        executor = MigrationExecutor(connection)
        count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        self.are_applied = count == 0
        return count


migrations = _Migrations()


def readiness() -> list[Part]:
    """Look at the database (required) and Redis (not: reads go on without it)."""
    return [*_database(), _redis()]


def _database() -> list[Part]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(ROLE_QUERY)
            can_bypass = cursor.fetchone()[0]
        missing = migrations.missing()
    except DatabaseError as error:
        # The connection is broken; the next look opens a new one.
        connection.close()
        return [Part("database", is_ok=False, is_required=True, detail=type(error).__name__)]
    return [
        Part("database", is_ok=True, is_required=True),
        Part(
            "database_role",
            is_ok=not can_bypass,
            is_required=True,
            detail="The role can bypass row-level security." if can_bypass else "",
        ),
        Part(
            "migrations",
            is_ok=not missing,
            is_required=True,
            detail=f"{missing} not applied; run manage.py migrate." if missing else "",
        ),
    ]


def _redis() -> Part:
    try:
        redis_client().ping()
    except redis.RedisError as error:
        return Part("redis", is_ok=False, is_required=False, detail=type(error).__name__)
    return Part("redis", is_ok=True, is_required=False)


def redis_client() -> "redis.Redis":
    """Return a client that gives up soon."""
    return redis.Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]), socket_timeout=0.5, socket_connect_timeout=0.5
    )
