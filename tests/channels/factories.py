"""Makers of rows of the channels. Each takes ``merchant`` and writes in its scope."""

from typing import Any

import factory

from channels.catalog.models import Barcode, ChannelListing, Product, Variant
from channels.inventory.models import StockLevel, StockMovement
from channels.stores.models import ChannelLocation, SalesChannel, StockLocation
from o2o.kit import clock
from tests.factories import TenantFactory


class SalesChannelFactory(TenantFactory):
    """A mini-program that sells in CNY."""

    class Meta:
        model = SalesChannel

    code = factory.Sequence(lambda number: f"channel-{number}")
    name = factory.Sequence(lambda number: f"Channel {number}")
    kind = "mini_program"
    currency = "CNY"


class StockLocationFactory(TenantFactory):
    """A store in Shanghai that hands over in every way and never closes."""

    class Meta:
        model = StockLocation

    code = factory.Sequence(lambda number: f"store-{number}")
    name = factory.Sequence(lambda number: f"Store {number}")
    kind = "store"
    city = "上海"
    latitude = 31.2304
    longitude = 121.4737
    time_zone = "Asia/Shanghai"
    methods = ["pickup", "ship", "deliver", "in_store"]


class ChannelLocationFactory(TenantFactory):
    """That a store serves a channel."""

    class Meta:
        model = ChannelLocation

    channel = factory.SubFactory(SalesChannelFactory, merchant=factory.SelfAttribute("..merchant"))
    location = factory.SubFactory(StockLocationFactory, merchant=factory.SelfAttribute("..merchant"))


class ProductFactory(TenantFactory):
    """A product."""

    class Meta:
        model = Product

    code = factory.Sequence(lambda number: f"product-{number}")
    name = factory.Sequence(lambda number: f"Product {number}")


class VariantFactory(TenantFactory):
    """A variant of a product of its own."""

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory, merchant=factory.SelfAttribute("..merchant"))
    sku = factory.Sequence(lambda number: f"SKU-{number}")


class BarcodeFactory(TenantFactory):
    """A code on the goods."""

    class Meta:
        model = Barcode

    variant = factory.SubFactory(VariantFactory, merchant=factory.SelfAttribute("..merchant"))
    value = factory.Sequence(lambda number: f"barcode-{number}")


class ChannelListingFactory(TenantFactory):
    """A variant at 18 yuan in a channel."""

    class Meta:
        model = ChannelListing

    channel = factory.SubFactory(SalesChannelFactory, merchant=factory.SelfAttribute("..merchant"))
    variant = factory.SubFactory(VariantFactory, merchant=factory.SelfAttribute("..merchant"))
    price = 18
    currency = "CNY"


class StockLevelFactory(TenantFactory):
    """The stock of a variant at a store; ``on_hand`` comes with a movement."""

    class Meta:
        model = StockLevel

    variant = factory.SubFactory(VariantFactory, merchant=factory.SelfAttribute("..merchant"))
    location = factory.SubFactory(StockLocationFactory, merchant=factory.SelfAttribute("..merchant"))

    @classmethod
    def _create(cls, model_class: Any, *args: Any, on_hand: int = 0, **fields: Any) -> StockLevel:
        level = super()._create(model_class, *args, **fields)
        if on_hand:
            StockMovementFactory(merchant=level.merchant, level=level, on_hand_delta=on_hand)
            level.on_hand = on_hand
        return level


class StockMovementFactory(TenantFactory):
    """Goods that came in."""

    class Meta:
        model = StockMovement

    kind = "received"
    reason = "purchase"
    on_hand_delta = 10
    occurred_at = factory.LazyFunction(clock.now)
