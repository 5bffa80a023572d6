"""Find a user as whom PostgreSQL, which refuses root, can run."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from o2o.embedded.binaries import PostgresPrograms
from o2o.embedded.errors import EmbeddedError
from o2o.embedded.processes import wrapped


@dataclass(frozen=True)
class Identity:
    """As whom the server runs (see `launch.py`), and to whom its files belong then."""

    name: str
    user: int
    group: int


def choose_identity(cluster: Path, programs: PostgresPrograms) -> Identity:
    """Find a user whom PostgreSQL accepts and who reaches both the programs and the data."""
    user, group = os.geteuid(), os.getegid()
    if user != 0:
        return _way_for_user(user, group)
    owner = cluster.stat()
    candidates = ways_for_root()
    if owner.st_uid not in (0, _nobody()[0]):
        # Somebody made this data as a normal user: stay that user, else they could not use it again.
        candidates = _as_user(owner.st_uid, owner.st_gid)
    for candidate in candidates:
        _give(cluster, candidate)
        if _can_work_as(candidate, cluster, programs):
            return candidate
    message = (
        f"PostgreSQL refuses to run as root, and no other user here reaches {programs.folder} and "
        f"{cluster}. Run this as a normal user, or set O2O_DATA_DIR to a folder such as "
        "/var/lib/o2o, or set DATABASE_URL"
    )
    raise EmbeddedError(message)


def _can_work_as(identity: Identity, cluster: Path, programs: PostgresPrograms) -> bool:
    probe = 'test -r "$1" && test -w "$1" && test -x "$1" && exec "$2" -V'
    command = ["/bin/sh", "-c", probe, "probe", str(cluster), str(programs.postgres)]
    answer = subprocess.run(wrapped(command, identity=identity.name), capture_output=True, check=False, cwd="/")
    return answer.returncode == 0


def _give(cluster: Path, identity: Identity) -> None:
    if identity.user != os.geteuid() and cluster.parent.stat().st_uid == os.geteuid():
        # Others may pass through our folder, but neither list it nor read the secrets in it.
        cluster.parent.chmod(0o711)
    if cluster.stat().st_uid == identity.user:
        return
    for folder, _, files in os.walk(cluster):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            os.lchown(path, identity.user, identity.group)


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def ways_for_root() -> list[Identity]:
    """Return how root may run PostgreSQL, best first: a container may forbid user namespaces."""
    return [Identity("userns", 0, 0), *_as_user(*_nobody())]


def _as_user(user: int, group: int) -> list[Identity]:
    # PostgreSQL wants its user to have a name, which in a container it may not have; "nobody" has one.
    named = "" if _has_name(user) else "+userns"
    return [Identity(f"setuid:{user}:{group}{how}{named}", user, group) for how in ("", ":reach")]


def _way_for_user(user: int, group: int) -> Identity:
    return Identity("same" if _has_name(user) else "userns", user, group)


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True
