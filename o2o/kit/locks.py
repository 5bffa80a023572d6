"""Locks that are always taken in the same order, and transactions that are tried again.

See ``docs/locking.md``. A conditional ``UPDATE`` comes first; row locks are for what it cannot express.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import DomainError

Result = TypeVar("Result")
Row = TypeVar("Row", bound=models.Model)

SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
RETRIED = frozenset({SERIALIZATION_FAILURE, DEADLOCK_DETECTED})


class BusyError(DomainError):
    """Somebody else holds the rows that this needs; trying again helps."""

    code = "busy"
    status = 503
    title = _("Others are working on this right now")


def lock_rows(queryset: QuerySet[Row]) -> list[Row]:
    """Lock the rows of a queryset in the order of their primary keys and return them as they are now.

    Call it once per transaction; where several tables are needed, in the order that ``docs/locking.md`` gives.
    Raises ``BusyError`` when a row stays locked for longer than ``lock_timeout``.
    """
    try:
        # Keys never change, so that rows which refer to the locked ones may be inserted meanwhile.
        return list(queryset.order_by("pk").select_for_update(of=("self",), no_key=True))
    except OperationalError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise BusyError(_("Try again in a moment."), retry_after=1) from error
        raise


def sqlstate(error: BaseException) -> str | None:
    """Return the five-character SQLSTATE behind a Django database error, if the server sent one."""
    return getattr(error.__cause__, "pgcode", None)


def retried(work: Callable[[], Result], *, attempts: int = 3, using: str = "default") -> Result:
    """Run ``work`` in a transaction of its own; run it again when PostgreSQL asks for that.

    Serialization failures and deadlocks are tried up to ``attempts`` times with a short random pause. Inside a
    running transaction nothing can be tried again, so that the error passes through.
    """
    outermost = not transaction.get_connection(using).in_atomic_block
    for attempt in range(1, attempts + 1):
        try:
            with transaction.atomic(using=using):
                return work()
        except OperationalError as error:
            if not outermost or sqlstate(error) not in RETRIED or attempt == attempts:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")
