"""`make test` and `make faults`: compile the translations, say what will be skipped, run pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Two processes use two cores and leave memory for the servers; a file stays on one of them. ``tests/conftest.py`` says
# which files begin.
IN_PARALLEL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(arguments: list[str]) -> int:
    """Run the tests with pytest's arguments; `--faults` runs the long form of the fault tests alone."""
    os.chdir(ROOT)
    if arguments[:1] == ["--faults"]:
        return faults(arguments[1:])
    compile_translations()
    say_about_the_browser()
    return pytest(*IN_PARALLEL, *arguments)


def faults(arguments: list[str]) -> int:
    """Run the fault tests with the numbers of trials that a nightly run holds."""
    os.environ["O2O_FAULTS"] = "long"
    return pytest("-m", "faults", "--timeout", "7200", *arguments)


def pytest(*arguments: str) -> int:
    """Run pytest in a process of its own, so that Ctrl-C reaches it alone."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def compile_translations() -> None:
    """Make the binary files of translations; they are not kept in the repository."""
    if (ROOT / "locale").is_dir():
        subprocess.run([sys.executable, "manage.py", "compile_messages"], check=True)


def say_about_the_browser() -> None:
    """Say whether the browser tests will run."""
    found = os.environ.get("O2O_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        print(f"Browser tests use {found}.", flush=True)
    else:
        print("Browser tests are SKIPPED: no Chromium here (Debian: apt-get install chromium).", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
