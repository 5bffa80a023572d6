"""The signing secrets of an endpoint: sealed at rest, two of them during a rotation."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from o2o.kit.sealing import seal
from o2o.kit.signatures import new_secret

PURPOSE = "webhook-secret"
Entry = dict[str, Any]


def new_entry(*, at: datetime) -> tuple[Entry, str]:
    """Make a secret; return what is stored of it, and the secret itself, to be shown once."""
    secret = new_secret()
    return {"sealed": seal(secret, purpose=PURPOSE), "created_at": _text(at), "expires_at": None}, secret


def rotated(entries: Sequence[Entry], *, new: Entry, at: datetime, until: datetime) -> list[Entry]:
    """Put a new secret first and let the present one end at ``until``; what has ended or was ending is dropped.

    Two secrets sign at most, so that pressing the button again does not pile them up.
    """
    present = [entry for entry in entries if entry["expires_at"] is None]
    ending = [{**entry, "expires_at": _text(until)} for entry in present[:1]] if until > at else []
    return [new, *ending]


def active(entries: Sequence[Entry], *, at: datetime) -> tuple[str, ...]:
    """Return the sealed secrets that sign at an instant, newest first."""
    return tuple(
        entry["sealed"]
        for entry in entries
        if entry["expires_at"] is None or datetime.fromisoformat(entry["expires_at"]) > at
    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
