"""Stock on screen: the matrix, why a number is what it is, the ledger, quotas, transfers, counts."""

# isort: off
from channels.inventory.console import matrix, movements, quotas, transfers, counts, moves

__all__ = ["counts", "matrix", "movements", "moves", "quotas", "transfers"]
