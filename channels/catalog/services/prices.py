"""Prices: wished for, held where they look wrong, recorded for good, put into force when their time comes."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.enums import PriceChangeState, PriceLayer
from channels.catalog.events import ListingChanged, ListingPriceChanged
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceClock, PriceInterval, PriceWithdrawal
from channels.catalog.selectors.prices import due_listings, prices_at
from channels.catalog.services.judging import Change, held_request, judge
from channels.catalog.services.listings import checked_price
from channels.catalog.services.products import locked
from o2o.events import emit_all
from o2o.kit.errors import DomainError, InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

# A transaction that records a price may commit this long after its ``at``: the clock looks at these minutes again.
LATE_COMMITS = timedelta(minutes=15)
FIRST_LOOK = timedelta(hours=26)
# One statement of a fixed length; Django's bulk_update would write a CASE with an arm for each listing and column.
MOVE = """
UPDATE catalog_channellisting listing
SET price = moved.price, compare_at_price = moved.compared, is_visible = moved.visible, awaits_price = false,
    updated_at = %(at)s
FROM unnest(%(ids)s::uuid[], %(prices)s::numeric[], %(compared)s::numeric[], %(visible)s::boolean[])
     AS moved (id, price, compared, visible)
WHERE listing.id = moved.id
"""


class PriceMovedError(DomainError):
    """Somebody else has changed the price since the caller looked at it."""

    code = "price_moved"
    title = gettext_lazy("The price has changed meanwhile")


class WithdrawnAlreadyError(DomainError):
    """The price was withdrawn before."""

    code = "withdrawn_already"
    title = gettext_lazy("The price has been withdrawn")


@dataclass(frozen=True, slots=True)
class PriceWish:
    """A price that somebody wants for a listing, in its currency; one that names another ``currency`` is refused.

    Without an end it is a new regular price; with one it is a scheduled price, after which the regular one is back.
    ``valid_from`` of None means at once. ``expected`` is the price in force that the person saw, where they saw one:
    if it is another one by now, the wish is refused.
    """

    listing_id: uuid.UUID
    price: Decimal
    compare_at_price: Decimal | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""
    expected: Decimal | None = None
    currency: str = ""

    @property
    def layer(self) -> PriceLayer:
        """The layer in which the price stands."""
        return PriceLayer.BASE if self.valid_until is None else PriceLayer.SCHEDULED


@dataclass(frozen=True, slots=True)
class PricesSet:
    """What came of wishes: those that were recorded, and those that wait for approval."""

    recorded: Sequence[PriceInterval]
    held: Sequence[PriceChangeRequest]


def set_price(*, wish: PriceWish, at: datetime) -> PriceInterval | PriceChangeRequest:
    """Record a price, or hold it for approval where the alarm finds it abnormal. Raises as ``set_prices``."""
    done = set_prices(wishes=[wish], at=at)
    return done.held[0] if done.held else done.recorded[0]


def set_prices(*, wishes: Sequence[PriceWish], at: datetime) -> PricesSet:
    """Record prices, and hold those that the alarm finds abnormal; what begins at once is in force at once.

    A constant number of queries. A regular price takes the place of one that was held for the same listing. Raises
    ``NotFoundError`` for a listing, ``InvalidError`` for a price or stretch, ``PriceMovedError`` where another price is
    in force than was expected; then nothing has changed.
    """
    with transaction.atomic():
        ids = {wish.listing_id for wish in wishes}
        listings = {row.pk: row for row in lock_rows(ChannelListing.objects.filter(pk__in=ids))}
        if missing := ids - set(listings):
            raise NotFoundError(_("There is no listing %(id)s.") % {"id": min(missing)})
        for wish in wishes:
            _check(wish, listings[wish.listing_id], at)
        changes = [Change(listings[wish.listing_id], wish.price, wish.valid_from or at, wish.layer) for wish in wishes]
        held, recorded = [], []
        for wish, change, alarm in zip(wishes, changes, judge(changes=changes, at=at), strict=True):
            if alarm is None:
                recorded.append(_interval(wish, at))
            else:
                extra = {"valid_until": wish.valid_until, "reason": wish.reason}
                held.append(held_request(change, alarm, at=at, compare_at_price=wish.compare_at_price, **extra))
        _replace_held([wish.listing_id for wish in wishes if wish.layer == PriceLayer.BASE], at)
        PriceInterval.objects.bulk_create(recorded)
        PriceChangeRequest.objects.bulk_create(held)
        put_into_force(listings, at)
        return PricesSet(recorded, held)


def withdraw_price(*, interval_id: uuid.UUID, at: datetime, reason: str = "") -> None:
    """Let a price count no more, from now on; what lies below it is in force at once.

    A regular price that has begun is replaced by another one, which the alarm looks at, and not withdrawn. Raises
    ``UnknownReferenceError``, ``WithdrawnAlreadyError``, or ``InvalidError`` for such a price and for one that is over.
    """
    with transaction.atomic():
        interval = PriceInterval.objects.filter(pk=interval_id).first()
        if interval is None:
            raise UnknownReferenceError(_("There is no price interval %(id)s.") % {"id": interval_id})
        listing = locked(ChannelListing, interval.listing_id)
        if interval.layer == PriceLayer.BASE and interval.valid_from <= at:
            raise InvalidError(_("A regular price that has begun is not withdrawn; set the one that is to follow it."))
        if interval.valid_until is not None and interval.valid_until <= at:
            raise InvalidError(_("This price is over already."))
        try:
            with transaction.atomic():
                PriceWithdrawal.objects.create(
                    interval=interval, withdrawn_at=at, reason=reason, actor_label=current_actor_label()[:200]
                )
        except IntegrityError as error:
            raise WithdrawnAlreadyError(_("Somebody has withdrawn this price already.")) from error
        put_into_force({listing.pk: listing}, at)


def publish_due_prices(*, at: datetime, limit: int = 1000) -> int:
    """Put into force what began or ended since the clock was here last; return how many listings have another price.

    It compares, so that it may run at any time and over any stretch. Where more than ``limit`` are due, the clock stays
    where it is, and the next call goes on. Where another process is at it, nothing is done.
    """
    with transaction.atomic():
        PriceClock.objects.bulk_create([PriceClock(published_until=at - FIRST_LOOK)], ignore_conflicts=True)
        clock = PriceClock.objects.select_for_update(skip_locked=True, no_key=True).first()
        if clock is None or clock.published_until >= at:
            return 0
        due = due_listings(since=clock.published_until - LATE_COMMITS, at=at, limit=limit)
        rows = lock_rows(ChannelListing.objects.filter(pk__in=due)) if due else []
        moved = put_into_force({row.pk: row for row in rows}, at)
        if len(due) < limit:
            PriceClock.objects.filter(pk=clock.pk).update(published_until=at, updated_at=at)
        return moved


def put_into_force(
    listings: Mapping[uuid.UUID, ChannelListing], at: datetime, *, shown: Collection[uuid.UUID] = ()
) -> int:
    """Write the prices in force to locked listings where they differ, and tell; return how many moved.

    Those in ``shown``, which waited for their first price, are visible from now on.
    """
    moved = []
    for pk, price in (prices_at(listing_ids=listings, at=at) if listings else {}).items():
        listing = listings[pk]
        if (listing.price, listing.compare_at_price) != (price.price, price.compare_at_price) or listing.awaits_price:
            listing.price, listing.compare_at_price, listing.updated_at = price.price, price.compare_at_price, at
            listing.awaits_price = False
            listing.is_visible = listing.is_visible or pk in shown
            moved.append(listing)
    if moved:
        _write(moved, at)
    emit_all([_price_changed(listing) for listing in moved])
    emit_all([ListingChanged(aggregate_id=row.pk, is_visible=True) for row in moved if row.pk in shown])
    return len(moved)


def _write(moved: Sequence[ChannelListing], at: datetime) -> None:
    columns: dict[str, Any] = {
        "ids": [str(row.pk) for row in moved],
        "prices": [row.price for row in moved],
        "compared": [row.compare_at_price for row in moved],
        "visible": [row.is_visible for row in moved],
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, {**columns, "at": at})


def _price_changed(listing: ChannelListing) -> ListingPriceChanged:
    return ListingPriceChanged(
        aggregate_id=listing.pk,
        price=listing.price,
        compare_at_price=listing.compare_at_price,
        currency=listing.currency,
    )


def _replace_held(listing_ids: Collection[uuid.UUID], at: datetime) -> None:
    if listing_ids:
        PriceChangeRequest.objects.filter(
            listing__in=set(listing_ids), layer=PriceLayer.BASE, state=PriceChangeState.HELD
        ).update(
            state=PriceChangeState.SUPERSEDED, settled_at=at, settled_by=current_actor_label()[:200], updated_at=at
        )


def _check(wish: PriceWish, listing: ChannelListing, at: datetime) -> None:
    if wish.currency and wish.currency != listing.currency:
        text = _("The listing is priced in %(currency)s, not in %(given)s.")
        raise InvalidError(text % {"currency": listing.currency, "given": wish.currency}, field="price")
    checked_price(wish.price, listing.currency)
    if wish.compare_at_price is not None:
        checked_price(wish.compare_at_price, listing.currency)
    begins = wish.valid_from or at
    if begins < at:
        raise InvalidError(_("A price cannot begin in the past; leave the beginning out for now."), field="valid_from")
    if wish.valid_until is not None and wish.valid_until <= begins:
        raise InvalidError(_("A price ends after it begins."), field="valid_until")
    if wish.expected is not None and wish.expected != listing.price:
        raise PriceMovedError(
            _("It is %(price)s by now, and not %(expected)s. Look at it again, then decide.")
            % {"price": f"{listing.price.normalize():f}", "expected": f"{wish.expected.normalize():f}"}
        )


def _interval(wish: PriceWish, at: datetime) -> PriceInterval:
    return PriceInterval(
        listing_id=wish.listing_id,
        layer=wish.layer,
        price=wish.price,
        compare_at_price=wish.compare_at_price,
        valid_from=wish.valid_from or at,
        valid_until=wish.valid_until,
        reason=wish.reason,
        actor_label=current_actor_label()[:200],
    )
