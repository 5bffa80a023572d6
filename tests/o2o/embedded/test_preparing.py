"""A PostgreSQL that was not started by us is made ready, PostgreSQL 15 included."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from o2o.embedded import roles
from o2o.embedded.__main__ import main
from o2o.embedded.binaries import find_postgres
from o2o.embedded.preparing import for_role, prepare, with_database
from o2o.embedded.services import Profile, Services, start
from tests.o2o.embedded.test_roles import rows, session

_FIFTEEN = Path("/usr/lib/postgresql/15/bin")


def test_the_command_prepares_and_prints_no_secret(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert services.database_admin_url is not None
    environment = tmp_path / "database.env"
    command = ["prepare-database", "--admin-url", services.database_admin_url, "--name", "shop-1"]
    assert main([*command, "--write-env", str(environment)]) == 0
    values = dict(line.split("=", 1) for line in environment.read_text().splitlines())
    assert stat.S_IMODE(environment.stat().st_mode) == 0o600
    said = "".join(capsys.readouterr())
    for url in (services.database_admin_url, *values.values()):
        assert url.split(":")[2].split("@")[0] not in said
    with session(values["DATABASE_OWNER_URL"]) as owner:
        rows(owner, "CREATE TABLE thing (name text)")
    with session(values["DATABASE_URL"]) as app:
        assert rows(app, "SELECT current_database(), current_user") == [("shop-1", roles.APP)]
        assert rows(app, "SELECT name FROM thing") == []


def test_passwords_come_from_the_environment_or_from_files(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert services.database_admin_url is not None
    secret = tmp_path / "app-password"
    secret.write_text("from a file/@:\n")
    monkeypatch.setenv("O2O_APP_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("DATABASE_ADMIN_URL", services.database_admin_url)
    assert main(["prepare-database", "--name", "shop-2"]) == 0
    with session(for_role(services.database_admin_url, roles.APP, "from a file/@:", "shop-2")) as app:
        assert rows(app, "SELECT 1") == [(1,)]


def test_an_unreachable_server_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare-database", "--admin-url", "postgresql://a:b@127.0.0.1:1/postgres"]) == 1
    assert "the database server refused" in capsys.readouterr().err


def test_an_admin_without_superuser_rights_can_prepare(services: Services) -> None:
    """As on a managed server."""
    assert services.database_admin_url is not None
    with session(services.database_admin_url) as admin:
        rows(admin, "CREATE ROLE managed LOGIN CREATEROLE CREATEDB PASSWORD 'managed'")
        for name in (roles.OWNER, roles.APP, roles.PLATFORM):
            rows(admin, f"GRANT {name} TO managed WITH ADMIN OPTION")
    url = for_role(services.database_admin_url, "managed", "managed", "postgres")
    prepare(url, "shop-3")
    with session(with_database(services.database_admin_url, "shop-3")) as admin:
        found = {name for (name,) in rows(admin, "SELECT extname FROM pg_extension")}
        assert set(roles.EXTENSIONS) <= found


@pytest.mark.skipif(not _FIFTEEN.exists(), reason=f"no PostgreSQL 15 in {_FIFTEEN}")
def test_postgres_15_of_the_system_serves(empty_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("O2O_POSTGRES_BIN", str(_FIFTEEN))
    assert find_postgres().major == 15
    with start(Profile.TEST, empty_data_dir) as services:
        with session(services.database_url) as app:
            assert rows(app, "SELECT current_setting('server_version_num')::int / 10000") == [(15,)]
            assert rows(app, "SELECT show_trgm('今日奶茶') <> '{}'") == [(True,)]
            assert rows(app, "SELECT pg_has_role('o2o_app', 'o2o_platform', 'USAGE')") == [(False,)]
            rows(app, "SET ROLE o2o_platform")
        assert services.database_admin_url is not None
        prepare(services.database_admin_url, "o2o")
