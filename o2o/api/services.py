"""Asking what must always hold, and writing the answers down."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, connection

from o2o.api.models import InvariantResult
from o2o.kit.invariants import Invariant, invariants
from o2o.tenancy.scope import platform_transaction

logger = structlog.get_logger(__name__)

SAMPLE_SIZE = 20
LONGEST_QUERY = "120s"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to one invariant: how many rows break it, and the first of them."""

    invariant: Invariant
    violations: int
    sample: list[dict[str, str]] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Say whether the question was answered, and with nothing."""
        return not self.violations and not self.error


def check_invariants(*, names: frozenset[str] | None = None) -> list[Checked]:
    """Ask every registered invariant, or those named, over all merchants, each in a transaction of its own."""
    return [_asked(each) for each in invariants() if names is None or each.name in names]


def store_results(*, results: list[Checked], at: datetime) -> None:
    """Write down the last answers, and forget those of invariants that are no more."""
    for result in results:
        InvariantResult.objects.update_or_create(
            name=result.invariant.name,
            defaults={
                "violations": result.violations,
                "sample": result.sample,
                "error": result.error[:500],
                "checked_at": at,
                "seconds": result.seconds,
            },
        )
        if not result.holds:
            logger.error("invariant_broken", invariant=result.invariant.name, violations=result.violations)
    InvariantResult.objects.exclude(name__in=[each.name for each in invariants()]).delete()


def _asked(each: Invariant) -> Checked:
    began = time.perf_counter()
    try:
        with platform_transaction(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST_QUERY}'")
            cursor.execute(f"SELECT count(*) OVER (), broken.* FROM ({each.query()}) broken LIMIT {SAMPLE_SIZE}")  # noqa: S608
            columns = [column.name for column in cursor.description[1:]]
            rows: list[tuple[Any, ...]] = cursor.fetchall()
    except DatabaseError as error:
        return Checked(each, 0, error=str(error).strip(), seconds=time.perf_counter() - began)
    sample = [dict(zip(columns, map(str, row[1:]), strict=True)) for row in rows]
    return Checked(each, rows[0][0] if rows else 0, sample, seconds=round(time.perf_counter() - began, 4))
