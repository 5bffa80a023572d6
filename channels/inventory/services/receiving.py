"""Goods that come in, get lost or come back."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.inventory.enums import MovementKind, MovementReason
from channels.inventory.lines import StockLine
from channels.inventory.models import StockLevel, StockMovement
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.ledger import ensure_levels, record_movements
from channels.inventory.services.reserving import Place, merged
from o2o.kit.errors import DomainError, InvalidError

BOOKED = gettext_lazy(
    "These goods are booked already; look at the stock movements. For other goods open the page anew."
)
ONCE = "movement_once_per_slip"
# Causes of which each is booked once, however often its page is sent.
RECEIPT, WRITE_OFF = "receipt", "write_off"


class AlreadyBookedError(DomainError):
    """The slip of goods has been booked before; nothing was booked again."""

    code = "already_booked"
    title = gettext_lazy("This has been booked already")


def receive_stock(
    *,
    lines: Sequence[StockLine],
    at: datetime,
    reason: MovementReason = MovementReason.PURCHASE,
    reference_kind: str = "",
    reference_id: uuid.UUID | None = None,
    note: str = "",
) -> None:
    """Take goods into stock. A constant number of statements, however many lines.

    With ``reference_kind`` ``RECEIPT`` the reference is booked once. Raises ``AlreadyBookedError`` after that.
    """
    _move(merged(lines), MovementKind.RECEIVED, reason, at, reference_kind, reference_id, note)


def return_stock(*, return_id: uuid.UUID, lines: Sequence[StockLine], at: datetime) -> None:
    """Take goods back into stock that a customer returned."""
    _move(merged(lines), MovementKind.RETURNED, MovementReason.RETURN, at, "return", return_id, "")


def adjust_stock(
    *,
    changes: Sequence[tuple[uuid.UUID, uuid.UUID, int]],
    reason: MovementReason,
    at: datetime,
    reference_kind: str = "",
    reference_id: uuid.UUID | None = None,
    note: str = "",
) -> None:
    """Change what is on hand by (variant, location, more or less units), all of it or nothing.

    With ``reference_kind`` ``WRITE_OFF`` the reference is booked once. Raises ``PromisedStockError`` where less would
    be left than is promised, ``InvalidError`` for a change of nothing, or ``AlreadyBookedError``.
    """
    units: dict[Place, int] = defaultdict(int)
    for variant_id, location_id, delta in changes:
        units[variant_id, location_id] += delta
    if not units or not all(units.values()):
        raise InvalidError(_("Each line changes the stock by at least one unit."), field="lines")
    _move(units, MovementKind.ADJUSTED, reason, at, reference_kind, reference_id, note)


def _move(
    units: dict[Place, int],
    kind: MovementKind,
    reason: MovementReason,
    at: datetime,
    reference_kind: str,
    reference_id: uuid.UUID | None,
    note: str,
) -> None:
    rows = (kind, reason, at, reference_kind, reference_id, note)
    try:
        with transaction.atomic():
            if reference_kind in (RECEIPT, WRITE_OFF):
                _refuse_booked(reference_id)
            levels = ensure_levels(places=units)
            record_movements(movements=[_movement(levels[place], delta, *rows) for place, delta in units.items()])
            tell_available({levels[place].pk for place, delta in units.items() if delta > 0}, at=at)
    except IntegrityError as error:
        if ONCE in str(error):
            raise AlreadyBookedError(BOOKED) from error
        raise


def _refuse_booked(reference_id: uuid.UUID | None) -> None:
    """Raise for a slip that was booked; the constraint stands behind it for two that come at once."""
    if StockMovement.objects.filter(reference_id=reference_id).exists():
        raise AlreadyBookedError(BOOKED)


def _movement(
    level: StockLevel,
    delta: int,
    kind: MovementKind,
    reason: MovementReason,
    at: datetime,
    reference_kind: str,
    reference_id: uuid.UUID | None,
    note: str,
) -> StockMovement:
    return StockMovement(
        level=level,
        kind=kind,
        on_hand_delta=delta,
        reason=reason,
        reference_kind=reference_kind,
        reference_id=reference_id,
        note=note[:200],
        occurred_at=at,
    )
