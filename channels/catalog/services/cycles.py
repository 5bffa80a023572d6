"""Prices that come back every week, unrolled into intervals ahead of time."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from channels.catalog.enums import PriceLayer
from channels.catalog.models import ChannelListing, PriceCycle, PriceInterval, PriceWithdrawal
from channels.catalog.services.listings import checked_price
from channels.catalog.services.products import locked
from o2o.kit.errors import InvalidError
from o2o.kit.locks import lock_rows

AHEAD = timedelta(days=60)
DAY = timedelta(days=1)


def create_price_cycle(
    *,
    listing_id: uuid.UUID,
    name: str,
    price: Decimal,
    starts_at: time,
    ends_at: time,
    time_zone: str,
    valid_from: date,
    at: datetime,
    valid_until: date | None = None,
    weekdays: Sequence[int] = (),
    compare_at_price: Decimal | None = None,
) -> PriceCycle:
    """Make a price that comes back, and unroll it 60 days ahead. Raises ``InvalidError`` or ``NotFoundError``."""
    if time_zone not in available_timezones():
        raise InvalidError(_("“%(name)s” is not a time zone.") % {"name": time_zone}, field="time_zone")
    if set(weekdays) - set(range(7)):
        raise InvalidError(_("Weekdays are numbered from 0 (Monday) to 6 (Sunday)."), field="weekdays")
    if valid_until is not None and valid_until < valid_from:
        raise InvalidError(_("The last day is not before the first."), field="valid_until")
    with transaction.atomic():
        listing = locked(ChannelListing, listing_id)
        cycle = PriceCycle.objects.create(
            listing=listing,
            name=name,
            price=checked_price(price, listing.currency),
            compare_at_price=compare_at_price,
            weekdays=sorted(set(weekdays)),
            starts_at=starts_at,
            ends_at=ends_at,
            time_zone=time_zone,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        _unroll(cycle, at)
        return cycle


def end_price_cycle(*, cycle_id: uuid.UUID, at: datetime) -> None:
    """Let a price come back no more; its intervals that lie ahead or run now are withdrawn."""
    with transaction.atomic():
        cycle = locked(PriceCycle, cycle_id)
        if cycle.ended_at is not None:
            return
        cycle.ended_at = at
        cycle.save(update_fields=["ended_at", "updated_at"])
        ahead = PriceInterval.objects.filter(cycle=cycle, valid_until__gt=at, withdrawal=None)
        PriceWithdrawal.objects.bulk_create(PriceWithdrawal(interval=row, reason=cycle.name[:200]) for row in ahead)


def unroll_cycles(*, at: datetime, limit: int = 500) -> int:
    """Unroll the cycles of the merchant that do not reach 60 days ahead; return how many there were.

    Each cycle remembers how far it is unrolled, under its lock, so that running twice adds nothing.
    """
    horizon = (at + AHEAD).date()
    with transaction.atomic():
        due = PriceCycle.objects.filter(
            Q(valid_until=None) | Q(unrolled_until__lt=F("valid_until")), ended_at=None, unrolled_until__lt=horizon
        )
        cycles = lock_rows(PriceCycle.objects.filter(pk__in=list(due.values_list("pk", flat=True)[:limit])))
        for cycle in cycles:
            _unroll(cycle, at)
        return len(cycles)


def windows(cycle: PriceCycle, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of a cycle that begin on the dates of a range, as instants."""
    zone = ZoneInfo(cycle.time_zone)
    day = max(first, cycle.valid_from)
    last = last if cycle.valid_until is None else min(last, cycle.valid_until)
    while day <= last:
        if not cycle.weekdays or day.weekday() in cycle.weekdays:
            end_day = day + DAY if cycle.ends_at <= cycle.starts_at else day
            begin = datetime.combine(day, cycle.starts_at, tzinfo=zone).astimezone(UTC)
            end = datetime.combine(end_day, cycle.ends_at, tzinfo=zone).astimezone(UTC)
            if begin < end:
                yield begin, end
        day += DAY


def _unroll(cycle: PriceCycle, at: datetime) -> None:
    first = cycle.valid_from if cycle.unrolled_until is None else cycle.unrolled_until + DAY
    last = (at + AHEAD).date()
    PriceInterval.objects.bulk_create(
        PriceInterval(
            listing_id=cycle.listing_id,
            layer=PriceLayer.CYCLIC,
            price=cycle.price,
            compare_at_price=cycle.compare_at_price,
            valid_from=begin,
            valid_until=end,
            cycle=cycle,
            reason=cycle.name,
        )
        for begin, end in windows(cycle, first, last)
        if end > at
    )
    cycle.unrolled_until = last
    cycle.save(update_fields=["unrolled_until", "updated_at"])
