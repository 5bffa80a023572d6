"""Settings of levels."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.inventory.models import StockLevel
from channels.inventory.services.ledger import ensure_levels
from channels.inventory.services.reserving import Place
from o2o.kit.errors import InvalidError
from o2o.kit.locks import lock_rows


def set_safety_stock(*, units: Mapping[Place, int], at: datetime) -> None:
    """Set how many units of each place are never promised. Raises ``InvalidError`` for a negative number."""
    if any(quantity < 0 for quantity in units.values()):
        raise InvalidError(_("A safety stock is not negative."), field="safety_stock")
    with transaction.atomic():
        levels = ensure_levels(places=units)
        rows = lock_rows(StockLevel.objects.filter(pk__in=[level.pk for level in levels.values()]))
        for row in rows:
            row.safety_stock, row.updated_at = units[row.variant_id, row.location_id], at
        StockLevel.objects.bulk_update(rows, ("safety_stock", "updated_at"))


def set_backorder(*, variant_id: uuid.UUID, allows_backorder: bool, at: datetime) -> None:
    """Let all levels of a variant be sold beyond stock, or no more.

    Raises ``InvalidError`` where more is promised than there is, so that it must stay allowed.
    """
    rows = StockLevel.objects.filter(variant_id=variant_id)
    with transaction.atomic():
        lock_rows(rows)
        try:
            with transaction.atomic():
                rows.update(allows_backorder=allows_backorder, updated_at=at)
        except IntegrityError as error:
            raise InvalidError(
                _("More is promised than there is; fulfil or cancel these orders first."), field="allows_backorder"
            ) from error
