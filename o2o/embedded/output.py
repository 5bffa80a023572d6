"""One terminal for many processes: each line carries the name of the process that said it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from typing import IO

_COLOURS = ("36", "35", "33", "32", "34", "31")
_WIDTH = 15
_KEPT_LINES = 20


class Output:
    """Writes lines to one stream, whole, from any thread."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._guard = threading.Lock()
        self._colours: dict[str, str] = {}
        self._is_coloured = self._stream.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str, *, name: str = "o2o") -> None:
        """Write each line of `text` behind the process name."""
        with self._guard:
            for line in text.splitlines() or [""]:
                # Whoever watched us may have gone; that is no reason to stop.
                with contextlib.suppress(OSError, ValueError):
                    self._stream.write(f"{self._label(name)} {line}\n")
                    self._stream.flush()

    def follow(self, name: str, source: IO[bytes]) -> Followed:
        """Pass on what a process writes, in a thread, and keep its last lines."""
        return Followed(self, name, source)

    def _label(self, name: str) -> str:
        label = f"{name:<{_WIDTH}}|"
        if not self._is_coloured:
            return label
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\033[{colour}m{label}\033[0m"


class Followed:
    """The output of one process."""

    def __init__(self, output: Output, name: str, source: IO[bytes]) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._thread = threading.Thread(target=self._read, args=(output, name, source), daemon=True)
        self._thread.start()

    def last_lines(self) -> str:
        """Return the last lines, indented; waits a moment for what is still in the pipe."""
        self._thread.join(1.0)
        return "\n".join(f"    {line}" for line in self._lines) or "    (it said nothing)"

    def _read(self, output: Output, name: str, source: IO[bytes]) -> None:
        with source:
            for raw in source:
                line = raw.decode("utf-8", errors="replace").rstrip()
                self._lines.append(line)
                output.say(line, name=name)
