"""What tests of stock share."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection

from channels.inventory import services
from channels.inventory.lines import AllocationLine, StockLine
from o2o.kit.invariants import invariants
from o2o.kit.models import uuid7
from o2o.tenancy.scope import platform_transaction
from tests.channels.factories import (
    ChannelLocationFactory,
    SalesChannelFactory,
    StockLevelFactory,
    StockLocationFactory,
    VariantFactory,
)

AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=10)


def make_shop(merchant, on_hand=10, **level_fields):
    """Make a channel, a store that serves it, and a variant with stock there."""
    channel, location = SalesChannelFactory(merchant=merchant), StockLocationFactory(merchant=merchant)
    ChannelLocationFactory(merchant=merchant, channel=channel, location=location)
    variant = VariantFactory(merchant=merchant)
    level = StockLevelFactory(merchant=merchant, variant=variant, location=location, on_hand=on_hand, **level_fields)
    return SimpleNamespace(merchant=merchant, channel=channel, location=location, variant=variant, level=level)


@pytest.fixture
def shop(scope):
    return make_shop(scope)


def line(shop, quantity=1):
    return StockLine(shop.variant.pk, shop.location.pk, quantity)


def hold(shop, quantity=1, *, reference=None, at=AT, expires_at=LATER):
    return services.hold_stock(
        reference=reference or uuid7(), channel_id=shop.channel.pk, lines=[line(shop, quantity)],
        expires_at=expires_at, at=at,
    )  # fmt: skip


def allocate(shop, quantity=1, *, at=AT, order_id=None) -> UUID:
    line_id = uuid7()
    services.allocate_stock(
        channel_id=shop.channel.pk,
        lines=[AllocationLine(order_id or uuid7(), line_id, shop.variant.pk, shop.location.pk, quantity)], at=at,
    )  # fmt: skip
    return line_id


def counters(shop):
    shop.level.refresh_from_db()
    return shop.level.on_hand, shop.level.allocated, shop.level.held


def broken_invariants(prefix="stock."):
    """Return the invariants of stock that do not hold now, over all merchants."""
    with platform_transaction(), connection.cursor() as cursor:
        broken = []
        for one in invariants():
            if one.name.startswith(prefix):
                cursor.execute(one.query())
                if rows := cursor.fetchall():
                    broken.append((one.name, rows[:3]))
        return broken
