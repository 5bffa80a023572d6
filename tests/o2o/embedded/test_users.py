"""PostgreSQL starts for root, for root without user namespaces, and for a normal user."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from o2o.embedded import identity
from o2o.embedded.errors import EmbeddedError
from o2o.embedded.services import Profile, start
from tests.o2o.embedded.conftest import Owner
from tests.o2o.embedded.test_services import ask

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has this difficulty")


def a_python_that_everybody_may_run() -> str | None:
    """Return an interpreter of the system: that of a virtual environment may lie in root's closed home."""
    wanted = f"python{sys.version_info.major}.{sys.version_info.minor}"
    path = Path("/usr/bin", wanted)
    return str(path) if path.exists() else None


@as_root
def test_root_may_use_a_user_namespace_or_nobody(empty_data_dir: Path) -> None:
    with start(Profile.TEST, empty_data_dir) as services:
        assert ask(services.database_url, "SELECT 1") == 1


@as_root
def test_without_user_namespaces_root_becomes_nobody(empty_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = identity.ways_for_root()[1:2]
    monkeypatch.setattr(identity, "ways_for_root", lambda: nobody)
    with start(Profile.TEST, empty_data_dir) as services:
        assert ask(services.database_url, "SELECT 1") == 1
        assert (empty_data_dir / "postgres").stat().st_uid == nobody[0].user
    # The next start, in a namespace again or not, must cope with files of either owner.
    monkeypatch.undo()
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with start(Profile.TEST, empty_data_dir) as services:
        assert ask(services.database_url, "SELECT 1") == 1


@as_root
def test_nobody_reaches_data_below_a_closed_folder(empty_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = empty_data_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    ways = identity.ways_for_root()[1:]
    monkeypatch.setattr(identity, "ways_for_root", lambda: ways)
    with start(Profile.TEST, closed / "data") as services:
        assert ask(services.database_url, "SELECT 1") == 1


@as_root
def test_without_that_reach_the_message_says_what_to_do(empty_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = empty_data_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    ways = identity.ways_for_root()[1:2]
    monkeypatch.setattr(identity, "ways_for_root", lambda: ways)
    with pytest.raises(EmbeddedError, match="O2O_DATA_DIR"):
        start(Profile.TEST, closed / "data")


@as_root
@pytest.mark.parametrize("user", [1, 54321], ids=["named", "nameless"])
def test_a_normal_user_starts_and_root_uses_the_same_data_later(
    empty_data_dir: Path, other_process: Callable[..., Owner], user: int
) -> None:
    setpriv, python = shutil.which("setpriv"), a_python_that_everybody_may_run()
    if not setpriv or not python:
        pytest.skip("needs setpriv and a Python that other users may run")
    os.chown(empty_data_dir.parent, user, user)
    prefix = (setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups", python)
    owner = other_process(empty_data_dir, Profile.TEST, prefix)
    if owner.role() != "owner":
        assert owner.process.wait() == 0, "the normal user could not start the servers"
    assert owner.end() == 0
    assert (empty_data_dir / "postgres").stat().st_uid == user
    with start(Profile.TEST, empty_data_dir) as services:
        assert ask(services.database_url, "SELECT 1") == 1
    assert (empty_data_dir / "postgres" / "PG_VERSION").stat().st_uid == user
