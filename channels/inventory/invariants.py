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


@invariant(
    "stock.transfers_add_up", _("What transfers shipped, received and took back stands in the ledger of both ends")
)
def transfers_add_up() -> str:
    """Return the query for lines of transfers whose units differ from the movements at the source or destination."""
    return """
        SELECT line.id, line.shipped, line.received, line.damaged, line.returned,
               coalesce(source.quantity, 0) AS left_source, coalesce(arrived.moved, 0) AS arrived,
               coalesce(arrived.broken, 0) AS written_off
        FROM inventory_transferline line
        JOIN inventory_transferorder transfer ON transfer.id = line.transfer_id
        LEFT JOIN LATERAL (
            SELECT -sum(movement.on_hand_delta) AS quantity
            FROM inventory_stockmovement movement JOIN inventory_stocklevel level ON level.id = movement.level_id
            WHERE movement.reference_id = transfer.id AND movement.reference_kind = 'transfer'
              AND level.variant_id = line.variant_id AND level.location_id = transfer.source_id
        ) AS source ON true
        LEFT JOIN LATERAL (
            SELECT sum(movement.on_hand_delta) FILTER (WHERE movement.kind = 'transferred') AS moved,
                   -sum(movement.on_hand_delta) FILTER (WHERE movement.kind = 'adjusted') AS broken
            FROM inventory_stockmovement movement JOIN inventory_stocklevel level ON level.id = movement.level_id
            WHERE movement.reference_id = transfer.id AND movement.reference_kind = 'transfer'
              AND level.variant_id = line.variant_id AND level.location_id = transfer.destination_id
        ) AS arrived ON true
        WHERE coalesce(line.shipped, 0) - line.returned <> coalesce(source.quantity, 0)
           OR coalesce(line.received, 0) + line.damaged <> coalesce(arrived.moved, 0)
           OR line.damaged <> coalesce(arrived.broken, 0)"""


@invariant("stock.counts_are_decided_once", _("A variant is in at most one undecided count of a location"))
def counts_are_decided_once() -> str:
    """Return the query for lines of counts that are pending although their count has ended, or the reverse."""
    return """
        SELECT line.id, stock_count.number, stock_count.state, line.is_pending
        FROM inventory_countline line JOIN inventory_cyclecount stock_count ON stock_count.id = line.count_id
        WHERE line.is_pending <> (stock_count.state IN ('open', 'review'))
           OR line.location_id <> stock_count.location_id"""
