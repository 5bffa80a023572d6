"""Two channels and a variant."""

from decimal import Decimal

import pytest

from channels.catalog import services
from o2o.kit.clock import now
from o2o.tenancy.acting import _told
from o2o.tenancy.enums import Origin
from tests.channels.factories import SalesChannelFactory, VariantFactory


def acting(label, actor_id=None):
    """Let somebody act in the console."""
    return _told(label, Origin.CONSOLE, actor_id)


def offer(channel, variant, price, **fields):
    """List a variant in a channel."""
    return services.create_listing(
        channel_id=channel.pk, variant_id=variant.pk, price=Decimal(price), at=now(), **fields
    )


@pytest.fixture
def shop(scope):
    return SalesChannelFactory(merchant=scope, name="Shop")


@pytest.fixture
def platform(scope):
    return SalesChannelFactory(merchant=scope, name="Platform")


@pytest.fixture
def variant(scope):
    return VariantFactory(merchant=scope, cost=Decimal(8))
