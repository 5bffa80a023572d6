"""The daily look at the counters of levels, which puts right what disagrees and says so."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction

from channels.inventory.events import CounterChecked
from channels.inventory.models import StockCheck, StockLevel
from o2o.events import emit_all
from o2o.kit.locks import lock_rows

logger = structlog.get_logger(__name__)

# What the counters are and what they should be, for locked levels.
COUNTED = """
SELECT level.id, level.on_hand, level.allocated, level.held,
       coalesce((SELECT sum(on_hand_delta) FROM inventory_stockmovement WHERE level_id = level.id), 0)::int,
       coalesce((SELECT sum(quantity) FROM inventory_allocation
                 WHERE level_id = level.id AND state = 'active'), 0)::int,
       coalesce((SELECT sum(quantity) FROM inventory_hold WHERE level_id = level.id AND state = 'active'), 0)::int
FROM inventory_stocklevel level WHERE level.id = ANY(%s::uuid[]) ORDER BY level.id
"""


def check_levels(
    *, after: uuid.UUID | None, at: datetime, limit: int = 500
) -> tuple[list[StockCheck], uuid.UUID | None]:
    """Check the next levels after one; return what was repaired, and the last level, or None at the end.

    ``on_hand`` must be the sum of its movements, ``allocated`` that of the allocations and ``held`` that of the holds
    that live on. What disagrees is put right by a function of the database, written down and told. A level that has
    promised more than it truly has cannot be put right before people have taken promises back: it is told of each time.
    """
    with transaction.atomic():
        ids = StockLevel.objects.order_by("pk").values_list("pk", flat=True)
        chosen = list((ids.filter(pk__gt=after) if after else ids)[:limit])
        lock_rows(StockLevel.objects.filter(pk__in=chosen))
        with connection.cursor() as cursor:
            cursor.execute(COUNTED, [[str(pk) for pk in chosen]])
            rows = cursor.fetchall()
        found = [check for row in rows if (checks := _differences(row)) for check in _repaired(checks)]
        StockCheck.objects.bulk_create(found)
        emit_all([_told(check) for check in found])
        return found, chosen[-1] if len(chosen) == limit else None


def _repaired(checks: list[StockCheck]) -> list[StockCheck]:
    """Recount the level of some checks, and say whether its constraints let it be."""
    level_id = checks[0].level_id
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT inventory_recount_level(%s)", [str(level_id)])
    except IntegrityError as error:
        logger.warning("counters_not_repaired", level_id=str(level_id), error=str(error).splitlines()[0])
        for check in checks:
            check.is_repaired = False
    return checks


def _told(check: StockCheck) -> CounterChecked:
    return CounterChecked(
        aggregate_id=check.level_id,
        counter=check.counter,
        found=check.found,
        expected=check.expected,
        is_repaired=check.is_repaired,
    )


def _differences(row: Sequence[Any]) -> list[StockCheck]:
    level_id, counters, expected = row[0], row[1:4], row[4:7]
    names = ("on_hand", "allocated", "held")
    return [
        StockCheck(level_id=level_id, counter=name, found=found, expected=right)
        for name, found, right in zip(names, counters, expected, strict=True)
        if found != right
    ]
