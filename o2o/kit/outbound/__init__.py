"""Requests to servers whose addresses users give, safe against being turned inwards (SSRF)."""

from o2o.kit.outbound.client import Limits, OutboundClient, OutboundResponse
from o2o.kit.outbound.destinations import Destination, DestinationPolicy
from o2o.kit.outbound.errors import (
    DestinationRefusedError,
    NameNotResolvedError,
    OutboundConnectionError,
    OutboundError,
    OutboundTimeoutError,
    Refusal,
)

__all__ = [
    "Destination",
    "DestinationPolicy",
    "DestinationRefusedError",
    "Limits",
    "NameNotResolvedError",
    "OutboundClient",
    "OutboundConnectionError",
    "OutboundError",
    "OutboundResponse",
    "OutboundTimeoutError",
    "Refusal",
]
