"""Servers for a test run: fast, not durable, and its own.

Every run takes the first free slot in `.o2o/test/`, so that two runs at once never share or end each other's
servers, and keeps its cluster for the next run, so that it starts in a second.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from o2o.embedded.errors import EmbeddedError
from o2o.embedded.services import Profile, Services
from o2o.embedded.state import default_data_dir, make_private_folder

_SLOTS = 32


class TestServices(Services):
    """Services that hold a slot while they run."""

    __test__ = False  # not a test case, whatever its name says

    def __init__(self, data_dir: Path, slot: IO[str]) -> None:
        super().__init__(Profile.TEST, data_dir)
        self._slot = slot

    def stop(self) -> None:
        """End the servers, then let others have the slot."""
        super().stop()
        self._slot.close()


def start_for_tests(folder: Path | None = None) -> Services:
    """Start servers for this test run and put their addresses into `os.environ`.

    Call it once in the controller (not in an xdist worker, which inherits the environment), before settings
    are read, and `stop()` the result at the end. Servers whose URLs are set already are used
    as they are.
    """
    base = folder or default_data_dir() / "test"
    make_private_folder(base.parent)
    make_private_folder(base)
    slot, data_dir = _take_slot(base)
    services = TestServices(data_dir, slot)
    try:
        services.start()
    except BaseException:
        slot.close()
        raise
    os.environ.update(services.environment())
    return services


def _take_slot(base: Path) -> tuple[IO[str], Path]:
    for number in range(_SLOTS):
        file = (base / f"{number}.slot").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        return file, base / str(number)
    message = f"{_SLOTS} test runs hold {base} already"
    raise EmbeddedError(message)
