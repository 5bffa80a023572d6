"""Every write of stock."""

from channels.inventory.services.allocations import (
    allocate_held,
    allocate_stock,
    release_allocations,
    sell_stock,
    ship_allocations,
)
from channels.inventory.services.demand import queue_demand, settle_demand
from channels.inventory.services.holds import end_expired_holds, extend_holds, hold_stock, release_holds
from channels.inventory.services.ledger import PromisedStockError, ensure_levels, record_movements
from channels.inventory.services.levels import set_backorder, set_safety_stock
from channels.inventory.services.quotas import borrow_quota, end_quota, return_loan, set_quota
from channels.inventory.services.receiving import AlreadyBookedError, adjust_stock, receive_stock, return_stock
from channels.inventory.services.reserving import OutOfStockError
from channels.inventory.services.self_check import check_levels
from channels.inventory.services.selling_out import end_sold_out, mark_sold_out, restore

__all__ = [
    "AlreadyBookedError",
    "OutOfStockError",
    "PromisedStockError",
    "adjust_stock",
    "allocate_held",
    "allocate_stock",
    "borrow_quota",
    "check_levels",
    "end_expired_holds",
    "end_quota",
    "end_sold_out",
    "ensure_levels",
    "extend_holds",
    "hold_stock",
    "mark_sold_out",
    "queue_demand",
    "receive_stock",
    "record_movements",
    "release_allocations",
    "release_holds",
    "restore",
    "return_loan",
    "return_stock",
    "sell_stock",
    "set_backorder",
    "set_quota",
    "set_safety_stock",
    "settle_demand",
    "ship_allocations",
]
