"""The two statements by which carts of any length are held, or orders allocated, all of it or nothing.

The first locks: the quotas of the variants, then the levels, each in the order of their keys. Where holds of these
levels have expired, another ends them. Because every writer of a level locks it first, the last statement reads with a
fresh snapshot what nobody can change before the commit. The constraints of ``StockLevel`` stand behind all.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Variant
from channels.inventory.lines import AllocationLine, SaleLine, StockLine
from channels.inventory.models import ChannelQuota
from channels.inventory.selectors.availability import available_at_locations
from channels.stores.models import StockLocation
from o2o.kit.errors import DomainError, InvalidError
from o2o.kit.locks import LOCK_NOT_AVAILABLE, BusyError, sqlstate

Place = tuple[uuid.UUID, uuid.UUID]

# The counts read both sets whole: what nothing reads is not locked, and a join may stop before the end.
LOCK = """
WITH quotas AS MATERIALIZED (
    SELECT id FROM inventory_channelquota WHERE variant_id = ANY(%(variants)s::uuid[])
    ORDER BY id FOR NO KEY UPDATE
), levels AS MATERIALIZED (
    SELECT level.id FROM inventory_stocklevel level
    JOIN unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS place (variant_id, location_id)
      ON place.variant_id = level.variant_id AND place.location_id = level.location_id
    WHERE (SELECT count(*) FROM quotas) >= 0
    ORDER BY level.id FOR NO KEY UPDATE OF level
)
SELECT (SELECT count(*) FROM quotas), (SELECT count(*) FROM levels),
       ARRAY(SELECT DISTINCT hold.level_id FROM levels JOIN inventory_hold hold ON hold.level_id = levels.id
             WHERE hold.state = 'active' AND hold.expires_at <= %(at)s)
"""

# For locked levels. A hold that was ended since is left out.
END_EXPIRED = """
WITH ended AS (
    UPDATE inventory_hold SET state = 'expired', ended_at = %(at)s, updated_at = %(at)s
    WHERE level_id = ANY(%(levels)s::uuid[]) AND state = 'active' AND expires_at <= %(at)s
    RETURNING level_id, quantity, quota_id, quota_quantity
), freed AS (
    UPDATE inventory_stocklevel level SET held = level.held - gone.quantity, updated_at = %(at)s
    FROM (SELECT level_id, sum(quantity) AS quantity FROM ended GROUP BY level_id) AS gone
    WHERE level.id = gone.level_id
)
UPDATE inventory_channelquota quota
SET used = quota.used - gone.own, shared_used = quota.shared_used - gone.shared, updated_at = %(at)s
FROM (SELECT quota_id, sum(quota_quantity) AS own, sum(quantity - quota_quantity) AS shared
      FROM ended WHERE quota_id IS NOT NULL GROUP BY quota_id) AS gone
WHERE quota.id = gone.quota_id
"""

# The places of a cart, each once. ``whole`` is empty unless every place has what is wanted of it.
WHOLE = """
WITH place AS (
    SELECT level.id AS level_id, place.*, level.sold_out_until, level.allows_backorder,
           level.on_hand - level.allocated - level.held - level.safety_stock AS free
    FROM unnest(%(ids)s::uuid[], %(variants)s::uuid[], %(locations)s::uuid[], %(quantities)s::int[],
                %(quotas)s::uuid[], %(quota_quantities)s::int[])
         AS place (id, variant_id, location_id, quantity, quota_id, quota_quantity)
    JOIN inventory_stocklevel level
      ON level.variant_id = place.variant_id AND level.location_id = place.location_id
), fit AS (
    SELECT * FROM place
    WHERE (sold_out_until IS NULL OR sold_out_until <= %(at)s) AND (allows_backorder OR free >= quantity)
), whole AS (
    SELECT * FROM fit WHERE (SELECT count(*) FROM fit) = %(count)s
)
"""

HOLD = (
    WHOLE  # noqa: S608 - constants
    + """, held AS (
    UPDATE inventory_stocklevel level SET held = level.held + whole.quantity, updated_at = %(at)s
    FROM whole WHERE level.id = whole.level_id
)
INSERT INTO inventory_hold (id, merchant_id, level_id, channel_id, reference, quantity, quota_id, quota_quantity, state,
                            expires_at, created_at, updated_at)
SELECT id, %(merchant)s, level_id, %(channel)s, %(reference)s, quantity, quota_id, quota_quantity, 'active',
       %(expires_at)s, %(at)s, %(at)s
