"""Prices that come back every week, unrolled into intervals ahead of time."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from channels.catalog.enums import PriceChangeState, PriceLayer
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceCycle, PriceInterval, PriceWithdrawal
from channels.catalog.services.judging import Change, held_request, judge
from channels.catalog.services.listings import checked_price
from channels.catalog.services.prices import put_into_force
from channels.catalog.services.products import locked
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

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
    """Make a price that comes back, and unroll it 60 days ahead; one that the alarm finds abnormal waits (``is_held``).

    A window that runs now counts from now on: no price is set for the past. Raises ``InvalidError`` or
    ``NotFoundError``.
    """
    if time_zone not in available_timezones():
        raise InvalidError(_("“%(name)s” is not a time zone.") % {"name": time_zone}, field="time_zone")
    if set(weekdays) - set(range(7)):
        raise InvalidError(_("Weekdays are numbered from 0 (Monday) to 6 (Sunday)."), field="weekdays")
    if valid_until is not None and valid_until < valid_from:
        raise InvalidError(_("The last day is not before the first."), field="valid_until")
    with transaction.atomic():
        listing = locked(ChannelListing, listing_id)
        if listing.awaits_price:
            raise InvalidError(_("The listing has no regular price yet; its first one waits for approval."))
        cycle = PriceCycle(
            listing=listing,
            name=name,
            price=checked_price(price, listing.currency),
            compare_at_price=None if compare_at_price is None else checked_price(compare_at_price, listing.currency),
            weekdays=sorted(set(weekdays)),
            starts_at=starts_at,
            ends_at=ends_at,
            time_zone=time_zone,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        begins = next((begin for begin, end in windows(cycle, valid_from, _horizon(at)) if end > at), at)
        change = Change(listing, cycle.price, max(begins, at), PriceLayer.CYCLIC)
        alarm = judge(changes=[change], at=at)[0]
        cycle.is_held = alarm is not None
        cycle.save(force_insert=True)
        if alarm is None:
            unroll(cycle, at)
            put_into_force({listing.pk: listing}, at)
        else:
            held_request(change, alarm, at=at, cycle=cycle, compare_at_price=cycle.compare_at_price, reason=name).save()
        return cycle


def end_price_cycle(*, cycle_id: uuid.UUID, at: datetime) -> None:
    """Let a price come back no more; its intervals that lie ahead or run now are withdrawn.

    Raises ``NotFoundError``.
    """
    with transaction.atomic():
        listing_id = PriceCycle.objects.filter(pk=cycle_id).values_list("listing_id", flat=True).first()
        if listing_id is None:
            raise NotFoundError(_("There is no recurring price %(id)s.") % {"id": cycle_id})
        listing = locked(ChannelListing, listing_id)
        PriceChangeRequest.objects.filter(cycle=cycle_id, state=PriceChangeState.HELD).update(
            state=PriceChangeState.REFUSED, settled_at=at, settled_by=current_actor_label()[:200], updated_at=at
        )
        cycle = locked(PriceCycle, cycle_id)
        if cycle.ended_at is not None:
            return
        cycle.ended_at = at
        cycle.save(update_fields=["ended_at", "updated_at"])
        ahead = PriceInterval.objects.filter(cycle=cycle, valid_until__gt=at, withdrawal=None)
        PriceWithdrawal.objects.bulk_create(
            PriceWithdrawal(
                interval=row, withdrawn_at=at, reason=cycle.name[:200], actor_label=current_actor_label()[:200]
            )
            for row in ahead
        )
        put_into_force({listing.pk: listing}, at)


def unroll_cycles(*, at: datetime, limit: int = 500) -> int:
    """Unroll the cycles of the merchant that do not reach 60 days ahead; return how many there were.

    Each cycle remembers how far it is unrolled, under its lock, so that running twice adds nothing.
    """
    with transaction.atomic():
        due = PriceCycle.objects.filter(
            Q(valid_until=None) | Q(unrolled_until__lt=F("valid_until")),
            ended_at=None,
            is_held=False,
            unrolled_until__lt=_horizon(at),
        )
        # The conditions are asked again of each row once it is locked: it may have ended while this waited.
        cycles = lock_rows(due.filter(pk__in=list(due.values_list("pk", flat=True)[:limit])))
        for cycle in cycles:
            unroll(cycle, at)
        return len(cycles)


def windows(cycle: PriceCycle, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of a cycle that begin on the dates of a range, as instants.

    Hours are those on the wall. Where the clocks go forward, an hour that does not exist is the one after it, and a
    window that lies in it altogether is left out; where they go back, an hour that comes twice begins with the first.
    """
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


def unroll(cycle: PriceCycle, at: datetime) -> None:
    """Write the intervals of a locked cycle up to 60 days ahead, from where it is unrolled."""
    first = cycle.valid_from if cycle.unrolled_until is None else cycle.unrolled_until + DAY
    last = _horizon(at)
    PriceInterval.objects.bulk_create(
        PriceInterval(
            listing_id=cycle.listing_id,
            layer=PriceLayer.CYCLIC,
            price=cycle.price,
            compare_at_price=cycle.compare_at_price,
            valid_from=max(begin, at),
            valid_until=end,
            cycle=cycle,
            reason=cycle.name,
            actor_label=current_actor_label()[:200],
        )
        for begin, end in windows(cycle, first, last)
        if end > at
    )
    cycle.unrolled_until = last
    cycle.save(update_fields=["unrolled_until", "updated_at"])


def _horizon(at: datetime) -> date:
    return (at + AHEAD).date()
