"""The tenant setting behind PgBouncer in transaction mode, where connections change hands (S2)."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import connection

from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory, MerchantFactory

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
CONFIGURATION = """
[databases]
pooled = host={host} port={port} dbname={database} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""

pytestmark = [
    pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed (apt-get install pgbouncer)"),
    pytest.mark.usefixtures("committed_db"),
]

Client = psycopg2.extensions.connection


@pytest.fixture
def clients(committed_db: None, open_folder: Path) -> Iterator[list[Client]]:
    """Six connections to a pooler that has two."""
    listen = free_port()
    process = subprocess.Popen(
        [str(PGBOUNCER), *(["-u", "nobody"] if os.geteuid() == 0 else []), str(configuration(open_folder, listen))],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(listen)
        opened = [psycopg2.connect(host="127.0.0.1", port=listen, dbname="pooled", user="any") for _ in range(6)]
        yield opened
        for client in opened:
            client.close()
    finally:
        process.terminate()
        process.wait(10)


def configuration(folder: Path, listen: int) -> Path:
    parts = urlsplit(os.environ["DATABASE_URL"])
    file = folder / "pgbouncer.ini"
    file.write_text(
        CONFIGURATION.format(
            host=parts.hostname,
            port=parts.port,
            database=connection.settings_dict["NAME"],
            user=parts.username,
            password=parts.password,
            listen=listen,
        )
    )
    return file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("pgbouncer did not start")


def seen(client: Client, merchant: Merchant | None, *, is_local: bool) -> tuple[int, int]:
    """Return the backend that served one transaction, and how many memberships it showed."""
    with client, client.cursor() as cursor:
        if merchant:
            cursor.execute("SELECT set_config('o2o.merchant_id', %s, %s)", [str(merchant.pk), is_local])
        cursor.execute("SELECT pg_backend_pid(), count(*) FROM tenancy_membership")
        return cursor.fetchone()


def two_merchants() -> list[Merchant]:
    merchants = MerchantFactory.create_batch(2)
    for count, merchant in enumerate(merchants, start=1):
        MembershipFactory.create_batch(count, merchant=merchant)
    return merchants


def test_shared_connections_show_nobody_elses_rows(clients: list[Client]) -> None:
    merchants = [*two_merchants(), None]
    backends = set()
    for turn in range(600):
        index = (turn * 7 + turn // 6) % 3
        backend, count = seen(clients[turn % 6], merchants[index], is_local=True)
        backends.add(backend)
        assert count == (1, 2, 0)[index]
    assert len(backends) <= 2


def test_a_setting_of_the_session_leaks(clients: list[Client]) -> None:
    """Control: set for the session instead of the transaction, the merchant reaches somebody else's client."""
    (merchant, _) = two_merchants()
    seen(clients[0], merchant, is_local=False)
    assert any(seen(client, None, is_local=True)[1] for client in clients[1:])
