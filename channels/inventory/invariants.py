"""What must always hold for stock."""

from django.utils.translation import gettext_lazy as _

from o2o.kit.invariants import invariant


@invariant("stock.on_hand_is_the_sum_of_movements", _("On hand is the sum of the movements"))
def on_hand_is_the_sum_of_movements() -> str:
    """Return the query for levels that disagree with their ledger."""
    return """
        SELECT level.id, level.on_hand, level.allocated, moved.on_hand AS moved, moved.allocated AS promised
        FROM inventory_stocklevel level
        LEFT JOIN (
            SELECT level_id, sum(on_hand_delta) AS on_hand, sum(allocated_delta) AS allocated
            FROM inventory_stockmovement GROUP BY level_id
        ) AS moved ON moved.level_id = level.id
        WHERE level.on_hand <> coalesce(moved.on_hand, 0) OR level.allocated <> coalesce(moved.allocated, 0)"""


@invariant("stock.promises_are_counted", _("Allocated and held are the sums of what is promised and held"))
def promises_are_counted() -> str:
    """Return the query for levels whose counters disagree with allocations or holds."""
    return """
        SELECT level.id, level.allocated, level.held, promised.quantity AS promised, hold.quantity AS live
        FROM inventory_stocklevel level
        LEFT JOIN (
            SELECT level_id, sum(quantity) AS quantity FROM inventory_allocation
            WHERE state = 'active' GROUP BY level_id
        ) AS promised ON promised.level_id = level.id
        LEFT JOIN (
            SELECT level_id, sum(quantity) AS quantity FROM inventory_hold WHERE state = 'active' GROUP BY level_id
        ) AS hold ON hold.level_id = level.id
        WHERE level.allocated <> coalesce(promised.quantity, 0) OR level.held <> coalesce(hold.quantity, 0)"""


@invariant("stock.is_not_oversold", _("No more is promised than there is, unless the variant may be sold beyond stock"))
def is_not_oversold() -> str:
    """Return the query for levels that have promised too much."""
    return """
        SELECT id, on_hand, allocated, held FROM inventory_stocklevel
        WHERE allocated < 0 OR held < 0 OR (NOT allows_backorder AND allocated + held > on_hand)"""


@invariant("stock.quotas_are_counted", _("What a quota has given is what is held, promised and sold of it"))
def quotas_are_counted() -> str:
    """Return the query for quotas whose counters disagree with holds and allocations."""
    return """
        SELECT quota.id, quota.used, quota.shared_used, taken.own, taken.shared FROM inventory_channelquota quota
        LEFT JOIN (
            SELECT quota_id, sum(quota_quantity) AS own, sum(quantity - quota_quantity) AS shared FROM (
                SELECT quota_id, quantity, quota_quantity FROM inventory_hold WHERE state = 'active'
                UNION ALL
                SELECT quota_id, quantity, quota_quantity FROM inventory_allocation WHERE state <> 'released'
            ) AS both_kinds WHERE quota_id IS NOT NULL GROUP BY quota_id
        ) AS taken ON taken.quota_id = quota.id
        WHERE quota.used <> coalesce(taken.own, 0) OR quota.shared_used <> coalesce(taken.shared, 0)"""


@invariant("stock.transfers_add_up", _("What a transfer shipped has arrived, was damaged, or is noted as missing"))
def transfers_add_up() -> str:
    """Return the query for lines of transfers whose shipped units left no trace in the ledger of the source."""
    return """
        SELECT line.id, line.shipped, moved.quantity
        FROM inventory_transferline line
        JOIN inventory_transferorder transfer ON transfer.id = line.transfer_id
        LEFT JOIN (
            SELECT movement.reference_id, level.variant_id, level.location_id, -sum(movement.on_hand_delta) AS quantity
            FROM inventory_stockmovement movement JOIN inventory_stocklevel level ON level.id = movement.level_id
            WHERE movement.reference_kind = 'transfer'
            GROUP BY movement.reference_id, level.variant_id, level.location_id
        ) AS moved ON moved.reference_id = transfer.id AND moved.variant_id = line.variant_id
                  AND moved.location_id = transfer.source_id
        WHERE transfer.state IN ('shipped', 'received') AND coalesce(line.shipped, 0) <> coalesce(moved.quantity, 0)"""
