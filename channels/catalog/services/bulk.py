"""Many listings in one call, each judged by itself."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.catalog.events import ListingChanged
from channels.catalog.models import ChannelListing, Variant
from channels.catalog.services.judging import hold_first_prices
from channels.catalog.services.listings import (
    LISTING_FIELDS,
    ListedAlreadyError,
    check_currency,
    check_shown,
    checked_price,
    record_first_prices,
)
from channels.catalog.services.prices import PriceWish, set_prices
from channels.catalog.services.products import changed
from channels.stores.models import SalesChannel
from o2o.events import emit_all
from o2o.kit.errors import DomainError, InvalidError, UnknownReferenceError
from o2o.kit.locks import lock_rows
from o2o.kit.money import Money

MOST_LISTINGS = 1000


@dataclass(frozen=True, slots=True)
class ListingWish:
    """What a listing is to be; a new one has a price.

    What is left out (None, or not among ``fields``) stays as it is.
    """

    channel_id: uuid.UUID
    variant_id: uuid.UUID
    price: Money | None = None
    compare_at_price: Money | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ListingOutcome:
    """What came of a wish: ``created``, ``changed``, ``left``, ``held`` (its price waits) or ``rejected`` (why)."""

    outcome: str = "left"
    listing_id: uuid.UUID | None = None
    error: DomainError | None = None


def upsert_listings(*, wishes: Sequence[ListingWish], at: datetime, reason: str = "") -> list[ListingOutcome]:
    """Make or change listings by channel and variant; return one outcome for each wish, in order.

    A wish that cannot be is rejected with its reason, and the others are done. Prices go the way of all prices: one
    that looks like a mistake is held, and the rest of its wish is done. A constant number of statements. Raises
    ``InvalidError`` for more than 1,000 wishes, and ``ListedAlreadyError`` where others list the same meanwhile; then
    nothing has changed.
    """
    if len(wishes) > MOST_LISTINGS:
        raise InvalidError(_("One call takes %(count)s listings at most.") % {"count": MOST_LISTINGS})
    with transaction.atomic():
        work = _Work(wishes, at, reason)
        outcomes = [work.take(wish) for wish in wishes]
        try:
            with transaction.atomic():
                work.write()
        except IntegrityError as error:
            raise ListedAlreadyError(_("Others have listed some of these meanwhile; try again.")) from error
        return outcomes


class _Work:
    """The rows that the wishes name, and what is to be written."""

    def __init__(self, wishes: Sequence[ListingWish], at: datetime, reason: str) -> None:
        self.at, self.reason = at, reason
        channels = {wish.channel_id for wish in wishes}
        variants = {wish.variant_id for wish in wishes}
        self.channels = {row.pk: row for row in SalesChannel.objects.filter(pk__in=channels)}
        self.variants = set(Variant.objects.filter(pk__in=variants).values_list("pk", flat=True))
        rows = lock_rows(ChannelListing.objects.filter(channel__in=channels, variant__in=variants))
        self.present = {(row.channel_id, row.variant_id): row for row in rows}
        self.ids = self._ids(wishes)
        self.seen: set[tuple[uuid.UUID, uuid.UUID]] = set()
        self.new: list[tuple[ChannelListing, ListingOutcome]] = []
        self.changed: list[ChannelListing] = []
        self.prices: list[tuple[PriceWish, ListingOutcome]] = []

    def _ids(self, wishes: Sequence[ListingWish]) -> dict[tuple[uuid.UUID, str], tuple[uuid.UUID, uuid.UUID]]:
        """Return which listing has which of the ids that are wished for."""
        wanted = {str(wish.fields["external_id"]) for wish in wishes if wish.fields.get("external_id")}
        found = ChannelListing.objects.filter(channel__in=self.channels, external_id__in=wanted) if wanted else ()
        return {(row.channel_id, row.external_id): (row.channel_id, row.variant_id) for row in found}

    def take(self, wish: ListingWish) -> ListingOutcome:
        """Check a wish and note what it needs; return its outcome, which ``write`` completes."""
        outcome = ListingOutcome()
        try:
            self._take(wish, outcome)
        except DomainError as error:
            outcome.outcome, outcome.error = "rejected", error
        return outcome

    def _take(self, wish: ListingWish, outcome: ListingOutcome) -> None:
        channel, key = self._known(wish), (wish.channel_id, wish.variant_id)
        price, before = self._money(wish.price, channel), self._money(wish.compare_at_price, channel)
        listing = self.present.get(key)
        if listing is None:
            if price is None:
                raise InvalidError(_("A new listing needs a price."), field="price")
            self._take_id(wish, key)
            made = ChannelListing(
                channel=channel, variant_id=wish.variant_id, currency=channel.currency, price=price,
                compare_at_price=before,
            )  # fmt: skip
            self.new.append((changed(made, dict(wish.fields), LISTING_FIELDS), outcome))
            return
        self._take_id(wish, key)
        outcome.listing_id = listing.pk
        self._change(listing, wish, price, before, outcome)

    def _change(
        self,
        listing: ChannelListing,
        wish: ListingWish,
        price: Decimal | None,
        before: Decimal | None,
        outcome: ListingOutcome,
    ) -> None:
        others = {name: value for name, value in wish.fields.items() if getattr(listing, name) != value}
        if others:
            check_shown(ChannelListing(awaits_price=listing.awaits_price, is_visible=others.get("is_visible", False)))
            changed(listing, others, LISTING_FIELDS).updated_at = self.at
            self.changed.append(listing)
            outcome.outcome = "changed"
        wanted = listing.price if price is None else price
        compared = listing.compare_at_price if wish.compare_at_price is None else before
        if (wanted, compared) != (listing.price, listing.compare_at_price):
            self.prices.append((PriceWish(listing.pk, wanted, compared, reason=self.reason), outcome))

    def _known(self, wish: ListingWish) -> SalesChannel:
        channel = self.channels.get(wish.channel_id)
        if channel is None:
            raise UnknownReferenceError(_("There is no channel %(id)s.") % {"id": wish.channel_id}, field="channel_id")
        if wish.variant_id not in self.variants:
            raise UnknownReferenceError(_("There is no variant %(id)s.") % {"id": wish.variant_id}, field="variant_id")
        if (wish.channel_id, wish.variant_id) in self.seen:
            raise InvalidError(_("The call names this listing twice."), field="variant_id")
        return channel

    def _money(self, money: Money | None, channel: SalesChannel) -> Decimal | None:
        if money is None:
            return None
        check_currency(money.currency, channel)
        return checked_price(money.amount, money.currency)

    def _take_id(self, wish: ListingWish, key: tuple[uuid.UUID, uuid.UUID]) -> None:
        external_id = str(wish.fields.get("external_id") or "")
        if external_id and self.ids.setdefault((wish.channel_id, external_id), key) != key:
            raise ListedAlreadyError(
                _("The channel has another listing under the id “%(id)s”.") % {"id": external_id}, field="external_id"
            )
        self.seen.add(key)

    def write(self) -> None:
        """Write what was noted, prices last, and complete the outcomes."""
        new = [listing for listing, _outcome in self.new]
        held = hold_first_prices(listings=new, at=self.at) if new else ()
        ChannelListing.objects.bulk_create(new)
        if new:
            record_first_prices(listings=new, held=held, at=self.at, reason=self.reason)
        for listing, outcome in self.new:
            outcome.listing_id = listing.pk
            outcome.outcome = "held" if listing.awaits_price else "created"
        ChannelListing.objects.bulk_update(self.changed, (*sorted(LISTING_FIELDS), "updated_at"))
        emit_all([ListingChanged(aggregate_id=row.pk, is_visible=row.is_visible) for row in (*new, *self.changed)])
        if self.prices:
            done = set_prices(wishes=[wish for wish, _outcome in self.prices], at=self.at)
            waiting = {request.listing_id for request in done.held}
            for wish, outcome in self.prices:
                outcome.outcome = "held" if wish.listing_id in waiting else "changed"
