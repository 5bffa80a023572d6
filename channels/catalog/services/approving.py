"""Held prices: approved by somebody else, refused, or left until they expire."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.enums import PriceChangeState
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceCycle, PriceInterval
from channels.catalog.services.cycles import unroll
from channels.catalog.services.prices import put_into_force
from channels.catalog.services.products import locked
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_id, current_actor_label


class OwnApprovalError(DomainError):
    """Whoever asked for a price does not approve it."""

    code = "own_approval"
    status = 403
    title = gettext_lazy("Somebody else must approve this")


class SettledAlreadyError(DomainError):
    """The wish was approved or refused before, or it expired."""

    code = "settled_already"
    title = gettext_lazy("This has been settled")


def approve_price_change(*, request_id: uuid.UUID, at: datetime) -> PriceInterval | PriceCycle:
    """Record a price that was held, or let a recurring one come.

    Raises ``OwnApprovalError``, ``SettledAlreadyError``, ``NotFoundError``, or ``InvalidError`` where its time is over.
    """
    with transaction.atomic():
        listing, request = _locked(request_id)
        _refuse_own(request)
        _settle(request, PriceChangeState.APPROVED, at)
        cycle_id = request.cycle_id
        made = _recorded(request, listing, at) if cycle_id is None else _begun_cycle(cycle_id, at)
        put_into_force({listing.pk: listing}, at, shown=[listing.pk] if request.makes_visible else ())
        return made


def refuse_price_change(*, request_id: uuid.UUID, at: datetime) -> PriceChangeRequest:
    """Leave the price as it is; whoever asked may take it back so.

    Raises ``SettledAlreadyError`` or ``NotFoundError``.
    """
    with transaction.atomic():
        _listing, request = _locked(request_id)
        _settle(request, PriceChangeState.REFUSED, at)
        PriceCycle.objects.filter(pk=request.cycle_id).update(ended_at=at, updated_at=at)
        return request


def expire_held_prices(*, at: datetime, limit: int = 1000) -> int:
    """End the requests that nobody settled in time, and return how many there were. Three statements."""
    with transaction.atomic():
        due = PriceChangeRequest.objects.filter(state=PriceChangeState.HELD, expires_at__lte=at)
        ids = list(due.values_list("pk", flat=True)[:limit])
        rows = lock_rows(due.filter(pk__in=ids)) if ids else []
        PriceChangeRequest.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=PriceChangeState.EXPIRED, settled_at=at, updated_at=at
        )
        cycles = [row.cycle_id for row in rows if row.cycle_id]
        PriceCycle.objects.filter(pk__in=cycles).update(ended_at=at, updated_at=at)
        return len(rows)


def _locked(request_id: uuid.UUID) -> tuple[ChannelListing, PriceChangeRequest]:
    # Listings are locked before requests everywhere (docs/locking.md), so the request is looked at twice.
    found = PriceChangeRequest.objects.filter(pk=request_id).values_list("listing_id", flat=True).first()
    if found is None:
        raise NotFoundError(_("There is no held price %(id)s.") % {"id": request_id})
    return locked(ChannelListing, found), locked(PriceChangeRequest, request_id)


def _refuse_own(request: PriceChangeRequest) -> None:
    # By id, and by name for work of which only the name is known: nobody gets round it by an import or a new name.
    actor_id, label = current_actor_id(), current_actor_label()
    is_same = actor_id is not None and actor_id == request.requester_id
    if is_same or (label and label == request.requested_by):
        raise OwnApprovalError(_("You asked for this price yourself; a colleague must approve it."))


def _settle(request: PriceChangeRequest, state: PriceChangeState, at: datetime) -> None:
    if request.state != PriceChangeState.HELD:
        raise SettledAlreadyError(_("It is %(state)s already.") % {"state": request.get_state_display()})
    if request.expires_at <= at and state == PriceChangeState.APPROVED:
        raise InvalidError(_("It has waited too long and has expired; ask for the price again."))
    request.state, request.settled_at = state, at
    request.settled_by = current_actor_label()[:200]
    request.save(update_fields=["state", "settled_at", "settled_by", "updated_at"])


def _recorded(request: PriceChangeRequest, listing: ChannelListing, at: datetime) -> PriceInterval:
    interval: PriceInterval = PriceInterval.objects.create(
        listing=listing,
        layer=request.layer,
        price=request.price,
        compare_at_price=request.compare_at_price,
        valid_from=max(request.valid_from, at),
        valid_until=request.valid_until,
        is_approved=True,
        reason=request.reason,
        actor_label=request.requested_by,
    )
    return interval


def _begun_cycle(cycle_id: uuid.UUID, at: datetime) -> PriceCycle:
    cycle = locked(PriceCycle, cycle_id)
    cycle.is_held = False
    cycle.save(update_fields=["is_held", "updated_at"])
    unroll(cycle, at)
    return cycle
