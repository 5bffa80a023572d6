"""Wait for the death of the supervisor, then end whatever it leaves behind.

The kernel sends a death signal only to direct children. Their own children (web workers, pool processes), and a
worker that waits for a queue server that is dead too, would live on. This process holds the reading end of a pipe
whose writing end only the supervisor has: the end of the pipe is the end of the supervisor, however it came.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from o2o.embedded.record import TOKEN_VARIABLE, end_left_behind


def attend(token: str, *, project: Path) -> subprocess.Popen[bytes]:
    """Start the undertaker for the processes that carry `token`.

    Its `stdin` must stay open as long as they may live. Closing it makes the undertaker do its work.
    """
    environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
    return subprocess.Popen(
        [sys.executable, "-m", "o2o.embedded.undertaker", token],
        stdin=subprocess.PIPE,
        cwd=project,
        env=environment,
        start_new_session=True,
    )


def main() -> None:
    """Wait for the end of standard input, then work."""
    while os.read(0, 1024):
        pass
    end_left_behind(sys.argv[1])


if __name__ == "__main__":
    main()
