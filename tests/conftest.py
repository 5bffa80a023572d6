"""Fixtures that all tests share."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.db import connection, connections
from django.test import TransactionTestCase, override_settings
from django.utils import timezone, translation
from pytest_django.plugin import DjangoDbBlocker

from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_scope
from tests import database
from tests.factories import MerchantFactory


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, then with those of many tests, so that no process works alone at the end."""
    sizes = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, -sizes[item.path], item.path))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this process a database of its own, cloned from a migrated template."""
    with django_db_blocker.unblock():
        name = database.make_database()
        database.use_database(name)
        keep = database.seeded_tables(name)
        TransactionTestCase._fixture_teardown = lambda _self: database.truncate(name, keep)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        database.drop_database(name)


@pytest.fixture(scope="session", autouse=True)
def media_root() -> Iterator[None]:
    """Keep what tests upload in a folder of this process, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="o2o-media-") as name, override_settings(MEDIA_ROOT=name):
        yield


@pytest.fixture(autouse=True)
def own_language() -> None:
    """Begin in the language and time zone of the settings, whatever a request of the test before has left behind."""
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """Let the test commit for real, for races and other processes; the tables are emptied afterwards."""


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg2.extensions.connection]:
    """A connection of the role that owns the tables, in autocommit mode, outside the test's transaction."""
    with database.as_owner(connection.settings_dict["NAME"]) as owner:
        yield owner


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, for servers that give up root; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="o2o-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def merchant(db: None) -> Merchant:
    """A merchant."""
    return MerchantFactory(name="Tea House", slug="tea-house")


@pytest.fixture
def other_merchant(db: None) -> Merchant:
    """Another merchant, whom the first must never notice."""
    return MerchantFactory(name="Book Shop", slug="book-shop")


@pytest.fixture
def scope(merchant: Merchant) -> Iterator[Merchant]:
    """Work in the scope of ``merchant``, in the transaction of the test."""
    with tenant_scope(merchant.pk):
        yield merchant
