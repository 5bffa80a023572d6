"""Why a channel can promise what it can: every term, and the rows behind each."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.inventory.enums import AllocationState, HoldState
from channels.inventory.explaining import names_of
from channels.inventory.models import Allocation, ChannelQuota, Hold, StockLevel, StockMovement, UnroutedDemand
from channels.inventory.selectors.availability import available_at_locations
from channels.stores.selectors import locations_of_channels

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class TermRow:
    """One thing behind a term: what it is called, its units, since or until when, and where it is shown."""

    label: str
    quantity: int
    at: datetime | None = None
    url: str = ""
    detail: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the sum. ``quantity`` is signed; ``rows`` are at most twenty of ``count``."""

    code: str
    label: str | Promise
    quantity: int
    rows: Sequence[TermRow] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The terms in the order in which they are added up; their sum is ``available``."""

    variant_id: uuid.UUID
    channel_id: uuid.UUID
    at: datetime
    terms: Sequence[Term]
    allows_backorder: bool = False
    notes: Sequence[str | Promise] = field(default_factory=tuple)

    @property
    def available(self) -> int:
        """What the channel can promise."""
        return sum(term.quantity for term in self.terms)


def explain_available(*, variant_id: uuid.UUID, channel_id: uuid.UUID, at: datetime) -> Waterfall:
    """Return the waterfall of a variant in a channel: what ``available_to_promise`` says, term by term.

    About ten queries, whatever the number of locations and orders. A location that is short of its safety stock adds
    nothing and takes nothing away, which the term ``floor`` says.
    """
    links = list(locations_of_channels(channel_ids=[channel_id]))
    places = [link.location for link in links]
    levels = list(StockLevel.objects.filter(variant_id=variant_id, location__in=places).select_related("location"))
    held = _live_holds(levels, at)
    terms = [
        _on_hand(levels),
        _allocated(levels),
        _held(levels, held),
        _safety(levels),
        *_sold_out(levels, held, at),
        *_floor(levels, held, at),
        *_demand(variant_id, channel_id),
    ]
    terms += _quota_cut(variant_id, channel_id, sum(term.quantity for term in terms), at)
    below_zero = sum(term.quantity for term in terms)
    if below_zero < 0:
        terms.append(Term("not_below_zero", _("not below zero"), -below_zero))
    return Waterfall(variant_id, channel_id, at, terms, any(level.allows_backorder for level in levels))


def _live_holds(levels: Sequence[StockLevel], at: datetime) -> dict[uuid.UUID, list[Hold]]:
    found: dict[uuid.UUID, list[Hold]] = {}
    rows = Hold.objects.filter(level__in=levels, state=HoldState.ACTIVE, expires_at__gt=at)
    for hold in rows.select_related("channel", "level__location").order_by("expires_at", "pk"):
        found.setdefault(hold.level_id, []).append(hold)
    return found


def _on_hand(levels: Sequence[StockLevel]) -> Term:
    latest = {
        row.level_id: row
        for row in StockMovement.objects.filter(level__in=levels, allocated_delta=0)
        .order_by("level_id", "-pk")
        .distinct("level_id")
    }
    rows = [
        TermRow(
            level.location.name,
            level.on_hand,
            latest[level.pk].occurred_at if level.pk in latest else None,
            detail=latest[level.pk].get_reason_display() if level.pk in latest else "",
        )
        for level in sorted(levels, key=lambda level: -level.on_hand)
    ]
    return _term("on_hand", _("on hand"), sum(level.on_hand for level in levels), rows, len(rows))


def _allocated(levels: Sequence[StockLevel]) -> Term:
    total = sum(level.allocated for level in levels)
    active = Allocation.objects.filter(level__in=levels, state=AllocationState.ACTIVE)
    shown = list(active.select_related("level__location").order_by("pk")[:MOST_ROWS])
    names = names_of("order", {row.order_id for row in shown})
    rows = [
        TermRow(
            names.get(row.order_id, (str(row.order_id), ""))[0],
            -row.quantity,
            row.created_at,
            names.get(row.order_id, ("", ""))[1],
            row.level.location.name,
        )
        for row in shown
    ]
    count = len(rows) if len(rows) < MOST_ROWS else active.count()
    return _term("allocated", _("promised to orders"), -total, rows, count)


def _held(levels: Sequence[StockLevel], held: dict[uuid.UUID, list[Hold]]) -> Term:
    holds = [hold for level in levels for hold in held.get(level.pk, ())]
    rows = [
        TermRow(
            f"{hold.channel.name} · {str(hold.reference)[-6:]}",
            -hold.quantity,
            hold.expires_at,
            detail=hold.level.location.name,
        )
        for hold in holds
    ]
    return _term("held", _("held for carts"), -sum(hold.quantity for hold in holds), rows, len(rows))


def _safety(levels: Sequence[StockLevel]) -> Term:
    kept = [level for level in levels if level.safety_stock]
    rows = [TermRow(level.location.name, -level.safety_stock) for level in kept]
    return _term("safety_stock", _("safety stock"), -sum(level.safety_stock for level in kept), rows, len(rows))


def _raw(level: StockLevel, held: dict[uuid.UUID, list[Hold]]) -> int:
    live = sum(hold.quantity for hold in held.get(level.pk, ()))
    return level.on_hand - level.allocated - live - level.safety_stock


def _sold_out(levels: Sequence[StockLevel], held: dict[uuid.UUID, list[Hold]], at: datetime) -> Iterable[Term]:
    out = [level for level in levels if level.sold_out_until and level.sold_out_until > at]
    if out:
        rows = [TermRow(level.location.name, -_raw(level, held), level.sold_out_until) for level in out]
        yield _term("sold_out", _("sold out today"), -sum(_raw(level, held) for level in out), rows, len(rows))


def _floor(levels: Sequence[StockLevel], held: dict[uuid.UUID, list[Hold]], at: datetime) -> Iterable[Term]:
    short = [
        level for level in levels if _raw(level, held) < 0 and not (level.sold_out_until and level.sold_out_until > at)
    ]
    if short:
        rows = [TermRow(level.location.name, -_raw(level, held)) for level in short]
        yield _term(
            "floor", _("locations below zero count as nothing"), sum(row.quantity for row in rows), rows, len(rows)
        )


def _demand(variant_id: uuid.UUID, channel_id: uuid.UUID) -> Iterable[Term]:
    waiting = list(UnroutedDemand.objects.filter(variant_id=variant_id, channel_id=channel_id).order_by("pk"))
    if waiting:
        names = names_of("order", {row.order_id for row in waiting[:MOST_ROWS]})
        rows = [
            TermRow(
                names.get(row.order_id, (str(row.order_id), ""))[0],
                -row.quantity,
                row.created_at,
                names.get(row.order_id, ("", ""))[1],
            )
            for row in waiting
        ]
        total = -sum(row.quantity for row in waiting)
        yield _term("unrouted", _("orders that wait for a location"), total, rows, len(rows))


def _quota_cut(variant_id: uuid.UUID, channel_id: uuid.UUID, so_far: int, at: datetime) -> Iterable[Term]:
    in_force = Q(valid_until=None) | Q(valid_until__gt=at)
    quotas: list[Any] = list(
        ChannelQuota.objects.filter(in_force, variant_id=variant_id, valid_from__lte=at).select_related("channel")
    )
    if not quotas:
        return
    places = set(StockLevel.objects.filter(variant_id=variant_id).values_list("location_id", flat=True))
    total = sum(available_at_locations(variant_ids=[variant_id], location_ids=places, at=at).values())
    left = {quota.pk: max(quota.exclusive - quota.lent - quota.used, 0) for quota in quotas}
    own = next((quota for quota in quotas if quota.channel_id == channel_id), None)
    others = [quota for quota in quotas if quota.channel_id != channel_id and left[quota.pk]]
    after_others = total - sum(left[quota.pk] for quota in others)
    if after_others < so_far:
        rows = [TermRow(quota.channel.name, -left[quota.pk], quota.valid_until) for quota in others]
        yield _term("quota_of_others", _("kept for other channels"), after_others - so_far, rows, len(rows))
        so_far = after_others
    if own is not None and own.shared_limit is not None:
        limit = left[own.pk] + own.shared_limit - own.shared_used
        if limit < so_far:
            row = TermRow(own.channel.name, limit, own.valid_until)
            yield _term("quota", _("limit of the channel's quota"), limit - so_far, [row], 1)


def _term(code: str, label: str | Promise, quantity: int, rows: Sequence[TermRow], count: int) -> Term:
    return Term(code, label, quantity, tuple(rows[:MOST_ROWS]), count)
