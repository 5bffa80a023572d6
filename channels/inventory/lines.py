"""What stock services are asked for."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units of a variant at a location; ``quantity`` is greater than zero."""

    variant_id: uuid.UUID
    location_id: uuid.UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """Units of a variant at a location for a line of a fulfilment of an order."""

    order_id: uuid.UUID
    line_id: uuid.UUID
    variant_id: uuid.UUID
    location_id: uuid.UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class SaleLine:
    """Units of a variant that an order takes off the shelf of a location; ``quantity`` is greater than zero."""

    order_id: uuid.UUID
    variant_id: uuid.UUID
    location_id: uuid.UUID
    quantity: int
