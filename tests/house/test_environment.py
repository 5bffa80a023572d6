"""`tools/environment.py` in a clone of its own, with a package made here in place of an index."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.environment import explain, find_python

ROOT = Path(__file__).resolve().parents[2]


def make_wheel(folder: Path, name: str) -> str:
    """Write a wheel with one empty module and return its SHA-256."""
    information = f"{name}-1.0.dist-info"
    content = {
        f"{name}/__init__.py": "",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={digest(text)},{len(text)}" for path, text in content.items()]
    content[f"{information}/RECORD"] = "\n".join([*rows, f"{information}/RECORD,,", ""])
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def clone(tmp_path):
    for folder in ("tools", "requirements", "wheels"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "tools" / "environment.py", tmp_path / "tools")
    return tmp_path


def write_lock(clone: Path, hashes: dict[str, str]) -> None:
    lines = [f"{name}==1.0 \\\n    --hash=sha256:{digest}\n" for name, digest in hashes.items()]
    (clone / "requirements" / "development.txt").write_text("".join(lines), encoding="utf-8")


def environment(clone: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "O2O_"))}
    here = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(clone / "wheels")}
    return kept | here | {"O2O_PYTHON": sys.executable} | more


def build(clone: Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(clone / "tools" / "environment.py")]
    return subprocess.run(
        command, env=environment(clone, **more), capture_output=True, text=True, timeout=100, check=False
    )


def imports(clone: Path, name: str) -> bool:
    done = subprocess.run(
        [clone / ".venv" / "bin" / "python", "-c", f"import {name}"], capture_output=True, check=False
    )
    return done.returncode == 0


def test_builds_once_also_after_a_kill_and_refuses_what_was_not_locked(clone):
    hashes = {name: make_wheel(clone / "wheels", name) for name in ("celery", "django")}
    write_lock(clone, hashes)
    kill_in_the_middle(clone)
    assert (clone / ".venv").exists()
    assert not (clone / ".venv" / "complete").exists()

    mended = build(clone)
    assert mended.returncode == 0, mended.stderr
    assert "unfinished" in mended.stdout
    assert "Installing 2 packages" in mended.stdout
    assert imports(clone, "django")

    again = build(clone)
    assert (again.returncode, again.stdout) == (0, ""), "there is nothing to do"

    write_lock(clone, {"django": hashes["django"]})
    dropped = build(clone)
    assert dropped.returncode == 0, dropped.stderr
    assert "up to date" in dropped.stdout
    assert not imports(clone, "celery")

    write_lock(clone, {"celery": "0" * 64, "django": hashes["django"]})
    refused = build(clone)
    assert refused.returncode == 1
    assert "served other files than the lock names" in refused.stderr
    assert not (clone / ".venv" / "complete").exists()


def kill_in_the_middle(clone: Path) -> None:
    command = [sys.executable, str(clone / "tools" / "environment.py")]
    process = subprocess.Popen(
        command, env=environment(clone), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    assert any("Making .venv" in line for line in process.stdout)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize(
    ("said_by_pip", "remedy"),
    [
        ("ERROR: No matching distribution found for celery==5.6", "pip config set global.index-url"),
        ("OSError: [Errno 28] No space left on device", "pip cache purge"),
        ("NewConnectionError: Temporary failure in name resolution", "Check the network"),
        ("SSL: CERTIFICATE_VERIFY_FAILED", "pip config set global.cert"),
    ],
)
def test_a_failure_shows_the_last_lines_and_the_remedy(said_by_pip, remedy):
    told = explain("\n".join(["noise"] * 100 + [said_by_pip]), "pip could not install the packages.")
    assert said_by_pip in told
    assert remedy in told
    assert told.count("noise") < 20


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("3 9 1", "O2O runs on Python 3.11, 3.12 or 3.13. Found: "),
        ("3 11 0", "has no ensurepip"),
        ("broken", "Found: no Python at all"),
    ],
)
def test_says_which_python_it_found(clone, answer, said):
    python = clone / "python-of-somebody"
    python.write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
    python.chmod(0o755)
    failed = build(clone, O2O_PYTHON=str(python))
    assert failed.returncode == 1
    assert said in failed.stderr
    assert not (clone / ".venv").exists()


def test_chooses_a_fitting_python_over_a_broken_one(clone, monkeypatch):
    folder = clone / "bin"
    folder.mkdir()
    (folder / "python3.12").symlink_to(sys.executable)
    broken = folder / "python3.11"
    broken.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.delenv("O2O_PYTHON", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    assert find_python() == str(folder / "python3.12")
