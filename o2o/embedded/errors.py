"""What can go wrong while servers start, in words that say how to mend it."""

from __future__ import annotations

from pathlib import Path


class EmbeddedError(RuntimeError):
    """A server could not be found, started or reached."""


def tail(path: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log file, indented, or a remark that it is empty."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    last = text.splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in last) or f"    ({path} is empty)"
