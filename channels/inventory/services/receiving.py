"""Goods that come in, get lost or come back."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.inventory.enums import MovementKind, MovementReason
from channels.inventory.lines import StockLine
from channels.inventory.models import StockMovement
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.ledger import Place, ensure_levels, record_movements
from channels.inventory.services.reserving import merged
from o2o.kit.errors import InvalidError


def receive_stock(
    *,
    lines: Sequence[StockLine],
    at: datetime,
    reason: MovementReason = MovementReason.PURCHASE,
    reference_kind: str = "",
    reference_id: uuid.UUID | None = None,
    note: str = "",
) -> None:
    """Take goods into stock. A constant number of statements, however many lines."""
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

    Raises ``PromisedStockError`` where less would be left than is promised, ``InvalidError`` for a change of nothing.
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
    with transaction.atomic():
        levels = ensure_levels(places=units)
        record_movements(
            movements=[
                StockMovement(
                    level=levels[place],
                    kind=kind,
                    on_hand_delta=delta,
                    reason=reason,
                    reference_kind=reference_kind,
                    reference_id=reference_id,
                    note=note[:200],
                    occurred_at=at,
                )
                for place, delta in units.items()
            ]
        )
        tell_available({levels[place].pk for place, delta in units.items() if delta > 0}, at=at)
