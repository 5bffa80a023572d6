"""Whether wished prices look like mistakes: every price passes here, whoever wishes it and whenever it is to begin."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from channels.catalog.alarm import Alarm, look_at
from channels.catalog.enums import PriceChangeState, PriceLayer
from channels.catalog.models import ChannelListing, PriceChangeRequest
from channels.catalog.selectors.moves import measures, moves_of, usual_prices
from o2o.tenancy.acting import current_actor_id, current_actor_label

HELD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Change:
    """A price that a listing would have, and from when on."""

    listing: ChannelListing
    price: Decimal
    begins: datetime
    layer: PriceLayer = PriceLayer.BASE


def judge(*, changes: Sequence[Change], at: datetime) -> Sequence[Alarm | None]:
    """Return for each change the alarm that it raises, or None. At most three queries.

    A change is measured by the regular price of a day before it begins. A first price is measured by what the variant
    costs in the other channels, where it costs anything.
    """
    asked = measures(asked=[(change.listing.pk, change.begins) for change in changes])
    variants = {change.listing.variant_id for change in changes}
    regular_moves, all_moves = moves_of(variant_ids=variants, at=at)
    is_first = any(change.listing.awaits_price for change in changes)
    usual = usual_prices(variant_ids=variants) if is_first else {}
    found = []
    for change, measure in zip(changes, asked, strict=True):
        listing = change.listing
        if listing.awaits_price:
            found.append(_first(change, usual))
            continue
        moves = (regular_moves if change.layer == PriceLayer.BASE else all_moves).get(listing.variant_id, ())
        found.append(look_at(old=listing.price if measure is None else measure, new=change.price, moves=moves))
    return found


def hold_first_prices(*, listings: Sequence[ChannelListing], at: datetime) -> Sequence[PriceChangeRequest]:
    """Hide the listings, not yet saved, whose price the alarm finds abnormal; return the requests to save after them.

    A first price is measured by what the variant costs elsewhere; the first one anywhere by nothing. One query.
    """
    usual = usual_prices(variant_ids={listing.variant_id for listing in listings})
    requests = []
    for listing in listings:
        change = Change(listing, listing.price, at)
        alarm = _first(change, usual)
        if alarm is not None:
            extra = {"compare_at_price": listing.compare_at_price, "makes_visible": listing.is_visible}
            listing.awaits_price, listing.is_visible = True, False
            requests.append(held_request(change, alarm, at=at, **extra))
    return requests


def _first(change: Change, usual: Mapping[tuple[uuid.UUID, str], Decimal]) -> Alarm | None:
    old = usual.get((change.listing.variant_id, change.listing.currency))
    return None if old is None else look_at(old=old, new=change.price, moves=())


def held_request(change: Change, alarm: Alarm, *, at: datetime, **fields: object) -> PriceChangeRequest:
    """Return the request, not yet saved, that waits for approval in the place of a change."""
    valid_until = fields.get("valid_until")
    latest = at + HELD_FOR
    return PriceChangeRequest(
        listing=change.listing,
        layer=change.layer,
        price=change.price,
        old_price=change.listing.price,
        valid_from=change.begins,
        evidence=alarm.evidence(),
        state=PriceChangeState.HELD,
        expires_at=min(latest, valid_until) if isinstance(valid_until, datetime) else latest,
        requester_id=current_actor_id(),
        requested_by=current_actor_label()[:200],
        **fields,
    )
