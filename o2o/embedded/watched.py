"""One process that is started, watched, started again when it crashes, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from o2o.embedded.output import Followed, Output
from o2o.embedded.plan import Plan
from o2o.embedded.processes import spawn_followed

_LONGEST_PAUSE = 15.0
_HEALTHY_AFTER = 30.0


@dataclass
class Backoff:
    """Pauses between restarts: half a second, then twice as long each time, at most 15 s.

    A process that ran for 30 s counts as healthy and starts from the beginning.
    """

    failures: int = 0

    def pause_after(self, ran_for: float) -> float:
        """Return the seconds to wait before the next start."""
        self.failures = 1 if ran_for >= _HEALTHY_AFTER else self.failures + 1
        return float(min(0.5 * 2 ** (self.failures - 1), _LONGEST_PAUSE))


@dataclass
class Watched:
    """A planned process and what has become of it."""

    plan: Plan
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    output: Output
    clock: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=Backoff)
    _child: subprocess.Popen[bytes] | None = None
    _followed: Followed | None = None
    _started_at: float = 0.0
    _start_again_at: float = 0.0

    def start(self) -> None:
        """Start the process."""
        self._child = spawn_followed(
            self.command, cwd=self.folder, environment=self.environment, death_signal=self.plan.death_signal
        )
        assert self._child.stdout is not None
        self._followed = self.output.follow(self.plan.name, self._child.stdout)
        self._started_at = self.clock()

    def tend(self) -> None:
        """Start it again if it has ended and its pause is over."""
        if self._child is None:
            if self.clock() >= self._start_again_at:
                self.start()
            return
        status = self._child.poll()
        if status is None:
            return
        # Its own children (web workers, pool processes) may have outlived it and hold the port or a task.
        self._signal_group(signal.SIGKILL)
        pause = self.backoff.pause_after(self.clock() - self._started_at)
        self._start_again_at = self.clock() + pause
        self._child = None
        self.output.say(f"{self.plan.name} ended {described(status)}; starting it again in {pause:g} s")

    def last_lines(self) -> str:
        """Return the last lines that it wrote."""
        return self._followed.last_lines() if self._followed else "    (it has not been started)"

    def ask_to_end(self) -> None:
        """Send the signal that lets it finish."""
        if self._child and self._child.poll() is None:
            self._child.send_signal(self.plan.stop_signal)

    def wait_and_end(self, deadline: float) -> None:
        """Wait until `deadline` of the clock, then end it and all that it started."""
        if self._child is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(max(0.0, deadline - self.clock()))
        if self._child.poll() is None:
            self.output.say(f"{self.plan.name} takes too long and is cut off")
        self._signal_group(signal.SIGKILL)
        self._child.wait()

    def _signal_group(self, number: int) -> None:
        assert self._child is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)


def described(status: int) -> str:
    """Say how a process ended."""
    if status >= 0:
        return f"with code {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