FROM whole RETURNING id
"""
)

# What orders are promised: each line has an allocation, and each order at a place an entry in the ledger, whose trigger
# adds it to the level.
ALLOCATE = (
    WHOLE  # noqa: S608 - constants
    + """, line AS (
    SELECT line.*, whole.level_id, whole.quota_id
    FROM whole JOIN unnest(%(allocations)s::uuid[], %(order_ids)s::uuid[], %(line_ids)s::uuid[], %(places)s::uuid[],
                           %(movements)s::uuid[], %(line_quantities)s::int[], %(line_quotas)s::int[])
                    AS line (id, order_id, line_id, place_id, movement_id, quantity, quota_quantity)
      ON line.place_id = whole.id
), moved AS (
    INSERT INTO inventory_stockmovement (id, merchant_id, level_id, kind, on_hand_delta, allocated_delta, reason,
                                         reference_kind, reference_id, note, actor_label, occurred_at, created_at)
    SELECT movement_id, %(merchant)s, level_id, 'allocated', 0, sum(quantity), 'sale', 'order', order_id, '', %(actor)s,
           %(at)s, %(at)s
    FROM line GROUP BY movement_id, level_id, order_id
)
INSERT INTO inventory_allocation (id, merchant_id, level_id, channel_id, order_id, line_id, quantity, quota_id,
                                  quota_quantity, state, created_at, updated_at)
SELECT id, %(merchant)s, level_id, %(channel)s, order_id, line_id, quantity, quota_id, quota_quantity, 'active', %(at)s,
       %(at)s
FROM line RETURNING id
"""
)


class OutOfStockError(DomainError):
    """Some lines want more than can be promised; nothing was reserved. ``lines`` says which, and what there is."""

    code = "out_of_stock"
    title = gettext_lazy("There is not enough stock")


def merged(lines: Sequence[StockLine | AllocationLine | SaleLine]) -> dict[Place, int]:
    """Return the units of each place. Raises ``InvalidError`` for a line of no units, or none at all."""
    if not lines or any(line.quantity <= 0 for line in lines):
        raise InvalidError(_("Each line has at least one unit, and there is at least one line."), field="lines")
    units: dict[Place, int] = defaultdict(int)
    for line in lines:
        units[line.variant_id, line.location_id] += line.quantity
    return units


def lock_places(places: Collection[Place], *, at: datetime) -> bool:
    """Lock quotas and levels of places and end their expired holds; say whether any quota exists.

    One statement, or two where holds have expired. Raises ``BusyError`` where a row stays locked for longer than
    ``lock_timeout``.
    """
    parameters: dict[str, Any] = {
        "variants": [str(variant) for variant, _location in places],
        "locations": [str(location) for _variant, location in places],
        "at": at,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, parameters)
            quotas, _levels, expired = cursor.fetchone()
            if expired:
                cursor.execute(END_EXPIRED, {"levels": expired, "at": at})
            return bool(quotas)
    except Exception as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise BusyError(_("Try again in a moment."), retry_after=1) from error
        raise


def refuse_short(units: Mapping[Place, int], *, at: datetime) -> None:
    """Raise ``OutOfStockError`` with every place that has less than is wanted of it."""
    available = available_at_locations(
        variant_ids={variant for variant, _location in units},
        location_ids={location for _variant, location in units},
        at=at,
    )
    short = {place: wanted for place, wanted in units.items() if available.get(place, 0) < wanted} or dict(units)
    skus = dict(Variant.objects.filter(pk__in={variant for variant, _location in short}).values_list("pk", "sku"))
    names = dict(StockLocation.objects.filter(pk__in={place for _variant, place in short}).values_list("pk", "name"))
    lines = [
        {
            "variant_id": str(variant),
            "sku": skus.get(variant, ""),
            "location_id": str(location),
            "location": names.get(location, ""),
            "wanted": wanted,
            "available": max(available.get((variant, location), 0), 0),
        }
        for (variant, location), wanted in short.items()
    ]
    first = lines[0]
    raise OutOfStockError(
        _("%(location)s has %(available)s of %(sku)s, and %(wanted)s are wanted.") % first, lines=lines
    )


def quota_of(variant_ids: Collection[uuid.UUID], *, at: datetime) -> list[ChannelQuota]:
    """Return the quotas that are in force for variants. The caller has locked them."""
    in_force = Q(valid_until=None) | Q(valid_until__gt=at)
    return list(ChannelQuota.objects.filter(in_force, variant_id__in=variant_ids, valid_from__lte=at).order_by("pk"))
