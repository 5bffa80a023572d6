"""Quotas: set, ended, lent and given back; and drawn on by reservations.

Reservations of a variant that has quotas serialise on their rows, which they lock before its levels. What a quota's
channel takes comes from its own share first, then from the pool: the free units of all locations that no other quota
claims.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.inventory.models import ChannelQuota, QuotaLoan, StockLevel
from channels.inventory.selectors.availability import available_at_locations
from channels.inventory.services.reserving import OutOfStockError, Place, quota_of
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows


class QuotaSpentError(DomainError):
    """A quota has fewer units left than are asked of it."""

    code = "quota_spent"
    title = gettext_lazy("The quota has not enough left")


@dataclass(frozen=True, slots=True)
class Draw:
    """The quota on which a place of a reservation draws, and how many of its units come from the quota's share."""

    quota_id: uuid.UUID | None = None
    own: int = 0


def set_quota(
    *,
    variant_id: uuid.UUID,
    channel_id: uuid.UUID,
    exclusive: int,
    valid_from: datetime,
    at: datetime,
    valid_until: datetime | None = None,
    shared_limit: int | None = None,
) -> ChannelQuota:
    """Give a channel a share of a variant, or change the one that begins at the same instant.

    Raises ``InvalidError`` where two of the channel's would be in force at once, or the share would fall below what is
    used and lent.
    """
    if exclusive < 0 or (valid_until is not None and valid_until <= valid_from):
        raise InvalidError(_("A quota has no negative units and ends after it begins."), field="exclusive")
    with transaction.atomic():
        rows = lock_rows(ChannelQuota.objects.filter(variant_id=variant_id))
        same = next((row for row in rows if row.channel_id == channel_id and row.valid_from == valid_from), None)
        others = [row for row in rows if row.channel_id == channel_id and row is not same]
        if any(_overlap(row, valid_from, valid_until) for row in others):
            raise InvalidError(_("The channel has a quota for this variant at that time; end it first."))
        quota = same or ChannelQuota(variant_id=variant_id, channel_id=channel_id, valid_from=valid_from)
        quota.exclusive, quota.valid_until, quota.shared_limit = exclusive, valid_until, shared_limit
        try:
            with transaction.atomic():
                quota.save()
        except IntegrityError as error:
            raise InvalidError(
                _("%(used)s units are used and %(lent)s lent; the share cannot be smaller.")
                % {"used": quota.used, "lent": quota.lent},
                field="exclusive",
            ) from error
        return quota


def end_quota(*, quota_id: uuid.UUID, at: datetime) -> ChannelQuota:
    """Let a quota end now; what is left of it belongs to the pool. Raises ``NotFoundError``."""
    with transaction.atomic():
        quota = _locked([quota_id])[quota_id]
        if quota.valid_until is None or quota.valid_until > at:
            if quota.valid_from >= at:
                raise InvalidError(_("It has not begun; change its share to nothing instead."))
            quota.valid_until = at
            quota.save(update_fields=["valid_until", "updated_at"])
        return quota


def borrow_quota(*, lender_id: uuid.UUID, borrower_id: uuid.UUID, quantity: int, at: datetime) -> QuotaLoan:
    """Let one quota lend units to another of the same variant. Raises ``QuotaSpentError``, ``InvalidError``."""
    if quantity <= 0 or lender_id == borrower_id:
        raise InvalidError(_("A loan is of at least one unit, between two quotas."), field="quantity")
    with transaction.atomic():
        quotas = _locked([lender_id, borrower_id])
        lender, borrower = quotas[lender_id], quotas[borrower_id]
        if lender.variant_id != borrower.variant_id:
            raise InvalidError(_("Both quotas must be of the same variant."))
        left = lender.exclusive - lender.lent - lender.used
        if left < quantity:
            raise QuotaSpentError(_("Only %(left)s units are left to lend.") % {"left": max(left, 0)}, left=left)
        _move(lender_id, borrower_id, quantity)
        return QuotaLoan.objects.create(lender=lender, borrower=borrower, quantity=quantity)


def return_loan(*, loan_id: uuid.UUID, quantity: int, at: datetime) -> QuotaLoan:
    """Give lent units back. Raises ``QuotaSpentError`` where the borrower has used them, ``InvalidError``."""
    with transaction.atomic():
        loan = QuotaLoan.objects.filter(pk=loan_id).first()
        if loan is None:
            raise NotFoundError(_("There is no such loan."))
        quotas = _locked([loan.lender_id, loan.borrower_id])
        borrower = quotas[loan.borrower_id]
        # The row again, now that nobody else can change it.
        loan.refresh_from_db()
        if not 0 < quantity <= loan.quantity - loan.returned:
            raise InvalidError(
                _("%(open)s units of the loan are open.") % {"open": loan.quantity - loan.returned}, field="quantity"
            )
        left = borrower.exclusive - borrower.lent - borrower.used
        if left < quantity:
            raise QuotaSpentError(_("Only %(left)s units are left to give back.") % {"left": max(left, 0)}, left=left)
        _move(loan.borrower_id, loan.lender_id, quantity)
        loan.returned += quantity
        loan.save(update_fields=["returned", "updated_at"])
        return loan


