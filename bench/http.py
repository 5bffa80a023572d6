"""What our stack costs: requests a second from a bare WSGI application up to a read in the scope of a merchant.

    .venv/bin/python -m bench.http [--seconds 5] [--connections 8]

Starts its own PostgreSQL and Redis (or uses DATABASE_URL and REDIS_URL), and granian as in production: two processes
of four threads. Load comes over loopback from this process, so that server and client share the cores.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from o2o.embedded.testing import start_for_tests

GRANIAN = "--interface wsgi --host 127.0.0.1 --workers 2 --blocking-threads 4 --log-level warning"
LONGEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table."""

    label: str
    application: str
    path: str
    headers: dict[str, str]


def main() -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", default="", help="run the cases whose label holds this text")
    options = parser.parse_args()
    services = start_for_tests()
    try:
        os.environ.update(DJANGO_SETTINGS_MODULE="o2o.settings.development", API_RATE_LIMIT="100000000/min")
        os.environ.setdefault("LOG_FORMAT", "json")
        cases = [case for case in prepare() if options.only in case.label]
        measure(cases, seconds=min(options.seconds, LONGEST_SECONDS), connections=options.connections)
    finally:
        services.stop()


def prepare() -> list[Case]:
    """Make the tables, a merchant with staff, a program and a session; return what to measure."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--noinput", "-v", "0"], check=True)
    import django

    django.setup()
    from bench.callers import make_callers

    callers = make_callers()
    ours = "o2o.wsgi:application"
    bare = "bench.bare_wsgi:application"
    return [
        Case("WSGI alone", "bench.bare:application", "/", {}),
        Case("Django alone", bare, "/hello", {}),
        Case("REST framework alone, reads a row", bare, f"/read/{callers.content_type_id}", {}),
        Case("liveness, our stack without a tenant", ours, "/health/live", {}),
        Case("GET /api/v1/merchant with a token", ours, "/api/v1/merchant", callers.program),
        Case("GET /api/v1/webhook_endpoints with a token", ours, "/api/v1/webhook_endpoints", callers.program),
        Case("GET /api/v1/staff (20 rows) with a session", ours, "/api/v1/staff", callers.person),
    ]


def measure(cases: list[Case], *, seconds: float, connections: int) -> None:
    """Run each case and print its row."""
    from bench.load import run

    first = 0.0
    print(f"{'':<45}{'requests/s':>11}{'of bare':>9}{'p50 ms':>8}{'p99 ms':>8}{'web CPU ms':>10}  answers")
    for case in cases:
        with serving(case.application) as port:
            run(port, case.path, headers=case.headers, connections=connections, seconds=1.0)
            used = cpu_seconds()
            load = run(port, case.path, headers=case.headers, connections=connections, seconds=seconds)
            used = cpu_seconds() - used
        first = first or load.per_second
        share = f"{load.per_second / first:.1%}"
        print(
            f"{case.label:<45}{load.per_second:>11,.0f}{share:>9}{load.quantile(0.5):>8.1f}{load.quantile(0.99):>8.1f}"
            f"{used / len(load.latencies) * 1000:>10.2f}  {load.statuses}",
            flush=True,
        )


@contextmanager
def serving(application: str) -> Iterator[int]:
    """Serve an application with granian as production does; yield the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", *GRANIAN.split(), "--port", str(port), application]
    server = subprocess.Popen(command, stderr=None if os.environ.get("BENCH_STDERR") else subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(15)


def cpu_seconds() -> float:
    """Return the processor time of the web processes so far, which other work on the machine does not lengthen."""
    ticks = 0
    for process in _descendants(os.getpid()):
        if "granian" in (Path("/proc") / process / "cmdline").read_text(errors="replace"):
            fields = (Path("/proc") / process / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _descendants(pid: int) -> Iterator[str]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield child
            yield from _descendants(int(child))


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _attempt in range(300):
        if server.poll() is not None:
            raise SystemExit(f"granian ended with code {server.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("granian did not start within 30 seconds.")


if __name__ == "__main__":
    main()
