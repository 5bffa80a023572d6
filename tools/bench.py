"""`make bench`: run each measurement in bench/, one after the other, so that none disturbs another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A quarter of an hour each: they run when they are named.
LONG = frozenset({"scale"})


def main(names: list[str]) -> int:
    """Run all measurements but the long ones, or those that are named (`make bench ARGS="http scale"`)."""
    there = measurements()
    if unknown := [name for name in names if name not in there]:
        print(f"There is no measurement named {', '.join(unknown)}. There are: {', '.join(there) or 'none yet'}.")
        return 1
    if not there:
        print("There is no measurement yet: bench/ is empty.")
    failed = [name for name in names or sorted(set(there) - LONG) if not measured(name)]
    if not names and LONG:
        print(f"left out because of their length: {', '.join(sorted(LONG))}")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def measurements() -> list[str]:
    """Name the modules of bench/ that can be run; the others help them."""
    modules = sorted((ROOT / "bench").glob("*.py"))
    return [path.stem for path in modules if '__name__ == "__main__"' in path.read_text(encoding="utf-8")]


def measured(name: str) -> bool:
    """Run one measurement and say whether it came to its end."""
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
