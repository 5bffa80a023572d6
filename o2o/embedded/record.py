"""The note that a running `up` leaves in the data folder, and the lock that says whether it is true."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from o2o.embedded.processes import ProcessMark
from o2o.embedded.state import make_private_folder

# Every process that `up` starts, and theirs, carries this variable: so that those which outlived it can be
# found without a list that a kill could leave incomplete.
TOKEN_VARIABLE = "O2O_UP_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Record:
    """A run of `up`: its process, its token, and the address once it has one."""

    mark: ProcessMark
    token: str
    address: str = ""
    is_ready: bool = False

    def now_at(self, address: str) -> Record:
        """Return the record with its address."""
        return replace(self, address=address)

    def now_ready(self) -> Record:
        """Return the record as ready."""
        return replace(self, is_ready=True)


def write_record(data_dir: Path, record: Record) -> None:
    """Leave the note."""
    draft = data_dir / "up.json.new"
    draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
    draft.replace(data_dir / "up.json")


def read_record(data_dir: Path) -> Record | None:
    """Return the note of the last `up`, which may be dead."""
    try:
        content = json.loads((data_dir / "up.json").read_text(encoding="utf-8"))
        return Record(**{**content, "mark": ProcessMark(**content["mark"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def live_record(data_dir: Path) -> Record | None:
    """Return the note of an `up` that runs, or None."""
    record = read_record(data_dir)
    return record if record and record.mark.is_alive() else None


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[bool]:
    """Hold the right to run `up` on this folder until our death; yield whether we have it."""
    make_private_folder(data_dir)
    with (data_dir / "up.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def end_left_behind(token: str, *, seconds: float = 4.0) -> list[int]:
    """End all processes that carry the token of a run that is over; return their ids.

    They are asked, and after `seconds` killed, again and again while there are any: one of them may have started
    another meanwhile.
    """
    found = set(_carrying(token))
    for mark in found:
        mark.send(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while (left := set(_carrying(token))) and time.monotonic() < deadline + 3.0:
        found |= left
        if time.monotonic() >= deadline:
            for mark in left:
                mark.send(signal.SIGKILL)
        time.sleep(0.1)
    return sorted(mark.pid for mark in found)


def _carrying(token: str) -> Iterator[ProcessMark]:
    wanted = f"{TOKEN_VARIABLE}={token}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            carries = wanted in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone, or somebody else's
        pid = int(folder.name)
        if carries and pid != os.getpid() and (mark := ProcessMark.of(pid)):
            yield mark
