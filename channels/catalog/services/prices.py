"""Prices: wished for, held where they look wrong, recorded for good, put into force when their time comes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.alarm import look_at
from channels.catalog.enums import PriceChangeState, PriceLayer
from channels.catalog.events import ListingPriceChanged
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceInterval, PriceWithdrawal
from channels.catalog.selectors.prices import due_listings, prices_at, regular_history
from channels.catalog.services.listings import checked_price
from channels.catalog.services.products import locked
from o2o.events import emit_all
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label


class OwnApprovalError(DomainError):
    """Whoever asked for a price does not approve it."""

    code = "own_approval"
    status = 403
    title = gettext_lazy("Somebody else must approve this")


class SettledAlreadyError(DomainError):
    """The wish was approved or refused before."""

    code = "settled_already"
    title = gettext_lazy("This has been settled")


class WithdrawnAlreadyError(DomainError):
    """The price was withdrawn before."""

    code = "withdrawn_already"
    title = gettext_lazy("The price has been withdrawn")


@dataclass(frozen=True, slots=True)
class PriceWish:
    """A price that somebody wants for a listing, in its currency.

    Without an end it is a new regular price; with one it is a scheduled price, after which the regular one is back.
    ``valid_from`` of None means at once.
    """

    listing_id: uuid.UUID
    price: Decimal
    compare_at_price: Decimal | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""

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

    A constant number of queries. Raises ``NotFoundError`` for a listing, ``InvalidError`` for a price or stretch; then
    nothing has changed.
    """
    with transaction.atomic():
        ids = {wish.listing_id for wish in wishes}
        listings = {row.pk: row for row in lock_rows(ChannelListing.objects.filter(pk__in=ids))}
        if missing := ids - set(listings):
            raise NotFoundError(_("There is no listing %(id)s.") % {"id": min(missing)})
        for wish in wishes:
            _check(wish, listings[wish.listing_id], at)
        history = regular_history(listing_ids=ids)
        held, recorded = [], []
        for wish in wishes:
            listing = listings[wish.listing_id]
            alarm = look_at(old=listing.price, new=wish.price, history=history.get(listing.pk, ()))
            if alarm is None:
                recorded.append(_interval(wish, at))
            else:
                held.append(_request(wish, listing, alarm.evidence(), at))
        PriceInterval.objects.bulk_create(recorded)
        PriceChangeRequest.objects.bulk_create(held)
        _put_into_force(listings, at)
        return PricesSet(recorded, held)


def withdraw_price(*, interval_id: uuid.UUID, at: datetime, reason: str = "") -> None:
    """Let an interval count no more, from now on; what lies below it is in force at once.

    Raises ``NotFoundError``, ``WithdrawnAlreadyError``, or ``InvalidError`` where no price would be left.
    """
    with transaction.atomic():
        interval = PriceInterval.objects.filter(pk=interval_id).first()
        if interval is None:
            raise NotFoundError(_("There is no price interval %(id)s.") % {"id": interval_id})
        listing = locked(ChannelListing, interval.listing_id)
        try:
            with transaction.atomic():
                PriceWithdrawal.objects.create(
                    interval=interval, reason=reason, actor_label=current_actor_label()[:200]
                )
        except IntegrityError as error:
            raise WithdrawnAlreadyError(_("Somebody has withdrawn this price already.")) from error
        if listing.pk not in prices_at(listing_ids=[listing.pk], at=at):
            raise InvalidError(_("It is the only price of the listing; set another one first."))
        _put_into_force({listing.pk: listing}, at)


