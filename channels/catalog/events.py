"""What happens to products, variants and listings."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from o2o.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ProductChanged(DomainEvent):
    """A product was made or changed."""

    event_type: ClassVar[str] = "product.changed"
    aggregate_type: ClassVar[str] = "product"

    is_active: bool


@dataclass(frozen=True, kw_only=True)
class VariantChanged(DomainEvent):
    """A variant was made or changed."""

    event_type: ClassVar[str] = "variant.changed"
    aggregate_type: ClassVar[str] = "variant"

    sku: str
    is_active: bool
    allows_backorder: bool


@dataclass(frozen=True, kw_only=True)
class ListingChanged(DomainEvent):
    """A listing was made, or its text, id or visibility changed."""

    event_type: ClassVar[str] = "listing.changed"
    aggregate_type: ClassVar[str] = "listing"

    is_visible: bool


@dataclass(frozen=True, kw_only=True)
class ListingPriceChanged(DomainEvent):
    """Another price of a listing came into force."""

    event_type: ClassVar[str] = "listing.price_changed"
    aggregate_type: ClassVar[str] = "listing"

    price: Decimal
    compare_at_price: Decimal | None
    currency: str
