"""Holds: units set aside for a cart for a while."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.inventory.enums import HoldState
from channels.inventory.lines import StockLine
from channels.inventory.models import Hold, StockLevel
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.quotas import Draw, draw, give_back
from channels.inventory.services.reserving import HOLD, Place, lock_places, merged, refuse_short
from o2o.kit.errors import DomainError, InvalidError
from o2o.kit.models import uuid7_text
from o2o.tenancy.scope import current_merchant_id

LEVEL = ("level_id", "level__variant_id", "level__location_id")


class HoldEndedError(DomainError):
    """The holds of the cart have expired, or were used or released."""

    code = "hold_ended"
    title = gettext_lazy("The hold has ended")


def hold_stock(
    *, reference: uuid.UUID, channel_id: uuid.UUID, lines: Sequence[StockLine], expires_at: datetime, at: datetime
) -> list[uuid.UUID]:
    """Set units aside for a cart until ``expires_at``, all of them or none; return the ids of the holds.

    Two statements, whatever the number of lines; two or three more for variants with quotas. Raises
    ``OutOfStockError`` or ``InvalidError``; then nothing was held.
    """
    if expires_at <= at:
        raise InvalidError(_("A hold ends later than now."), field="expires_at")
    units = merged(lines)
    with transaction.atomic():
        has_quotas = lock_places(units, at=at)
        draws = draw(units, channel_id=channel_id, at=at) if has_quotas else {}
        parameters = place_parameters(units, draws, at) | {
            "channel": str(channel_id),
            "reference": str(reference),
            "expires_at": expires_at,
        }
        with connection.cursor() as cursor:
            cursor.execute(HOLD, parameters)
            held = [row[0] for row in cursor.fetchall()]
        if len(held) != len(units):
            refuse_short(units, at=at)
        return held


def extend_holds(*, reference: uuid.UUID, expires_at: datetime, at: datetime) -> int:
    """Let the holds of a cart live until later. Raises ``HoldEndedError`` where none of them lives."""
    alive = Hold.objects.filter(reference=reference, state=HoldState.ACTIVE, expires_at__gt=at)
    changed = alive.update(expires_at=expires_at, updated_at=at)
    if not changed:
        raise HoldEndedError(_("The hold has expired or was used; hold the cart again."))
    return changed


def release_holds(*, reference: uuid.UUID, at: datetime) -> int:
    """Give back what is held for a cart and return how many units that was; none where it has ended already."""
    places = places_of(reference)
    if not places:
        return 0
    with transaction.atomic():
        lock_places(places, at=at)
        released = end_holds(reference=reference, state=HoldState.RELEASED, at=at)
        tell_available(released, at=at)
        return sum(released.values())


def end_expired_holds(*, at: datetime, limit: int = 500) -> int:
    """End holds of the merchant that have expired and return how many there were. Readers never count them anyway."""
    due = Hold.objects.filter(state=HoldState.ACTIVE, expires_at__lte=at).order_by("expires_at")[:limit]
    found = {(variant, location): level for level, variant, location in due.values_list(*LEVEL)}
    if found:
        with transaction.atomic():
            # Whoever locks a level ends what has expired there.
            lock_places(found, at=at)
            tell_available(set(found.values()), at=at)
    return len(found)


def end_holds(*, reference: uuid.UUID, state: HoldState, at: datetime) -> dict[uuid.UUID, int]:
    """End the active holds of a cart, whose levels are locked; return the units that each level has back."""
    holds = list(Hold.objects.filter(reference=reference, state=HoldState.ACTIVE).order_by("pk"))
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(state=state, ended_at=at, updated_at=at)
    freed: dict[uuid.UUID, int] = defaultdict(int)
    taken: dict[uuid.UUID, tuple[int, int]] = {}
    for hold in holds:
        freed[hold.level_id] += hold.quantity
        if hold.quota_id is not None:
            own, shared = taken.get(hold.quota_id, (0, 0))
            taken[hold.quota_id] = (own + hold.quota_quantity, shared + hold.quantity - hold.quota_quantity)
    _lower_held(freed, at)
    give_back(taken)
    return freed


def places_of(reference: uuid.UUID) -> list[Place]:
    """Return where a cart has active holds."""
    rows = Hold.objects.filter(reference=reference, state=HoldState.ACTIVE)
    return list(rows.values_list("level__variant_id", "level__location_id").distinct())


def place_parameters(units: Mapping[Place, int], draws: Mapping[Place, Draw], at: datetime) -> dict[str, Any]:
    """Return the arrays that the statements of ``reserving`` read, one entry for each place."""
    chosen = [draws.get(place, Draw()) for place in units]
    return {
        "ids": [uuid7_text() for _place in units],
        "variants": [str(variant) for variant, _location in units],
        "locations": [str(location) for _variant, location in units],
        "quantities": list(units.values()),
        "quotas": [None if one.quota_id is None else str(one.quota_id) for one in chosen],
        "quota_quantities": [one.own for one in chosen],
        "count": len(units),
        "merchant": str(current_merchant_id()),
        "at": at,
    }


def _lower_held(freed: dict[uuid.UUID, int], at: datetime) -> None:
    if not freed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {StockLevel._meta.db_table} level SET held = level.held - back.quantity, updated_at = %s"  # noqa: S608
            " FROM unnest(%s::uuid[], %s::int[]) AS back (id, quantity) WHERE level.id = back.id",
            [at, [str(pk) for pk in freed], list(freed.values())],
        )
