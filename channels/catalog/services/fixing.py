"""Deviations: put right in one step, taken back, or accepted as they are."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.enums import DeviationKind, PriceChangeState, PriceLayer
from channels.catalog.models import ChannelListing, Deviation, PriceChangeRequest, PriceInterval, Product
from channels.catalog.selectors.prices import prices_at
from channels.catalog.services.listings import set_visibility, update_listing
from channels.catalog.services.monitoring import compare
from channels.catalog.services.prices import PriceWish, set_price, withdraw_price
from channels.catalog.services.products import locked
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.money import Money
from o2o.tenancy.acting import current_actor_label


class ChangedSinceError(DomainError):
    """Something has changed since the person looked, so that it is not done unseen."""

    code = "changed_since"
    title = gettext_lazy("It has changed meanwhile")


def fix_deviation(*, deviation_id: uuid.UUID, at: datetime, after: str | None = None) -> Deviation:
    """Give a listing the price, visibility or text that its policy wants, and keep what was before for undoing it.

    ``after`` is the value that the person was shown: where the policy wants another one by now, nothing is done. A
    price that deviates only for a time, or from one that does, is put right for that time. It goes the way of all
    prices, so the alarm may hold it; then ``fix`` names the request, and the deviation stays open. Raises
    ``InvalidError`` where it was put right or waits already, ``ChangedSinceError`` or ``NotFoundError``.
    """
    with transaction.atomic():
        deviation = _locked(deviation_id)
        product_id = deviation.listing.variant.product_id
        compare(product_ids=[product_id], at=at)
        deviation.refresh_from_db()
        _check(deviation, after)
        listing = ChannelListing.objects.select_related("variant__product").get(pk=deviation.listing_id)
        deviation.fix = _fix(deviation, listing, at)
        deviation.fixed_by, deviation.fixed_at = current_actor_label()[:200], at
        deviation.save(update_fields=["fix", "fixed_by", "fixed_at", "updated_at"])
        compare(product_ids=[product_id], at=at)
        deviation.refresh_from_db()
        return deviation


def undo_fix(*, deviation_id: uuid.UUID, at: datetime) -> Deviation:
    """Give the listing back what it had before the fix; the monitor then finds it deviating again.

    Raises ``InvalidError`` where nothing can be taken back, ``ChangedSinceError`` where it is not as the fix left it.
    """
    with transaction.atomic():
        deviation = _locked(deviation_id)
        if deviation.fix is None or "request" in deviation.fix or deviation.undone_at is not None:
            raise InvalidError(_("There is nothing to take back."))
        listing = ChannelListing.objects.select_related("variant").get(pk=deviation.listing_id)
        _undo(deviation, listing, at)
        deviation.undone_at = at
        deviation.save(update_fields=["undone_at", "updated_at"])
        compare(product_ids=[listing.variant.product_id], at=at)
        return deviation


def accept_deviation(
    *, deviation_id: uuid.UUID, at: datetime, until: datetime | None = None, note: str = ""
) -> Deviation:
    """Say that a deviation is meant: it is quiet until its evidence changes, or until an instant.

    Raises ``InvalidError`` where it has ended, or for an instant that has passed.
    """
    if until is not None and until <= at:
        raise InvalidError(_("Choose a time that is still to come, or none."), field="until")
    with transaction.atomic():
        deviation = _locked(deviation_id)
        if deviation.ended_at is not None:
            raise InvalidError(_("It has been put right already."))
        deviation.is_accepted, deviation.accepted_until, deviation.note = True, until, note[:200]
        deviation.accepted_by, deviation.accepted_at = current_actor_label()[:200], at
        names = ["is_accepted", "accepted_until", "note", "accepted_by", "accepted_at", "updated_at"]
        deviation.save(update_fields=names)
        return deviation


def _locked(deviation_id: uuid.UUID) -> Deviation:
    """Lock the product, which keeps the monitor away, and then the deviation."""
    found = Deviation.objects.filter(pk=deviation_id).values_list("listing__variant__product_id", flat=True).first()
    if found is None:
        raise NotFoundError(_("There is no deviation %(id)s.") % {"id": deviation_id})
    locked(Product, found)
    return locked(Deviation, deviation_id)


def _check(deviation: Deviation, after: str | None) -> None:
    if deviation.ended_at is not None:
        raise InvalidError(_("It has been put right already."))
    request = (deviation.fix or {}).get("request")
    if request and PriceChangeRequest.objects.filter(pk=request, state=PriceChangeState.HELD).exists():
        raise InvalidError(_("A price that puts it right waits for approval already."))
    if after is not None and after != str(deviation.evidence.get("expected", "")):
        raise ChangedSinceError(_("It would become “%(after)s” by now.") % {"after": deviation.expected_text})


def _fix(deviation: Deviation, listing: ChannelListing, at: datetime) -> dict[str, Any]:
    match deviation.kind:
        case DeviationKind.VISIBILITY:
            set_visibility(listing_ids=[listing.pk], is_visible=True, at=at)
            return {"before": False, "after": True}
        case DeviationKind.TEXT:
            before = {"title": listing.title, "description": listing.description}
            found = ChannelListing.objects.values("title", "description")
            after = found.get(channel_id=deviation.evidence["reference_channel_id"], variant_id=listing.variant_id)
            update_listing(listing_id=listing.pk, at=at, **after)
            return {"before": before, "after": dict(after)}
        case _price:
            return _fix_price(deviation, listing, at)


def _fix_price(deviation: Deviation, listing: ChannelListing, at: datetime) -> dict[str, Any]:
    until = deviation.evidence.get("until")
    wish = PriceWish(
        listing.pk,
        Money.rounded(Decimal(deviation.evidence["expected"]), listing.currency).amount,
        listing.compare_at_price,
        valid_until=parse_datetime(until) if until else None,
        reason=_("put right by the monitor"),
    )
    done = set_price(wish=wish, at=at)
    name = "request" if isinstance(done, PriceChangeRequest) else "interval"
    kept = {"before": f"{listing.price.normalize():f}", "after": f"{wish.price.normalize():f}", name: str(done.pk)}
    return {**kept, "until": until} if until else kept


def _undo(deviation: Deviation, listing: ChannelListing, at: datetime) -> None:
    fix: Any = deviation.fix
    match deviation.kind:
        case DeviationKind.VISIBILITY:
            _check_unchanged(listing.is_visible)
            set_visibility(listing_ids=[listing.pk], is_visible=False, at=at)
        case DeviationKind.TEXT:
            _check_unchanged({"title": listing.title, "description": listing.description} == fix["after"])
            update_listing(listing_id=listing.pk, at=at, **fix["before"])
        case _price:
            interval = PriceInterval.objects.get(pk=fix["interval"])
            price = prices_at(listing_ids=[listing.pk], at=at).get(listing.pk)
            _check_unchanged(price is not None and price.interval_id == interval.pk)
            if interval.layer == PriceLayer.SCHEDULED:
                withdraw_price(interval_id=interval.pk, at=at, reason=_("fix taken back"))
                return
            before = Decimal(fix["before"])
            wish = PriceWish(listing.pk, before, listing.compare_at_price, reason=_("fix taken back"))
            set_price(wish=wish, at=at)


def _check_unchanged(is_as_left: bool) -> None:
    if not is_as_left:
        raise ChangedSinceError(_("It is not as the fix left it; change it by hand."))