def draw(units: Mapping[Place, int], *, channel_id: uuid.UUID, at: datetime) -> Mapping[Place, Draw]:
    """Take the units of a reservation from the quotas of their variants, whose rows are locked.

    Raises ``OutOfStockError`` where the quotas of other channels, or the limit of the channel's own, leave too little.
    """
    wanted: dict[uuid.UUID, int] = defaultdict(int)
    for (variant_id, _location), quantity in units.items():
        wanted[variant_id] += quantity
    quotas: dict[uuid.UUID, list[ChannelQuota]] = defaultdict(list)
    for quota in quota_of(wanted, at=at):
        quotas[quota.variant_id].append(quota)
    free = _free_everywhere(quotas, at)
    left_of_own: dict[uuid.UUID, tuple[uuid.UUID, int]] = {}
    for variant_id, rows in quotas.items():
        own = next((row for row in rows if row.channel_id == channel_id), None)
        taken = _shares(rows, own, wanted[variant_id], free.get(variant_id, 0), variant_id)
        if own is not None:
            left_of_own[variant_id] = (own.pk, taken)
            shared = wanted[variant_id] - taken
            ChannelQuota.objects.filter(pk=own.pk).update(used=F("used") + taken, shared_used=F("shared_used") + shared)
    return _spread(units, left_of_own)


def give_back(taken: Mapping[uuid.UUID, tuple[int, int]]) -> None:
    """Return units (of the share, of the pool) to quotas whose rows are locked. One statement."""
    if not taken:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_channelquota quota SET used = quota.used - back.own,"
            " shared_used = quota.shared_used - back.shared, updated_at = now()"
            " FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS back (id, own, shared) WHERE quota.id = back.id",
            [
                [str(pk) for pk in taken],
                [own for own, _shared in taken.values()],
                [shared for _own, shared in taken.values()],
            ],
        )


def _shares(
    rows: Collection[ChannelQuota], own: ChannelQuota | None, wanted: int, free: int, variant_id: uuid.UUID
) -> int:
    """Return how many of the wanted units come from the channel's own share, or refuse."""
    left = {row.pk: max(row.exclusive - row.lent - row.used, 0) for row in rows}
    of_others = sum(quantity for pk, quantity in left.items() if own is None or pk != own.pk)
    mine = left[own.pk] if own is not None else 0
    taken = min(wanted, mine)
    most = free - of_others
    if own is not None and own.shared_limit is not None:
        most = min(most, mine + own.shared_limit - own.shared_used)
    if wanted > most:
        raise OutOfStockError(
            _("Of the stock that is left, %(most)s units are for this channel, and %(wanted)s are wanted.")
            % {"most": max(most, 0), "wanted": wanted},
            lines=[{"variant_id": str(variant_id), "wanted": wanted, "available": max(most, 0)}],
            cause="quota",
        )
    return taken


def _spread(units: Mapping[Place, int], left: dict[uuid.UUID, tuple[uuid.UUID, int]]) -> Mapping[Place, Draw]:
    """Say for each place how many of its units are of the share, first come, first served."""
    draws = {}
    for place, quantity in units.items():
        if place[0] not in left:
            draws[place] = Draw()
            continue
        quota_id, remaining = left[place[0]]
        own = min(quantity, remaining)
        left[place[0]] = (quota_id, remaining - own)
        draws[place] = Draw(quota_id, own)
    return draws


def _free_everywhere(variant_ids: Collection[uuid.UUID], at: datetime) -> Mapping[uuid.UUID, int]:
    if not variant_ids:
        return {}
    places = set(StockLevel.objects.filter(variant_id__in=variant_ids).values_list("location_id", flat=True))
    free: dict[uuid.UUID, int] = defaultdict(int)
    for (variant_id, _location), quantity in available_at_locations(
        variant_ids=variant_ids, location_ids=places, at=at
    ).items():
        free[variant_id] += quantity
    return free


def _locked(ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, ChannelQuota]:
    rows = {row.pk: row for row in lock_rows(ChannelQuota.objects.filter(pk__in=ids))}
    if missing := set(ids) - set(rows):
        raise NotFoundError(_("There is no quota %(id)s.") % {"id": min(missing)})
    return rows


def _move(source_id: uuid.UUID, target_id: uuid.UUID, quantity: int) -> None:
    ChannelQuota.objects.filter(pk=source_id).update(lent=F("lent") + quantity)
    ChannelQuota.objects.filter(pk=target_id).update(lent=F("lent") - quantity)


def _overlap(row: ChannelQuota, begins: datetime, ends: datetime | None) -> bool:
    return (ends is None or row.valid_from < ends) and (row.valid_until is None or begins < row.valid_until)