def approve_price_change(*, request_id: uuid.UUID, at: datetime) -> PriceInterval:
    """Record a price that was held. Raises ``OwnApprovalError``, ``SettledAlreadyError`` or ``NotFoundError``."""
    actor = current_actor_label()
    with transaction.atomic():
        request = locked(PriceChangeRequest, request_id)
        if actor and actor == request.requested_by:
            raise OwnApprovalError(_("You asked for this price yourself; a colleague must approve it."))
        listing = locked(ChannelListing, request.listing_id)
        _settle(request, PriceChangeState.APPROVED, at)
        interval = PriceInterval.objects.create(
            listing=listing,
            layer=request.layer,
            price=request.price,
            compare_at_price=request.compare_at_price,
            valid_from=max(request.valid_from, at),
            valid_until=request.valid_until,
            reason=request.reason,
            actor_label=request.requested_by,
        )
        _put_into_force({listing.pk: listing}, at)
        return interval


def refuse_price_change(*, request_id: uuid.UUID, at: datetime) -> PriceChangeRequest:
    """Leave the price as it is. Raises ``SettledAlreadyError`` or ``NotFoundError``."""
    with transaction.atomic():
        request = locked(PriceChangeRequest, request_id)
        _settle(request, PriceChangeState.REFUSED, at)
        return request


def publish_due_prices(*, since: datetime, at: datetime, limit: int = 1000) -> int:
    """Put into force what began or ended after ``since``, and return how many listings have another price now.

    It compares, so that it may run again and over any stretch; call it until it returns less than it could.
    """
    ids = due_listings(since=since, at=at, limit=limit)
    with transaction.atomic():
        return _put_into_force({row.pk: row for row in lock_rows(ChannelListing.objects.filter(pk__in=ids))}, at)


def _put_into_force(listings: Mapping[uuid.UUID, ChannelListing], at: datetime) -> int:
    """Write the prices in force to locked listings where they differ, and tell."""
    prices = prices_at(listing_ids=listings, at=at)
    moved = []
    for pk, price in prices.items():
        listing = listings[pk]
        if (listing.price, listing.compare_at_price) != (price.price, price.compare_at_price):
            listing.price, listing.compare_at_price, listing.updated_at = price.price, price.compare_at_price, at
            moved.append(listing)
    ChannelListing.objects.bulk_update(moved, ("price", "compare_at_price", "updated_at"))
    emit_all(
        [
            ListingPriceChanged(
                aggregate_id=listing.pk,
                price=listing.price,
                compare_at_price=listing.compare_at_price,
                currency=listing.currency,
            )
            for listing in moved
        ]
    )
    return len(moved)


def _check(wish: PriceWish, listing: ChannelListing, at: datetime) -> None:
    checked_price(wish.price, listing.currency)
    if wish.compare_at_price is not None:
        checked_price(wish.compare_at_price, listing.currency)
    begins = wish.valid_from or at
    if begins < at:
        raise InvalidError(_("A price cannot begin in the past; leave the beginning out for now."), field="valid_from")
    if wish.valid_until is not None and wish.valid_until <= begins:
        raise InvalidError(_("A price ends after it begins."), field="valid_until")


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


def _request(
    wish: PriceWish, listing: ChannelListing, evidence: Mapping[str, object], at: datetime
) -> PriceChangeRequest:
    return PriceChangeRequest(
        listing=listing,
        layer=wish.layer,
        price=wish.price,
        compare_at_price=wish.compare_at_price,
        old_price=listing.price,
        valid_from=wish.valid_from or at,
        valid_until=wish.valid_until,
        reason=wish.reason,
        evidence=evidence,
        requested_by=current_actor_label()[:200],
    )


def _settle(request: PriceChangeRequest, state: PriceChangeState, at: datetime) -> None:
    if request.state != PriceChangeState.HELD:
        raise SettledAlreadyError(_("It is %(state)s already.") % {"state": request.get_state_display()})
    if request.valid_until is not None and request.valid_until <= at and state == PriceChangeState.APPROVED:
        raise InvalidError(_("Its time is over; refuse it and ask for a new one."))
    request.state, request.settled_at = state, at
    request.settled_by = current_actor_label()[:200]
    request.save(update_fields=["state", "settled_at", "settled_by", "updated_at"])
