"""Sold out for today (估清): nothing is promised until the next business day, when it comes back by itself."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.inventory.events import SoldOut, SoldOutEnded
from channels.inventory.models import StockLevel
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.ledger import ensure_levels
from channels.stores.models import StockLocation
from channels.stores.selectors import business_day
from o2o.events import emit_all
from o2o.kit.errors import UnknownReferenceError
from o2o.kit.locks import lock_rows


def mark_sold_out(*, location_id: uuid.UUID, variant_ids: Collection[uuid.UUID], at: datetime) -> datetime:
    """Promise nothing of variants at a location until its next business day begins; return when that is.

    What is promised or held already stays so. Nothing has to run for it to come back; ``end_sold_out`` only tells that
    it did. Raises ``UnknownReferenceError``. A constant number of statements.
    """
    location = StockLocation.objects.filter(pk=location_id).first()
    if location is None:
        raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": location_id})
    until = business_day(location=location, at=at).ends_at
    with transaction.atomic():
        levels = ensure_levels(places={(variant_id, location_id) for variant_id in variant_ids})
        rows = lock_rows(StockLevel.objects.filter(pk__in=[level.pk for level in levels.values()]))
        StockLevel.objects.filter(pk__in=[row.pk for row in rows]).update(sold_out_until=until, updated_at=at)
        fresh = [row for row in rows if row.sold_out_until is None or row.sold_out_until <= at]
        emit_all([SoldOut(aggregate_id=row.pk, variant_id=row.variant_id, location_id=location_id) for row in fresh])
    return until


def restore(*, location_id: uuid.UUID, variant_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Promise variants again before the next business day; return how many were sold out."""
    with transaction.atomic():
        rows = lock_rows(
            StockLevel.objects.filter(location_id=location_id, variant_id__in=variant_ids, sold_out_until__gt=at)
        )
        _end(rows, at)
        return len(rows)


def end_sold_out(*, at: datetime, limit: int = 500) -> int:
    """Tell of levels whose day has ended that they can be promised again; return how many. Readers knew it already.

    Rows that somebody else works on are left for the next time, so any number of these may run at once.
    """
    with transaction.atomic():
        due = StockLevel.objects.filter(sold_out_until__lte=at).order_by("pk")
        rows = list(due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])
        _end(rows, at)
        return len(rows)


def _end(rows: Sequence[StockLevel], at: datetime) -> None:
    ids = {row.pk for row in rows}
    StockLevel.objects.filter(pk__in=ids).update(sold_out_until=None, updated_at=at)
    emit_all(
        [SoldOutEnded(aggregate_id=row.pk, variant_id=row.variant_id, location_id=row.location_id) for row in rows]
    )
    tell_available(ids, at=at)
