"""The statements of a call, recorded once and run again without the call: what the database alone can do.

``pgbench`` comes with the embedded PostgreSQL. It speaks the simple protocol, as our driver does, so that parsing,
planning and round trips are the same on both sides; what is missing is all that Python does.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.database import url_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
FAILED = re.compile(r"number of failed transactions: (\d+)")


def recorded(call: Callable[[], Any]) -> list[str]:
    """Return every statement that a call sends, with its values, between BEGIN and COMMIT."""
    from django.db import connection

    sent: list[str] = []

    def listen(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, parameters, many, context)
        sent.append(context["cursor"].query.decode())
        return result

    with connection.execute_wrapper(listen):
        call()
    return ["BEGIN", *sent, "COMMIT"]


def script(statements: list[str], *, values: Mapping[str, str], settings: str) -> str:
    """Return a script of pgbench that says the same of other rows each time.

    ``values`` are texts and what stands in their place, such as the key of a variant and one with a random number;
    ``settings`` gives these their values. Keys that the call made are new in each transaction.
    """
    text = ";\n".join(statement.strip().rstrip(";").replace("; SELECT", r" \; SELECT") for statement in statements)
    for value, place in values.items():
        text = text.replace(value, place)
    made = dict.fromkeys(UUID.findall(text))
    for number, value in enumerate(one for one in made if not one.startswith("00000000-")):
        text = text.replace(value, f"01990000-{number:04}-7000-:client-:run")
    counters = "\\set run :run + 1\n\\set client 8000 + :client_id\n"
    return f"{counters}{settings}{text};\n"


def pgbench(database: str, text: str, *, clients: int, seconds: float) -> float:
    """Run a script and return transactions per second. Raises ``RuntimeError`` where some of them fail."""
    url = urlsplit(url_of(database))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(text, encoding="utf-8")
        command = [
            str(_program()), "-n", "-M", "simple", "-f", str(file), "-c", str(clients), "-j", str(min(clients, 2)),
            "-T", str(round(seconds)), "-D", f"run={100_000_000_000 + time.time_ns() // 1000 % 100_000_000_000}",
            "-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username), database,
        ]  # fmt: skip
        environment = {**os.environ, "PGPASSWORD": str(url.password)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    rate, failed = RATE.search(done.stdout), FAILED.search(done.stdout)
    if done.returncode or rate is None or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench failed: {done.stdout[-500:]} {done.stderr[-2000:]}")
    return float(rate[1])


def _program() -> Path:
    from o2o.embedded.binaries import find_postgres

    program = find_postgres().folder / "pgbench"
    if not program.exists():
        raise RuntimeError(f"There is no pgbench beside PostgreSQL in {program.parent}.")
    return program
