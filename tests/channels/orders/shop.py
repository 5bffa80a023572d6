"""A small chain with stock, and orders in it, for the tests of routing and fulfilment."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from channels.catalog.models import Variant
from channels.inventory.models import StockLevel
from channels.orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from channels.stores.models import SalesChannel, StockLocation
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import (
    ChannelLocationFactory,
    SalesChannelFactory,
    StockLevelFactory,
    StockLocationFactory,
    VariantFactory,
)

AT = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)  # Monday noon in Shanghai
_numbers = itertools.count(1)


@dataclass
class Shop:
    """A channel, the stores that serve it (the first has the highest priority), and variants with stock in each."""

    merchant: Merchant
    channel: SalesChannel
    stores: Sequence[StockLocation]
    variants: Sequence[Variant]
    levels: dict[tuple[Any, Any], StockLevel] = field(default_factory=dict)

    def level(self, variant: int = 0, store: int = 0) -> StockLevel:
        """Return the stock of a variant in a store as it is now."""
        with tenant_transaction(self.merchant.pk):
            return StockLevel.objects.get(variant=self.variants[variant], location=self.stores[store])


def make_shop(merchant: Merchant, *, stock: Sequence[Sequence[int]] = ((10,), (10,)), **store_fields: Any) -> Shop:
    """Make a chain: ``stock[store][variant]`` units on hand. Stores lie a few kilometres apart from west to east."""
    channel = SalesChannelFactory(merchant=merchant)
    variants = [VariantFactory(merchant=merchant) for _unit in stock[0]]
    stores = []
    for place in range(len(stock)):
        fields = {"longitude": 121.40 + place * 0.05, **store_fields}
        store = StockLocationFactory(merchant=merchant, **fields)
        ChannelLocationFactory(merchant=merchant, channel=channel, location=store, priority=10 + place)
        stores.append(store)
    shop = Shop(merchant, channel, stores, variants)
    for store, units in zip(stores, stock, strict=True):
        for variant, on_hand in zip(variants, units, strict=True):
            level = StockLevelFactory(merchant=merchant, variant=variant, location=store, on_hand=on_hand)
            shop.levels[variant.pk, store.pk] = level
    return shop


def make_order(shop: Shop, units: Sequence[int] = (1,), *, method: str = "ship", **fields: Any) -> Order:
    """Make an open order of ``units[variant]`` units at 10 yuan each, which nobody has routed."""
    with tenant_transaction(shop.merchant.pk):
        total = 10 * sum(units)
        order = Order.objects.create(
            **{
                "channel": shop.channel,
                "number": f"T{next(_numbers):06d}",
                "method": method,
                "currency": "CNY",
                "subtotal": total,
                "total": total,
                "placed_at": AT,
                "latitude": 31.23,
                "longitude": 121.39,
                **fields,
            }
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                position=position,
                variant=variant,
                sku=variant.sku,
                quantity=quantity,
                unit_price=10,
                total=10 * quantity,
            )
            for position, (variant, quantity) in enumerate(zip(shop.variants, units, strict=False), start=1)
            if quantity
        )
        return order


def fulfillments(shop: Shop, order: Order) -> list[FulfillmentOrder]:
    """Return the fulfilments of an order, oldest first."""
    with tenant_transaction(shop.merchant.pk):
        return list(FulfillmentOrder.objects.filter(order=order).order_by("pk"))


def units_of(shop: Shop, fulfillment: FulfillmentOrder) -> int:
    """Return how many units a fulfilment covers."""
    with tenant_transaction(shop.merchant.pk):
        return sum(FulfillmentLine.objects.filter(fulfillment=fulfillment).values_list("quantity", flat=True))
