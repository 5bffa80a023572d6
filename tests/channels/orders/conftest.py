"""What tests of orders share."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from channels.orders.drafts import LineDraft, OrderDraft, PaymentDraft
from channels.orders.services.placing import place_order
from tests.channels.factories import (
    ChannelLocationFactory,
    SalesChannelFactory,
    StockLevelFactory,
    StockLocationFactory,
    VariantFactory,
)
from tests.o2o.console.conftest import sign_in

__all__ = ["sign_in"]

AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def make_shop(merchant, *, stores=2, variants=2, on_hand=10):
    """Make a channel with stores that all have the same variants; the first store goes first."""
    channel = SalesChannelFactory(merchant=merchant)
    locations = [StockLocationFactory(merchant=merchant) for _ in range(stores)]
    for priority, location in enumerate(locations):
        ChannelLocationFactory(merchant=merchant, channel=channel, location=location, priority=priority)
    goods = [VariantFactory(merchant=merchant) for _ in range(variants)]
    for location in locations:
        for variant in goods:
            StockLevelFactory(merchant=merchant, variant=variant, location=location, on_hand=on_hand)
    return SimpleNamespace(merchant=merchant, channel=channel, locations=locations, variants=goods)


@pytest.fixture
def shop(scope):
    return make_shop(scope)


def draft(shop, *quantities, **fields):
    """Return an order of so many units of each variant at 18 yuan."""
    lines = [
        LineDraft(quantity, Decimal(18), sku=variant.sku, external_id=f"L{number}")
        for number, (variant, quantity) in enumerate(zip(shop.variants, quantities or (1,), strict=False))
        if quantity
    ]
    return OrderDraft(**{"channel_id": shop.channel.pk, "method": "ship", "lines": lines, "placed_at": AT, **fields})


def place(shop, *quantities, at=AT, **fields):
    return place_order(draft=draft(shop, *quantities, **fields), at=at)


def paid(amount, **fields):
    return PaymentDraft(**{"amount": Decimal(amount), "method": "wechat_pay", "paid_at": AT, **fields})


def stock(shop, location=0, variant=0):
    """Return on hand, allocated and held of a level."""
    level = shop.variants[variant].levels.get(location=shop.locations[location])
    return level.on_hand, level.allocated, level.held


def parts(order):
    return [(part.location_id, part.state, part.queue) for part in order.fulfillments.order_by("pk")]
