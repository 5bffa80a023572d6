"""Products, their variants, and how each channel lists them."""

from channels.catalog.models.consistency import ConsistencyMark, ConsistencyPolicy, Deviation, IntendedDifference
from channels.catalog.models.listings import ChannelListing
from channels.catalog.models.prices import (
    LONGEST_WINDOW,
    PriceChangeRequest,
    PriceClock,
    PriceCycle,
    PriceInterval,
    PriceWithdrawal,
)
from channels.catalog.models.products import Barcode, Category, Product, ProductImage, Variant

__all__ = [
    "LONGEST_WINDOW",
    "Barcode",
    "Category",
    "ChannelListing",
    "ConsistencyMark",
    "ConsistencyPolicy",
    "Deviation",
    "IntendedDifference",
    "PriceChangeRequest",
    "PriceClock",
    "PriceCycle",
    "PriceInterval",
    "PriceWithdrawal",
    "Product",
    "ProductImage",
    "Variant",
]
