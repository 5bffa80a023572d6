"""The roles have exactly the rights that are promised, on the embedded server and on any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from o2o.embedded import roles
from o2o.embedded.errors import EmbeddedError
from o2o.embedded.preparing import with_database
from o2o.embedded.services import Services


@contextmanager
def session(url: str) -> Iterator[Connection]:
    with roles.connected(url) as connection:
        yield connection


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def with_table(services: Services) -> Services:
    """A table of the owner with one row, guarded by a policy that lets only `o2o_platform` see it."""
    with session(services.database_owner_url) as owner:
        rows(owner, "CREATE TABLE shop (id bigserial PRIMARY KEY, name text)")
        rows(owner, "INSERT INTO shop (name) VALUES ('今日奶茶')")
        rows(owner, "ALTER TABLE shop ENABLE ROW LEVEL SECURITY")
        rows(owner, "CREATE POLICY platform ON shop TO o2o_platform USING (true)")
    return services


def test_attributes_are_exactly_these(services: Services) -> None:
    query = (
        "SELECT rolname, rolcanlogin, rolinherit, rolcreatedb,"
        " rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = ANY (%s) ORDER BY 1"
    )
    with session(services.database_url) as app:
        assert rows(app, query, [roles.APP, roles.OWNER, roles.PLATFORM]) == [
            (roles.APP, True, False, False, False),
            (roles.OWNER, True, True, True, False),
            (roles.PLATFORM, False, True, False, False),
        ]


def test_app_is_member_of_platform_only_and_inherits_nothing(services: Services) -> None:
    query = (
        "SELECT r.rolname, m.inherit_option, m.set_option, m.admin_option FROM pg_auth_members m"
        " JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = 'o2o_app'::regrole"
    )
    with session(services.database_url) as app:
        assert rows(app, query) == [(roles.PLATFORM, False, True, False)]


def test_database_and_public_schema_belong_to_the_owner(services: Services) -> None:
    with session(services.database_url) as app:
        owner = rows(app, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
        assert owner == [(roles.OWNER,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE shop DISABLE ROW LEVEL SECURITY",
        "DROP TABLE shop",
        "TRUNCATE shop",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SET ROLE o2o_owner",
        "COPY shop TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_app_may_not(with_table: Services, statement: str) -> None:
    with session(with_table.database_url) as app, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        rows(app, statement)


def test_owner_may_what_app_may_not(services: Services) -> None:
    """The control: the statements are refused for the role, not for the server."""
    with session(services.database_owner_url) as owner:
        rows(owner, "CREATE TABLE mine (id int)")
        rows(owner, "DROP TABLE mine")


def test_app_sees_rows_of_all_only_inside_the_platform_role(with_table: Services) -> None:
    with closing(psycopg2.connect(with_table.database_url)) as app:
        assert rows(app, "SELECT name FROM shop") == []
        rows(app, "SET LOCAL ROLE o2o_platform")
        assert rows(app, "SELECT name FROM shop") == [("今日奶茶",)]
        app.commit()
        assert rows(app, "SELECT current_user, count(*) FROM shop GROUP BY 1") == []


def test_app_reads_and_writes_what_the_owner_makes_later(services: Services) -> None:
    with session(services.database_owner_url) as owner:
        rows(owner, "CREATE TABLE later (id bigserial PRIMARY KEY, name text)")
    with session(services.database_url) as app:
        rows(app, "INSERT INTO later (name) VALUES ('a')")
        rows(app, "UPDATE later SET name = 'b'")
        assert rows(app, "SELECT id, name FROM later") == [(1, "b")]
        rows(app, "DELETE FROM later")


def test_app_has_time_limits_and_the_owner_has_not(services: Services) -> None:
    with session(services.database_url) as app, session(services.database_owner_url) as owner:
        for setting, limit in (
            ("lock_timeout", "5s"),
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "1min"),
        ):
            assert rows(app, f"SHOW {setting}") == [(limit,)]
            assert rows(owner, f"SHOW {setting}") == [("0",)]


def test_a_lock_is_not_waited_for_longer_than_the_limit(with_table: Services) -> None:
    with closing(psycopg2.connect(with_table.database_owner_url)) as owner, session(with_table.database_url) as app:
        rows(owner, "LOCK TABLE shop")
        rows(app, "SET lock_timeout = '100ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            rows(app, "SELECT 1 FROM shop")


def test_a_database_that_the_owner_makes_is_ready(services: Services) -> None:
    """As the test runner does: extensions and rights come from template1."""
    with session(services.database_owner_url) as owner:
        rows(owner, "CREATE DATABASE fresh")
    with session(with_database(services.database_owner_url, "fresh")) as owner:
        rows(owner, "CREATE TABLE thing (name text); INSERT INTO thing VALUES ('a')")
    with session(with_database(services.database_url, "fresh")) as app:
        assert rows(app, "SELECT name FROM thing") == [("a",)]
        found = {name for (name,) in rows(app, "SELECT extname FROM pg_extension")}
        assert set(roles.EXTENSIONS) <= found


def test_preparing_again_changes_nothing(services: Services) -> None:
    query = (
        "SELECT a.*, s.setconfig FROM pg_authid a LEFT JOIN pg_db_role_setting s ON setrole = a.oid ORDER BY a.rolname"
    )
    assert services.database_admin_url is not None
    with session(services.database_admin_url) as admin:
        before = rows(admin, query)
        roles.prepare_cluster(admin)
        roles.prepare_database(admin)
        assert roles.create_database(admin, "o2o") is False
        assert rows(admin, query) == before


def test_a_role_that_is_too_strong_is_cut_back(services: Services) -> None:
    assert services.database_admin_url is not None
    with session(services.database_admin_url) as admin:
        rows(admin, "ALTER ROLE o2o_app BYPASSRLS CREATEROLE CREATEDB INHERIT")
        roles.prepare_cluster(admin)
    test_attributes_are_exactly_these(services)


def test_a_login_that_cannot_cut_it_back_is_told_so(services: Services) -> None:
    assert services.database_admin_url is not None
    with session(services.database_admin_url) as admin:
        rows(admin, "CREATE ROLE weak LOGIN CREATEROLE PASSWORD 'weak'")
        rows(admin, "ALTER ROLE o2o_platform BYPASSRLS")
        try:
            address = services.database_admin_url.rpartition("@")[2]
            with (
                session(f"postgresql://weak:weak@{address}") as weak,
                pytest.raises(EmbeddedError, match="NOBYPASSRLS"),
            ):
                roles.prepare_cluster(weak)
        finally:
            rows(admin, "ALTER ROLE o2o_platform NOBYPASSRLS")
            rows(admin, "DROP ROLE weak")


def test_chinese_text_is_found_by_trigrams_through_the_index(services: Services) -> None:
    with session(services.database_owner_url) as owner:
        rows(owner, "CREATE TABLE product (name text)")
        rows(owner, "INSERT INTO product SELECT '商品 ' || n FROM generate_series(1, 3000) n")
        rows(owner, "INSERT INTO product VALUES ('今日奶茶 大杯'), ('珍珠奶茶')")
        rows(owner, "CREATE INDEX ON product USING gin (name gin_trgm_ops)")
        rows(owner, "ANALYZE product")
        assert rows(owner, "SELECT show_trgm('今日奶茶') <> '{}'") == [(True,)]
        assert rows(owner, "SELECT name FROM product WHERE name % '今日奶茶'") == [("今日奶茶 大杯",)]
        rows(owner, "SET enable_seqscan = off")
        plan = rows(owner, "EXPLAIN SELECT name FROM product WHERE name ILIKE '%今日奶茶%'")
        assert any("Index" in line for (line,) in plan)
        assert rows(owner, "SELECT name FROM product WHERE name ILIKE '%今日奶茶%'") == [("今日奶茶 大杯",)]


def test_plain_c_locale_would_find_no_chinese(services: Services) -> None:
    """The control for the way in which the cluster is made."""
    assert services.database_admin_url is not None
    with session(services.database_admin_url) as admin:
        rows(admin, "CREATE DATABASE plain_c TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")
    with session(with_database(services.database_admin_url, "plain_c")) as admin:
        rows(admin, "CREATE EXTENSION pg_trgm")
        assert rows(admin, "SELECT show_trgm('今日奶茶')") == [([],)]
