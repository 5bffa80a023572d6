"""Build `.venv` from the lock file, or find it complete. Needs nothing but Python's standard library.

`.venv/complete` is written last and names what was built: as long as it fits the lock there is nothing to do, and
an environment without it was cut off in the middle and is built anew. Any Python 3 may start this script; it
looks for one that O2O runs on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "development.txt"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "complete"
LOG = VENV / "install.log"

# 3.11 first: the lock was resolved for it, and every test run uses it.
VERSIONS = ((3, 11), (3, 12), (3, 13))
NEEDED_BYTES = 4_000_000_000
SAY_EVERY_SECONDS = 10
LAST_LINES = 15

STARTED = time.monotonic()


class BlockedError(Exception):
    """Something stands in the way; the message says what, and how to mend it."""


def say(line: str) -> None:
    """Print a line with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:5.0f} s] {line}", flush=True)


def main() -> int:
    """Make sure that the environment is complete; return 0, or 1 after saying what stands in the way."""
    try:
        with one_at_a_time():
            if not is_complete():
                build()
    except BlockedError as blocked:
        print(f"\n{blocked}\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run goes on.", file=sys.stderr)
        return 130
    except PermissionError as error:
        print(f"\n{error}\n{VENV} belongs to another user. Remove it, or give it to yourself:", file=sys.stderr)
        print(f"  sudo chown -R $(id -un) {VENV}\n", file=sys.stderr)
        return 1
    return 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second `make` wait until the first has built the environment; a killed one holds nothing."""
    with Path(__file__).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another run is building .venv; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_complete() -> bool:
    """Say whether `.venv` was built to its end from this lock, and its Python still starts."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == stamp() and starts()


