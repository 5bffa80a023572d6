"""How channels offer variants."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.enums import PriceLayer
from channels.catalog.events import ListingChanged
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceInterval, Variant
from channels.catalog.services.judging import hold_first_prices
from channels.catalog.services.products import changed, locked
from channels.stores.models import SalesChannel
from o2o.events import emit, emit_all
from o2o.kit.errors import DomainError, InvalidError, UnknownReferenceError
from o2o.kit.locks import lock_rows
from o2o.kit.money import Money
from o2o.tenancy.acting import current_actor_label

LISTING_FIELDS = frozenset({"external_id", "is_visible", "title", "description"})


class ListedAlreadyError(DomainError):
    """The channel lists the variant already, or another one under this id."""

    code = "listed_already"
    title = gettext_lazy("It is listed already")


class AwaitsPriceError(DomainError):
    """A listing whose first price waits for approval is not shown."""

    code = "awaits_price"
    title = gettext_lazy("Its price waits for approval")


def create_listing(
    *,
    channel_id: uuid.UUID,
    variant_id: uuid.UUID,
    price: Decimal,
    at: datetime,
    compare_at_price: Decimal | None = None,
    currency: str = "",
    **fields: Any,
) -> ChannelListing:
    """Offer a variant in a channel from now on, at a regular price in the currency of the channel.

    Where the variant costs something quite different in the other channels, the listing stays hidden and has no price
    until somebody approves it (``awaits_price``). ``currency``, where it is given, must be the channel's. Raises
    ``ListedAlreadyError``, ``NotFoundError`` or ``InvalidError``.
    """
    channel = SalesChannel.objects.filter(pk=channel_id).first()
    if channel is None or not Variant.objects.filter(pk=variant_id).exists():
        raise UnknownReferenceError(_("There is no such channel or variant."))
    check_currency(currency or channel.currency, channel)
    listing = ChannelListing(channel=channel, variant_id=variant_id, currency=channel.currency)
    listing.price = checked_price(price, listing.currency)
    listing.compare_at_price = None if compare_at_price is None else checked_price(compare_at_price, listing.currency)
    changed(listing, fields, LISTING_FIELDS)
    held = hold_first_prices(listings=[listing], at=at)
    try:
        with transaction.atomic():
            listing.save(force_insert=True)
            record_first_prices(listings=[listing], held=held, at=at)
    except IntegrityError as error:
        raise ListedAlreadyError(
            _("The channel “%(channel)s” lists this variant already, or another under the id “%(id)s”.")
            % {"channel": channel.name, "id": listing.external_id}
        ) from error
    emit(ListingChanged(aggregate_id=listing.pk, is_visible=listing.is_visible))
    return listing


def update_listing(*, listing_id: uuid.UUID, at: datetime, **changes: Any) -> ChannelListing:
    """Change text, id or visibility; prices have services of their own.

    Raises ``NotFoundError``, ``ListedAlreadyError`` for an id, or ``AwaitsPriceError`` where it cannot be shown yet.
    """
    with transaction.atomic():
        listing = changed(locked(ChannelListing, listing_id), changes, LISTING_FIELDS)
        check_shown(listing)
        try:
            with transaction.atomic():
                listing.save()
        except IntegrityError as error:
            raise ListedAlreadyError(
                _("The channel has another listing under the id “%(id)s”.") % {"id": listing.external_id},
                field="external_id",
            ) from error
        emit(ListingChanged(aggregate_id=listing.pk, is_visible=listing.is_visible))
        return listing


def set_visibility(*, listing_ids: Collection[uuid.UUID], is_visible: bool, at: datetime) -> int:
    """Show or hide listings and return how many that changed. Three statements, however many there are.

    Raises ``AwaitsPriceError`` where one cannot be shown yet; then nothing has changed.
    """
    with transaction.atomic():
        rows = lock_rows(ChannelListing.objects.filter(pk__in=listing_ids, is_visible=not is_visible))
        for row in rows:
            row.is_visible = is_visible
            check_shown(row)
        ids = [row.pk for row in rows]
        ChannelListing.objects.filter(pk__in=ids).update(is_visible=is_visible, updated_at=at)
        emit_all([ListingChanged(aggregate_id=pk, is_visible=is_visible) for pk in ids])
        return len(ids)


def record_first_prices(
    *, listings: Sequence[ChannelListing], held: Sequence[PriceChangeRequest], at: datetime, reason: str = ""
) -> None:
    """Write the first prices of saved listings, and the requests of those that are held. Two statements."""
    PriceInterval.objects.bulk_create(
        PriceInterval(
            listing=listing,
            layer=PriceLayer.BASE,
            price=listing.price,
            compare_at_price=listing.compare_at_price,
            valid_from=at,
            reason=reason,
            actor_label=current_actor_label()[:200],
        )
        for listing in listings
        if not listing.awaits_price
    )
    PriceChangeRequest.objects.bulk_create(held)


def check_shown(listing: ChannelListing) -> None:
    """Raise ``AwaitsPriceError`` where a listing would be visible without a price."""
    if listing.is_visible and listing.awaits_price:
        raise AwaitsPriceError(
            _("Its first price looks like a mistake and waits for approval; approve it or set another one first."),
            field="is_visible",
        )


def check_currency(currency: str, channel: SalesChannel) -> None:
    """Raise ``InvalidError`` for a price in another currency than the channel's."""
    if currency != channel.currency:
        raise InvalidError(
            _("The channel “%(channel)s” sells in %(currency)s, not in %(given)s.")
            % {"channel": channel.name, "currency": channel.currency, "given": currency},
            field="price",
        )


def checked_price(price: Decimal, currency: str) -> Decimal:
    """Return a price that is an amount of money and not negative. Raises ``InvalidError``."""
    amount = Money(price, currency).amount
    if amount < 0:
        raise InvalidError(_("A price is not negative."), field="price")
    return amount
