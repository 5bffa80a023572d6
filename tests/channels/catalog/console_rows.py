"""A row for each list of the catalog."""

from datetime import time
from decimal import Decimal

from channels.catalog import services
from channels.catalog.models import (
    Category,
    ChannelListing,
    ConsistencyPolicy,
    Deviation,
    PriceChangeRequest,
    PriceCycle,
    PriceInterval,
    Product,
    ProductImage,
    Variant,
)
from channels.catalog.services import PriceWish
from o2o.kit.clock import now
from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from tests.channels.factories import ProductFactory, SalesChannelFactory, VariantFactory
from tests.o2o.console.rows import KEYS, MAKERS, row_of

KEYS.update(
    {
        "product_id": Product, "listing_id": ChannelListing, "variant_id": Variant, "interval_id": PriceInterval,
        "deviation_id": Deviation, "image_id": ProductImage,
    }
)  # fmt: skip
MAKERS.setdefault(ProductImage, lambda merchant: image(merchant))
MAKERS.setdefault(Variant, lambda merchant: VariantFactory(merchant=merchant))


@row_of(Category)
def category(merchant: Merchant) -> Category:
    return services.create_category(code=f"c-{uuid7().hex[-8:]}", name="Tea", at=now())


@row_of(Product)
def product(merchant: Merchant) -> Product:
    return ProductFactory(merchant=merchant, category=category(merchant))


def image(merchant: Merchant) -> ProductImage:
    product = ProductFactory(merchant=merchant)
    return services.add_image_link(product_id=product.pk, url="https://x.example/1.jpg", at=now())


@row_of(ChannelListing)
def listing(merchant: Merchant) -> ChannelListing:
    channel, variant = SalesChannelFactory(merchant=merchant), VariantFactory(merchant=merchant)
    return services.create_listing(channel_id=channel.pk, variant_id=variant.pk, price=Decimal(18), at=now())


@row_of(PriceChangeRequest)
def request(merchant: Merchant) -> PriceChangeRequest:
    return services.set_price(wish=PriceWish(listing(merchant).pk, Decimal(1)), at=now())


@row_of(PriceCycle)
def cycle(merchant: Merchant) -> PriceCycle:
    return services.create_price_cycle(
        listing_id=listing(merchant).pk, name="Happy hour", price=Decimal(16), starts_at=time(14), ends_at=time(17),
        time_zone="Asia/Shanghai", valid_from=now().date(), at=now(),
    )  # fmt: skip


@row_of(PriceInterval)
def interval(merchant: Merchant) -> PriceInterval:
    return services.set_price(wish=PriceWish(listing(merchant).pk, Decimal(17)), at=now())


@row_of(ConsistencyPolicy)
def policy(merchant: Merchant) -> ConsistencyPolicy:
    channel = SalesChannelFactory(merchant=merchant)
    return services.set_policy(
        reference_channel_id=channel.pk, product_id=ProductFactory(merchant=merchant).pk, at=now()
    )


@row_of(Deviation)
def deviation(merchant: Merchant) -> Deviation:
    one = listing(merchant)
    services.set_policy(
        reference_channel_id=one.channel_id, product_id=one.variant.product_id, floor_price=Decimal(20), at=now()
    )
    services.refresh_deviations(product_ids=[one.variant.product_id], at=now())
    return Deviation.objects.get(listing=one)
