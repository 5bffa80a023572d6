"""The lock files: `python -m tools.lock` resolves them anew, `python -m tools.lock check` reads them over offline."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path("requirements")
NAMES = ("development", "production", "spark")
EXTRAS: Mapping[str, tuple[str, ...]] = {"development": ("dev",), "production": (), "spark": ("spark",)}

# The oldest Python that O2O must install on is the one that Debian 12 ships.
OLDEST_PYTHON = "3.11.2"
OPTIONS = ("--quiet", "--no-config", "--no-header", "--generate-hashes", "--python-version", OLDEST_PYTHON)


@dataclass(frozen=True)
class Pin:
    """One locked package: its version, how many hashes it has, and who asked for it."""

    name: str
    version: str
    hashes: int
    is_direct: bool


def lock() -> None:
    """Resolve all lock files anew; production and spark stay within what development was tested with."""
    for name in NAMES:
        output = FOLDER / f"{name}.txt"
        command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", *OPTIONS]
        command += ["pyproject.toml", "--output-file", str(output)]
        command += [part for extra in EXTRAS[name] for part in ("--extra", extra)]
        if name != "development":
            command += ["--constraint", str(FOLDER / "development.txt")]
        print(f"Resolving {output}", flush=True)
        subprocess.run(command, cwd=ROOT, check=True)


def check(root: Path = ROOT) -> list[str]:
    """Return what is wrong with the lock files; nothing is fetched."""
    locks = {name: (root / FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    problems = [problem for name, text in locks.items() for problem in faults(f"{name}.txt", text)]
    pins = {name: read(text) for name, text in locks.items()}
    for name in NAMES:
        problems += disagreements(f"{name}.txt", list(wanted(project, EXTRAS[name])), pins[name])
    problems += [
        f"production.txt has {pin.name} {pin.version}, development.txt another: production must be what was tested"
        for pin in pins["production"].values()
        if pins["development"].get(pin.name, pin).version != pin.version
    ]
    problems += [
        f"production.txt has {name}, which is for development or the demo only"
        for name in sorted(kept_out(project) & set(pins["production"]))
    ]
    return problems


def kept_out(project: Mapping[str, object]) -> set[str]:
    """Return the packages of the extras `demo` and `dev` that production does not ask for."""
    extra, always = (
        {str(canonicalize_name(requirement.name)) for requirement in wanted(project, extras)}
        for extras in (("demo", "dev"), ())
    )
    return extra - always


def read(text: str) -> dict[str, Pin]:
    """Return the pins of a lock file by package name."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    return {pin.name: pin for block in blocks if (pin := read_block(block))}


def read_block(block: str) -> Pin | None:
    """Return the pin that one block of a lock file holds, if it holds one."""
    match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", block)
    if not match:
        return None
    is_direct = "o2o (pyproject.toml)" in block
    return Pin(canonicalize_name(match[1]), match[2], block.count("--hash=sha256:"), is_direct)


def faults(name: str, text: str) -> Iterator[str]:
    """Yield each address and each requirement without an exact version and a hash."""
    for line in text.splitlines():
        if re.search(r"https?:|file:|--(extra-)?index-url|--find-links|--trusted-host| @ ", line):
            yield f"{name} holds an address: {line.strip()}"
        elif re.match(r"[A-Za-z0-9]", line) and not re.match(r"[A-Za-z0-9._-]+(\[[^]]*\])?==\S+ ", line):
            yield f"{name} has no exact version for: {line.strip()}"
    for pin in read(text).values():
        if not pin.hashes:
            yield f"{name} has no hash for {pin.name}"


def optional(project: Mapping[str, object], extra: str) -> list[str]:
    """Return the requirements of an extra as they are written."""
    groups = project["optional-dependencies"]
    assert isinstance(groups, dict)
    return list(groups[extra])


def wanted(project: Mapping[str, object], extras: tuple[str, ...]) -> Iterator[Requirement]:
    """Yield what pyproject asks for, with the extras that name the project itself unfolded."""
    dependencies = project["dependencies"]
    assert isinstance(dependencies, list)
    texts = [*dependencies, *(text for extra in extras for text in optional(project, extra))]
    for requirement in map(Requirement, texts):
        if requirement.name == project["name"]:
            yield from wanted({**project, "dependencies": []}, tuple(sorted(requirement.extras)))
        else:
            yield requirement


def disagreements(name: str, requirements: list[Requirement], pins: Mapping[str, Pin]) -> Iterator[str]:
    """Yield where a lock file is not the answer to what pyproject asks."""
    names = {canonicalize_name(requirement.name) for requirement in requirements}
    for requirement in requirements:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{name} lacks {requirement}: run `make lock`"
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            yield f"{name} has {pin.name} {pin.version}, pyproject asks for {requirement}: run `make lock`"
    for pin in pins.values():
        if pin.is_direct and pin.name not in names:
            yield f"{name} has {pin.name} for a line that pyproject no longer has: run `make lock`"


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        found = check()
        print("\n".join(found) or "the lock files answer pyproject.toml")
        sys.exit(bool(found))
    lock()
