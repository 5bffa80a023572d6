"""Which addresses the environment gives: `NAME`, or `NAME_FILE` for a file that holds it."""

from __future__ import annotations

import os
from pathlib import Path


def configured(name: str) -> str:
    """Return the value of `NAME`, or what the file `NAME_FILE` says, or an empty text."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, "")


def is_configured(name: str) -> bool:
    """Tell whether the environment gives this value."""
    return bool(os.environ.get(f"{name}_FILE") or os.environ.get(name))