def starts() -> bool:
    """Say whether the environment's Python runs; the system's may have been upgraded or removed under it."""
    try:
        return subprocess.run([str(PYTHON), "-c", "import django"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def stamp() -> str:
    """Name the environment that the lock asks for."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest() + "\n"


def build() -> None:
    """Make `.venv` what the lock asks for and write the stamp last: a build that is cut off starts anew."""
    check_space()
    if STAMP.is_file() and starts():
        STAMP.unlink()
        say("The lock file has changed: bringing .venv up to date.")
    else:
        make()
    pinned = pins()
    say(f"Installing {len(pinned)} packages, each checked by its hash. The first time takes two to five minutes.")
    install(len(pinned))
    remove_others(pinned)
    temporary = STAMP.with_suffix(".new")
    temporary.write_text(stamp(), encoding="utf-8")
    temporary.replace(STAMP)
    say("The environment is complete.")


def make() -> None:
    """Make an empty `.venv`."""
    python = find_python()
    if VENV.exists():
        say("Removing .venv: it is unfinished, or its Python is gone.")
        shutil.rmtree(VENV)
    VENV.mkdir()
    say(f"Making .venv with {python}")
    run([python, "-m", "venv", str(VENV)], "Python could not make a virtual environment.")


def pins() -> set[str]:
    """Return the names of the locked packages, as pip spells them."""
    names = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\S*==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return {normal(name) for name in names}


def normal(name: str) -> str:
    """Return a package's name in the one spelling that compares."""
    return re.sub(r"[-_.]+", "-", name).lower()


def remove_others(pinned: set[str]) -> None:
    """Uninstall what an earlier lock had and this one has not."""
    listed = subprocess.run([str(PYTHON), "-m", "pip", "freeze", "--all"], capture_output=True, text=True, check=True)
    there = {normal(re.split(r"==| @ ", line)[0]) for line in listed.stdout.splitlines() if line[:1].isalnum()}
    if others := sorted(there - pinned - {"pip", "setuptools", "wheel"}):
        say(f"Removing {', '.join(others)}")
        run([str(PYTHON), "-m", "pip", "uninstall", "--yes", *others], "pip could not remove packages.")


def install(count: int) -> None:
    """Run pip and tell every few seconds how far it is."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    command += ["--no-input", "--no-deps", "--require-hashes", "--requirement", str(LOCK)]
    collected, said_at = 0, time.monotonic()
    with LOG.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
        assert process.stdout
        for line in process.stdout:
            log.write(line)
            log.flush()
            collected += line.startswith("Collecting ")
            if line.startswith("Installing collected packages"):
                say(f"{collected} of {count} packages are here; unpacking them.")
            elif time.monotonic() - said_at > SAY_EVERY_SECONDS:
                said_at = time.monotonic()
                say(f"{collected} of {count} packages looked at")
        code = process.wait()
    if code:
        raise BlockedError(
            explain(LOG.read_text(encoding="utf-8", errors="replace"), "pip could not install the packages.")
        )


def run(command: list[str], what_failed: str) -> None:
    """Run a command with its chatter in the log; raise BlockedError with the last lines where it fails."""
    with LOG.open("a", encoding="utf-8") as log:
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, check=False).returncode
    if code:
        raise BlockedError(explain(LOG.read_text(encoding="utf-8", errors="replace"), what_failed))


# --- which Python


def find_python() -> str:
    """Return the path of a Python that O2O runs on and that can make virtual environments."""
    seen: list[str] = []
    without_pip = ""
    for name in candidates():
        path = shutil.which(name)
        version, has_pip = ask(path) if path else (None, False)
        if not path or version is None:
            continue
        seen.append(f"{path} ({version[0]}.{version[1]})")
        if version in VERSIONS:
            if has_pip:
                return path
            without_pip = without_pip or path
    if without_pip:
        raise BlockedError(f"{without_pip} has no ensurepip, which virtual environments need.\n{how_to_get('venv')}")
    found = ", ".join(dict.fromkeys(seen)) or "no Python at all"
    raise BlockedError(f"O2O runs on Python 3.11, 3.12 or 3.13. Found: {found}.\n{how_to_get('python')}")


def candidates() -> list[str]:
    """Return the names to try: the one that was asked for, then the versions in order, then the usual names."""
    asked = os.environ.get("O2O_PYTHON")
    if asked:
        return [asked]
    return [*(f"python{major}.{minor}" for major, minor in VERSIONS), sys.executable, "python3", "python"]


def ask(path: str) -> tuple[tuple[int, int] | None, bool]:
    """Ask a Python for its version and whether it has ensurepip; (None, False) if it does not even start."""
    question = (
        "import sys, importlib.util as u;"
        "print(sys.version_info[0], sys.version_info[1], int(all(map(u.find_spec, ('venv', 'ensurepip')))))"
    )
    try:
        answer = subprocess.run([path, "-c", question], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None, False
    match = re.fullmatch(r"(\d+) (\d+) ([01])", answer.stdout.strip())
    return ((int(match[1]), int(match[2])), match[3] == "1") if match and not answer.returncode else (None, False)


OR_NAME_ONE = "Or name one that you have: O2O_PYTHON=/path/to/python3.11 make demo"


def how_to_get(thing: str) -> str:
    """Return the words by which this system installs Python or its venv module."""
    words = {
        "debian": {"venv": "apt-get install python3-venv", "python": "apt-get install python3.11 python3.11-venv"},
        "fedora": {"venv": "dnf install python3-pip", "python": "dnf install python3.11"},
        "suse": {"venv": "zypper install python311", "python": "zypper install python311"},
        "alpine": {"venv": "apk add python3 py3-pip", "python": "apk add python3"},
        "arch": {"venv": "pacman -S python", "python": "pacman -S python"},
    }
    release = Path("/etc/os-release")
    kind = release.read_text(encoding="utf-8") if release.is_file() else ""
    ids = re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]+)', kind, re.MULTILINE)
    for family in " ".join(ids).replace("ubuntu", "debian").replace("rhel", "fedora").split():
        if family in words:
            return f"Install it:\n  sudo {words[family][thing]}\n{OR_NAME_ONE}"
    return f"Install Python 3.11 with its venv module.\n{OR_NAME_ONE}"


# --- what can go wrong


def check_space() -> None:
    """Refuse to begin on a disk that will not hold the packages."""
    free = shutil.disk_usage(ROOT).free + (size_of(VENV) if VENV.exists() else 0)
    if free < NEEDED_BYTES:
        raise BlockedError(
            f"{ROOT} has {free / 1e9:.1f} GB of free space; the environment needs about {NEEDED_BYTES / 1e9:.0f} GB.\n"
            "Make room and try again; `pip cache purge` often helps."
        )


def size_of(folder: Path) -> int:
    """Return the bytes that a folder's files take."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


UNREACHABLE = (
    "NewConnectionError|name resolution|Name or service not known|timed out|ProxyError|Network is unreachable"
    "|Connection refused|No matching distribution"
)
USE_A_MIRROR = """The package index could not be reached, or does not have the package. Check the network and try again.
A mirror is set once for pip, and O2O then uses it: pip config set global.index-url ADDRESS"""

REMEDIES = (
    ("No space left on device", "The disk is full. Make room (`pip cache purge` helps), then try again."),
    ("DO NOT MATCH THE HASHES", "The package index served other files than the lock names. Use another index."),
    ("CERTIFICATE_VERIFY_FAILED", "A proxy stands in between. Name its certificate: pip config set global.cert FILE"),
    (UNREACHABLE, USE_A_MIRROR),
    ("subprocess-exited-with-error|not a supported wheel", "A package has no wheel for this Python on this machine."),
    ("ensurepip", "Python's ensurepip does not work here. " + how_to_get("venv")),
)


def explain(log: str, what_failed: str) -> str:
    """Return what failed, the last lines of the log, and the remedy that fits them."""
    tail = log.strip().splitlines()[-LAST_LINES:]
    remedy = next((text for pattern, text in REMEDIES if re.search(pattern, "\n".join(tail))), "")
    lines = [what_failed, *(f"  | {line}" for line in tail), remedy, f"The whole log: {LOG}"]
    return "\n".join(line for line in lines if line)


if __name__ == "__main__":
    sys.exit(main())
