"""Tries at secrets, counted in PostgreSQL, so that many at once are no more than many in a row."""

from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

from django.db import connection
from django.utils.translation import gettext_lazy as _

from o2o.accounts.models import TryCount
from o2o.kit.errors import DomainError


class Guard(Enum):
    """What is guarded, how many wrong tries it stands, and for how long they count from the first."""

    SECOND_FACTOR = ("second_factor", 5, timedelta(minutes=15))
    CLIENT_SECRET = ("client_secret", 10, timedelta(minutes=15))

    def __init__(self, label: str, limit: int, window: timedelta) -> None:
        self.label = label
        self.limit = limit
        self.window = window


class TooManyTriesError(DomainError):
    """A secret was tried too often; ``retry_after`` says in how many seconds the next try is heard."""

    code = "too_many_tries"
    status = 429
    title = _("Too many wrong tries")


# The row stays locked until the transaction ends: whoever tries the same secret meanwhile waits for the outcome.
COUNT = """
INSERT INTO accounts_trycount AS kept (key, tries, expires_at) VALUES (%(key)s, 1, %(until)s)
ON CONFLICT (key) DO UPDATE SET
  tries = CASE WHEN kept.expires_at <= %(at)s THEN 1 ELSE kept.tries + 1 END,
  expires_at = CASE WHEN kept.expires_at <= %(at)s THEN excluded.expires_at ELSE kept.expires_at END
RETURNING tries, expires_at
"""


def count_try(*, guard: Guard, subject: str, at: datetime) -> None:
    """Count a try before the secret is looked at; take it back with ``forget_tries`` or ``give_back_try``.

    Raises ``TooManyTriesError`` when the limit was reached before. The caller answers in a way that commits the
    transaction, else the try was never made.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": _key(guard, subject), "until": at + guard.window, "at": at})
        tries, expires_at = cursor.fetchone()
    if tries > guard.limit:
        seconds = max(1, int((expires_at - at).total_seconds()) + 1)
        raise TooManyTriesError(
            _("Wait %(minutes)d minutes, then try again.") % {"minutes": -(-seconds // 60)}, retry_after=seconds
        )


def forget_tries(*, guard: Guard, subject: str) -> None:
    """Start counting anew: the secret was right."""
    TryCount.objects.filter(key=_key(guard, subject)).delete()


def give_back_try(*, guard: Guard, subject: str) -> None:
    """Uncount the last try: it failed for a reason that tells nothing about the secret."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_trycount SET tries = tries - 1 WHERE key = %s AND tries > 0", [_key(guard, subject)]
        )


def delete_expired_counts(*, at: datetime) -> int:
    """Delete the counts whose window is over; return how many."""
    return TryCount.objects.filter(expires_at__lte=at).delete()[0]


def _key(guard: Guard, subject: str) -> str:
    return sha256(f"{guard.label}\0{subject}".encode()).hexdigest()
