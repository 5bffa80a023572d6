"""Become the right user, tie this process to its parent, then turn into a server.

Run as a script (`python -I -S launch.py …`), never imported by a server: standard library only, one thread.

    launch.py PARENT_PID DEATH_SIGNAL IDENTITY -- PROGRAM ARGUMENT…

IDENTITY is one of these, or two of them joined by `+`, to be done in that order:

- `same`: stay who we are;
- `userns`: a user namespace in which our own id is shown as 65534 ("nobody"): PostgreSQL, which refuses
  root, starts, and files still belong to the caller;
- `setuid:UID:GID`: become that user for good (needs root);
- `setuid:UID:GID:reach`: the same, but keep the one capability that lets the user walk through folders
  that only root may enter (a checkout below `/root`, in a container without user namespaces).

The order matters: the kernel forgets the death signal when credentials change, so it is set last, and the
parent is checked afterwards, because it may have died before.
"""

from __future__ import annotations

import ctypes
import os
import sys

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
_SHOWN_AS = 65534


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask the kernel to send `death_signal` to this process when the thread that started it ends."""
    if not sys.platform.startswith("linux"):
        return
    _check(_libc().prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        raise SystemExit(f"process {parent}, which wanted this server, has ended")


def enter_user_namespace() -> None:
    """Enter a user namespace in which the current user is shown as 65534."""
    user, group = os.geteuid(), os.getegid()
    _check(_libc().unshare(_CLONE_NEWUSER), "unshare(CLONE_NEWUSER)")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_SHOWN_AS} {user} 1"),
        ("gid_map", f"{_SHOWN_AS} {group} 1"),
    ):
        # Unbuffered bytes: a text file would import its codec from a folder that may be closed to us by now.
        with open(f"/proc/self/{name}", "wb", buffering=0) as file:
            file.write(text.encode())


def become(user: int, group: int, *, reach: bool) -> None:
    """Become `user` for good; with `reach` keep the right to pass folders closed to that user."""
    libc = _libc()
    if reach:
        _check(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl(PR_SET_KEEPCAPS)")
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    # Becoming another user closes our own /proc entries to us, through which a user namespace is set up.
    _check(libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")
    if not reach:
        return
    bit = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # effective, permitted, inheritable of the low word, then of the high word
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    _check(libc.capset(header, sets), "capset")
    _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0), "prctl(PR_CAP_AMBIENT)")


def assume(identity: str) -> None:
    """Take on the identity that the command line names."""
    for step in identity.split("+"):
        kind, *rest = step.split(":")
        if kind == "userns":
            enter_user_namespace()
        elif kind == "setuid":
            become(int(rest[0]), int(rest[1]), reach="reach" in rest[2:])
        elif kind != "same":
            raise SystemExit(f"unknown identity {identity!r}")


def main(arguments: list[str]) -> None:
    """Read the command line, prepare, and become the program."""
    parent, death_signal, identity, dashes, *command = arguments
    if dashes != "--" or not command:
        raise SystemExit("usage: launch.py PARENT_PID DEATH_SIGNAL IDENTITY -- PROGRAM ARGUMENT…")
    assume(identity)
    die_with_parent(int(parent), int(death_signal))
    os.execv(command[0], command)  # noqa: S606 - becoming the server is the purpose


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        raise SystemExit(f"cannot start {sys.argv[-1] if sys.argv else ''}: {error}") from error
