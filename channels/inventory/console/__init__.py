"""Stock on screen: the matrix, why a number is what it is, the ledger, quotas, transfers, counts, sold-out days."""

# isort: off
from channels.inventory.console import matrix, movements, quotas, transfers, transfer_pages, counts, count_pages
from channels.inventory.console import moves, scanning, sold_out, checks

__all__ = [
    "checks",
    "count_pages",
    "counts",
    "matrix",
    "movements",
    "moves",
    "quotas",
    "scanning",
    "sold_out",
    "transfer_pages",
    "transfers",
]
