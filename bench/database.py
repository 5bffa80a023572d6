"""A PostgreSQL with a migrated database for one measurement, and Django set up to use it."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from o2o.embedded.state import default_data_dir
from o2o.embedded.testing import start_for_tests


@contextmanager
def fresh_database() -> Iterator[str]:
    """Yield the name of a database that is dropped at the end. The caller has started the servers."""
    from django.db import connections

    from tests import database

    name = database.make_database()
    database.use_database(name)
    try:
        yield name
    finally:
        connections.close_all()
        database.drop_database(name)


@contextmanager
def kept_database(name: str, fill: Callable[[str], object]) -> Iterator[str]:
    """Start servers of their own folder and use a database there that outlives the run; one that is new is filled."""
    with servers(default_data_dir() / "bench"):
        from django.core.management import call_command
        from django.db import connections

        from tests import database

        is_new = not _exists(name)
        if is_new:
            with database.as_owner("postgres") as owner, owner.cursor() as cursor:
                cursor.execute(f'ALTER DATABASE "{database.make_database()}" RENAME TO "{name}"')
        database.use_database(name)
        call_command("migrate", verbosity=0, skip_checks=True)
        try:
            if is_new:
                _fill_or_drop(name, fill)
            yield name
        finally:
            connections.close_all()


@contextmanager
def servers(folder: Path | None = None) -> Iterator[None]:
    """Start PostgreSQL and Redis, and set Django up.

    The servers are those of the tests, which do not wait for the disk, so that figures show the work and not the disk.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "o2o.settings.testing")
    services = start_for_tests(folder)
    try:
        import django

        django.setup()
        logging.disable(logging.WARNING)
        yield
    finally:
        services.stop()


def url_of(database: str) -> str:
    """Return the address of a database for the role of the application."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def analyse(database: str) -> None:
    """Let the planner know the tables, as autovacuum does a minute later."""
    from tests.database import as_owner

    with as_owner(database) as owner, owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _fill_or_drop(name: str, fill: Callable[[str], object]) -> None:
    from django.db import connections

    from tests import database

    try:
        fill(name)
    except BaseException:
        # One that is filled in part would count as full the next time.
        connections.close_all()
        database.drop_database(name)
        raise


def _exists(name: str) -> bool:
    from tests import database

    with database.as_owner("postgres") as owner, owner.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None
