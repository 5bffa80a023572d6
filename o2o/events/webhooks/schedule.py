"""When a message is tried again. Pure arithmetic: the same tries at the same times give the same answer."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Ten tries: one at once and nine after these pauses, which sum to 76.6 hours without jitter.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=32),
)
MOST_TRIES = len(PAUSES) + 1
# Only ever longer, so that the sum of the pauses is a promise.
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=24)

DISABLED_AFTER = timedelta(days=5)
DISABLED_AFTER_FAILURES = MOST_TRIES


def next_attempt_at(
    *, tries: int, delivery_id: uuid.UUID, at: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after the ``tries``-th try failed, or None when it was the last.

    The pause is stretched by up to a tenth, by a number drawn from the delivery and the try, so that endpoints that
    failed together do not come back together. ``retry_after`` is what the receiver asked for: it can put the try
    off, by no more than a day, but not bring it forward.
    """
    if tries >= MOST_TRIES:
        return None
    pause = PAUSES[tries - 1] * (1 + JITTER * _fraction(delivery_id, tries))
    return at + max(pause, min(retry_after or timedelta(0), LONGEST_RETRY_AFTER))


def parse_retry_after(value: str | None, *, at: datetime) -> timedelta | None:
    """Read a ``Retry-After`` header, seconds or a date (RFC 9110 §10.2.3); None where there is none to be read."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_RETRY_AFTER.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - at, timedelta(0))


def is_given_up(*, failing_since: datetime | None, failures: int, at: datetime) -> bool:
    """Say whether an endpoint has failed for so long, and so often, that it is switched off."""
    return failing_since is not None and failures >= DISABLED_AFTER_FAILURES and at - failing_since >= DISABLED_AFTER


def _fraction(delivery_id: uuid.UUID, tries: int) -> float:
    digest = hashlib.sha256(delivery_id.bytes + bytes([tries])).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
