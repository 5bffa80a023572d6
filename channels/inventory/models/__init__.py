"""One stock for all channels."""

from channels.inventory.models.stock import (
    Allocation,
    ChannelQuota,
    Hold,
    QuotaLoan,
    StockCheck,
    StockLevel,
    StockMovement,
    UnroutedDemand,
)
from channels.inventory.models.work import CountLine, CycleCount, TransferLine, TransferOrder

__all__ = [
    "Allocation",
    "ChannelQuota",
    "CountLine",
    "CycleCount",
    "Hold",
    "QuotaLoan",
    "StockCheck",
    "StockLevel",
    "StockMovement",
    "TransferLine",
    "TransferOrder",
    "UnroutedDemand",
]
