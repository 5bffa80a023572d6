"""Servers start, stay where they are, are shared, and die with their owner."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import redis

from o2o.embedded import postgres as pg
from o2o.embedded import urls
from o2o.embedded.errors import EmbeddedError
from o2o.embedded.processes import ProcessMark, program_of, wait_until, wrapped
from o2o.embedded.services import Profile, Services, start
from o2o.embedded.state import free_port, is_port_free, read_running, read_state
from tests.o2o.embedded.conftest import PROJECT, Owner, is_gone


def ask(url: str, query: str) -> object:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
        connection.commit()
        return row[0] if row else None


def server_pids(data_dir: Path) -> list[int]:
    running = read_running(data_dir)
    assert running is not None
    assert running.postgres is not None
    assert running.valkey is not None
    return [running.postgres.pid, running.valkey.pid]


def test_both_servers_answer_at_their_urls(services: Services) -> None:
    assert ask(services.database_url, "SELECT current_user") == "o2o_app"
    assert ask(services.database_owner_url, "SELECT current_user") == "o2o_owner"
    assert services.database_admin_url is not None
    assert ask(services.database_admin_url, "SELECT current_user") == "o2o_admin"
    for database in (0, 1):
        assert redis.Redis.from_url(f"{services.redis_url}/{database}").ping()


def test_environment_names_what_settings_read(services: Services) -> None:
    assert services.environment() == {
        "DATABASE_URL": services.database_url,
        "DATABASE_OWNER_URL": services.database_owner_url,
        "REDIS_URL": services.redis_url,
    }


def test_a_wrong_or_missing_password_is_refused(services: Services) -> None:
    state = read_state(services.data_dir)
    assert state is not None
    for url in (
        services.database_url.replace(state.app_password, "wrong"),
        services.database_url.replace(f":{state.app_password}", ""),
    ):
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(url)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=state.valkey_port, retry=None).ping()


def test_servers_listen_on_loopback_only(services: Services) -> None:
    assert ask(services.database_url, "SHOW listen_addresses") == "127.0.0.1"
    assert redis.Redis.from_url(services.redis_url).config_get("bind") == {"bind": "127.0.0.1"}


def test_secrets_are_readable_by_us_alone(services: Services) -> None:
    state = read_state(services.data_dir)
    assert state is not None
    assert stat.S_IMODE(services.data_dir.stat().st_mode) == 0o700
    for name in ("state.json", "running.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((services.data_dir / name).stat().st_mode) == 0o600, name
    command_lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    for secret in (state.admin_password, state.owner_password, state.app_password, state.valkey_password):
        assert secret not in command_lines
        for log in (services.data_dir / "log").iterdir():
            assert secret not in log.read_text(errors="replace"), log


def test_folders_above_the_data_keep_their_modes(empty_data_dir: Path) -> None:
    before = stat.S_IMODE(empty_data_dir.parent.stat().st_mode)
    start(Profile.TEST, empty_data_dir).stop()
    assert stat.S_IMODE(empty_data_dir.parent.stat().st_mode) == before


def test_data_and_addresses_survive_a_restart(data_dir: Path) -> None:
    with start(Profile.DURABLE, data_dir) as first:
        before = first.environment()
        ask(first.database_owner_url, "CREATE TABLE kept AS SELECT 42 AS value; SELECT 1")
        redis.Redis.from_url(f"{first.redis_url}/0").set("kept", "42")
    with start(Profile.DURABLE, data_dir) as second:
        assert second.environment() == before
        assert ask(second.database_owner_url, "SELECT value FROM kept") == 42
        assert redis.Redis.from_url(f"{second.redis_url}/0").get("kept") == b"42"


def test_durable_servers_are_durable_and_test_servers_fast(data_dir: Path, services: Services) -> None:
    assert ask(services.database_url, "SHOW fsync") == "off"
    assert redis.Redis.from_url(services.redis_url).config_get("appendonly") == {"appendonly": "no"}
    with start(Profile.DURABLE, data_dir) as durable:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(durable.database_url, f"SHOW {setting}") == "on"
        settings = redis.Redis.from_url(durable.redis_url).config_get("appendonly", "maxmemory-policy")
        assert settings == {"appendonly": "yes", "maxmemory-policy": "noeviction"}


def test_a_second_start_attaches_and_does_not_end_the_servers(
    data_dir: Path, other_process: Callable[..., Owner]
) -> None:
    owner = other_process(data_dir)
    assert owner.role() == "owner"
    with start(Profile.TEST, data_dir) as attached:
        assert not attached.is_owner
        assert ask(attached.database_url, "SELECT 1") == 1
    assert urls(data_dir) is not None
    assert all(ProcessMark.of(pid) for pid in server_pids(data_dir))


def test_two_starts_at_once_give_one_owner(data_dir: Path, other_process: Callable[..., Owner]) -> None:
    roles = [process.role() for process in [other_process(data_dir) for _ in range(3)]]
    assert sorted(roles) == ["attached", "attached", "owner"]


@pytest.mark.parametrize("profile", list(Profile))
def test_servers_die_with_a_killed_owner_and_start_again(
    data_dir: Path, other_process: Callable[..., Owner], profile: Profile
) -> None:
    owner = other_process(data_dir, profile)
    assert owner.role() == "owner"
    pids = server_pids(data_dir)
    owner.kill()
    assert all(is_gone(pid) for pid in pids)
    assert urls(data_dir) is None
    with start(profile, data_dir) as again:
        assert again.is_owner
        assert ask(again.database_url, "SELECT 1") == 1


def test_without_the_death_signal_a_server_would_outlive_its_owner(data_dir: Path) -> None:
    """The control: the same launch without the tie leaves a process behind."""
    code = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:]).pid, flush=True); sys.stdin.read()"
    for is_tied in (True, False):
        command = ["sleep", "60"]
        if is_tied:
            command = ["/bin/sh", "-c", 'exec "$0" -I -S "$1" $PPID 15 same -- /bin/sleep 60', sys.executable]
            command.append(str(PROJECT / "o2o/embedded/launch.py"))
        with subprocess.Popen(
            [sys.executable, "-c", code, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as owner:
            assert owner.stdout is not None
            pid = int(owner.stdout.readline())
            if is_tied:
                assert wait_until(lambda pid=pid: program_of(pid) == "sleep", seconds=5)
            owner.kill()
        if is_tied:
            assert is_gone(pid)
        else:
            assert ProcessMark.of(pid) is not None
            os.kill(pid, signal.SIGKILL)


def test_a_server_started_from_a_thread_outlives_the_thread(data_dir: Path) -> None:
    started: list[Services] = []
    thread = threading.Thread(target=lambda: started.append(start(Profile.TEST, data_dir)))
    thread.start()
    thread.join()
    with started[0] as services:
        assert ask(services.database_url, "SELECT pg_sleep(0.3) IS NOT NULL") is True


def test_a_server_that_its_living_owner_lost_is_not_taken_over(
    data_dir: Path, other_process: Callable[..., Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert other_process(data_dir).role() == "owner"
    postgres, valkey = server_pids(data_dir)
    os.kill(postgres, signal.SIGKILL)
    assert is_gone(postgres)
    monkeypatch.setattr("o2o.embedded.services._OWNER_HAS", 0.5)
    with pytest.raises(EmbeddedError, match="one of them has ended"):
        start(Profile.TEST, data_dir)
    assert ProcessMark.of(valkey) is not None


def test_an_orphaned_server_is_ended_before_a_new_one_starts(data_dir: Path) -> None:
    """As on a system without death signals: the owner is gone, its servers are not."""
    first = start(Profile.TEST, data_dir)
    pids = server_pids(data_dir)
    record = data_dir / "running.json"
    record.write_text(record.read_text().replace(f'"pid": {os.getpid()}', '"pid": 999999999'))
    first._children["postgres"].poll()
    with start(Profile.TEST, data_dir) as second:
        assert second.is_owner
        assert set(server_pids(data_dir)).isdisjoint(pids)
        assert all(is_gone(pid) for pid in pids)
        assert ask(second.database_url, "SELECT 1") == 1


def test_stale_pid_file_that_names_a_living_stranger_is_cleared(data_dir: Path) -> None:
    start(Profile.TEST, data_dir).stop()
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n1\n1\n")
    with start(Profile.TEST, data_dir) as services:
        assert ask(services.database_url, "SELECT 1") == 1


def test_killed_servers_are_revived_at_the_same_addresses(data_dir: Path) -> None:
    with start(Profile.DURABLE, data_dir) as services:
        before = services.environment()
        ask(services.database_owner_url, "CREATE TABLE kept AS SELECT 42 AS value; SELECT 1")
        for pid in server_pids(data_dir):
            os.kill(pid, signal.SIGKILL)
            assert is_gone(pid)
        assert urls(data_dir) is None
        revived: list[str] = []

        def revive() -> bool:
            revived.extend(services.revive())
            return sorted(revived) == ["postgres", "valkey"]

        # A killed process with several threads shows as dead a moment before it can be waited for.
        assert wait_until(revive, seconds=20), revived
        assert services.environment() == before
        assert ask(services.database_owner_url, "SELECT value FROM kept") == 42
        assert urls(data_dir) is not None
        assert services.revive() == []


def test_a_port_taken_meanwhile_is_replaced(data_dir: Path) -> None:
    start(Profile.TEST, data_dir).stop()
    before = read_state(data_dir)
    assert before is not None
    with socket.create_server(("127.0.0.1", before.postgres_port)), start(Profile.TEST, data_dir) as services:
        after = read_state(data_dir)
        assert after is not None
        assert after.postgres_port != before.postgres_port
        assert after.valkey_port == before.valkey_port
        assert ask(services.database_url, "SELECT 1") == 1


def test_free_port_prefers_the_remembered_one() -> None:
    port = free_port(remembered=0)
    assert is_port_free(port)
    assert free_port(remembered=port) == port
    assert free_port(remembered=port, avoid=port) != port


def test_a_long_and_strange_data_path_works(data_dir: Path) -> None:
    folder = data_dir / ("very long folder name of a shop " * 5).strip() / "数据 'quoted'" / ("x" * 80)
    with start(Profile.TEST, folder) as services:
        assert ask(services.database_url, "SELECT 1") == 1
        assert redis.Redis.from_url(f"{services.redis_url}/0").ping()
        assert len(os.fsencode(pg.Postgres(folder, durable=False).socket_dir(0) / ".s.PGSQL.65535")) <= 107


def test_valkey_puts_aside_files_that_it_cannot_read(data_dir: Path) -> None:
    with start(Profile.DURABLE, data_dir) as services:
        redis.Redis.from_url(f"{services.redis_url}/0").set("a", "b")
    for path in (data_dir / "valkey" / "appendonlydir").glob("*.incr.aof"):
        path.write_bytes(b"*3\r\n$3\r\nSET\r\nrubbish" + os.urandom(200) + path.read_bytes())
    with start(Profile.DURABLE, data_dir) as services:
        assert redis.Redis.from_url(f"{services.redis_url}/0").ping()
    assert list((data_dir / "valkey").glob("unreadable-*"))


def test_configured_servers_are_used_and_not_started(
    empty_data_dir: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", services.database_url)
    with start(Profile.TEST, empty_data_dir) as half:
        assert half.database_url == services.database_url
        assert half.embedded_names == ("valkey",)
        assert "DATABASE_OWNER_URL" not in half.environment()
        assert not (empty_data_dir / "postgres").exists()
    monkeypatch.setenv("REDIS_URL", services.redis_url)
    with start(Profile.TEST, empty_data_dir / "never") as nothing:
        assert nothing.embedded_names == ()
    assert not (empty_data_dir / "never").exists()


def test_an_owner_configured_otherwise_is_named(
    data_dir: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", services.database_url)
    with start(Profile.TEST, data_dir):
        monkeypatch.delenv("DATABASE_URL")
        with pytest.raises(EmbeddedError, match=rf"process {os.getpid()} .* without postgres"):
            start(Profile.TEST, data_dir)


def test_a_failed_start_says_why_and_leaves_nothing_running(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pg._SETTINGS, "shared_buffers", "nonsense")
    monkeypatch.setattr(pg, "_NOT_DURABLE", {})
    with pytest.raises(EmbeddedError, match='"shared_buffers": "nonsense"'):
        start(Profile.TEST, data_dir)
    assert urls(data_dir) is None
    assert read_running(data_dir) is None


def test_data_of_another_version_is_refused_with_the_way_out(data_dir: Path) -> None:
    start(Profile.TEST, data_dir).stop()
    (data_dir / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 14"):
        start(Profile.TEST, data_dir)


def test_a_killed_initialisation_is_begun_anew(empty_data_dir: Path) -> None:
    (empty_data_dir / "postgres.new").mkdir(parents=True)
    (empty_data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")
    with start(Profile.TEST, empty_data_dir) as services:
        assert ask(services.database_url, "SELECT 1") == 1
    assert not (empty_data_dir / "postgres.new").exists()


def test_urls_says_none_where_nothing_was_started(empty_data_dir: Path) -> None:
    assert urls(empty_data_dir) is None


def test_importing_needs_no_django() -> None:
    code = "import sys, o2o.embedded, o2o.embedded.services, o2o.embedded.supervisor; print('django' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert answer.stdout.strip() == "False"


def test_launcher_refuses_when_its_parent_is_not_the_one_it_was_told() -> None:
    command = wrapped(["/bin/true"])
    command[command.index(str(os.getpid()))] = "1"
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert "has ended" in answer.stderr
