"""`make check`: every check that needs no server, two at a time, longest first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BIN = Path(PYTHON).parent

MOST_LINES = 60

# Checks read settings but open no connection: nothing listens on port 1.
NO_SERVERS = {
    "DJANGO_SETTINGS_MODULE": "o2o.settings.testing",
    "DATABASE_URL": "postgres://o2o_app:none@127.0.0.1:1/o2o",
    "DATABASE_OWNER_URL": "postgres://o2o_owner:none@127.0.0.1:1/o2o",
    "REDIS_URL": "redis://127.0.0.1:1",
}
DEPLOYED = {
    **NO_SERVERS,
    "DJANGO_SETTINGS_MODULE": "o2o.settings.production",
    "SECRET_KEY": "checked-only-never-served-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "shop.example",
}


@dataclass(frozen=True)
class Check:
    """One tool and what it is asked."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=lambda: NO_SERVERS)


@dataclass(frozen=True)
class Outcome:
    """What a tool said, and after how many seconds."""

    check: Check
    code: int
    output: str
    seconds: float


def tool(name: str, *arguments: str) -> list[str]:
    """Return the command of a tool in the environment; through Python, so that a moved checkout works too."""
    return [PYTHON, str(BIN / name), *arguments]


def manage(*arguments: str) -> list[str]:
    """Return a management command, without the warning that no database answers."""
    return [PYTHON, "-W", "ignore::RuntimeWarning", "manage.py", *arguments]


def checks() -> list[Check]:
    """Return all checks, longest first."""
    return [
        Check("types (mypy)", [PYTHON, "-m", "mypy", "."]),
        Check("layers (import-linter)", tool("lint-imports")),
        Check("migrations match models", manage("makemigrations", "--check", "--dry-run")),
        Check("deployment (check --deploy)", manage("check", "--deploy", "--fail-level", "WARNING"), DEPLOYED),
        Check("templates (djlint)", [PYTHON, "-m", "djlint", "--lint", "--quiet", "templates", "o2o"]),
        Check("dependencies (deptry)", [PYTHON, "-m", "deptry", "--no-ansi", "."]),
        *translations(),
        Check("lock files", [PYTHON, "-m", "tools.lock", "check"]),
        Check("lint (ruff)", [str(BIN / "ruff"), "check", "."]),
        Check("format (ruff)", [str(BIN / "ruff"), "format", "--check", "--output-format", "concise", "."]),
    ]


def translations() -> list[Check]:
    """Return the check of the translations where there are any."""
    if not (ROOT / "locale").is_dir():
        return []
    return [Check("translations", manage("messages", "--check"))]


def run(check: Check) -> Outcome:
    """Run one check and keep what it says."""
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**os.environ, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check, done.returncode, done.stdout, time.monotonic() - began)


def report(outcome: Outcome) -> None:
    """Print one line for a check that passed, and all that it said for one that failed."""
    word = "FAILED" if outcome.code else "ok"
    print(f"{word:6} {outcome.check.name} ({outcome.seconds:.1f} s)", flush=True)
    if outcome.code:
        lines = outcome.output.rstrip().splitlines()
        print("\n".join(lines[:MOST_LINES]), flush=True)
        if len(lines) > MOST_LINES:
            asked = " ".join(outcome.check.command).replace(f"{ROOT}/", "")
            print(f"… and {len(lines) - MOST_LINES} more lines: {asked}", flush=True)


def main() -> int:
    """Run them all; return 1 if any failed."""
    began = time.monotonic()
    failed: list[str] = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(run, checks()):
            report(outcome)
            if outcome.code:
                failed.append(outcome.check.name)
    verdict = f"failed: {', '.join(failed)}" if failed else "all checks passed"
    print(f"{verdict} ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
