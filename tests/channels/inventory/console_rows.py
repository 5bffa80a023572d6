"""A row for each list of stock."""

from datetime import timedelta

from channels.catalog.models import Variant
from channels.inventory import services
from channels.inventory.models import (
    ChannelQuota,
    CycleCount,
    Hold,
    StockCheck,
    StockLevel,
    StockMovement,
    TransferLine,
    TransferOrder,
)
from channels.inventory.services import counting, transferring
from channels.stores.models import SalesChannel
from o2o.kit.clock import now
from o2o.tenancy.models import Merchant
from tests.channels.factories import StockLocationFactory, VariantFactory
from tests.channels.inventory.conftest import hold, make_shop
from tests.o2o.console.rows import KEYS, MAKERS, row_of

KEYS.update(
    {
        "variant_id": Variant,
        "sales_channel_id": SalesChannel,
        "level_id": StockLevel,
        "transfer_id": TransferOrder,
        "count_id": CycleCount,
    }
)
MAKERS.setdefault(Variant, lambda merchant: VariantFactory(merchant=merchant))


@row_of(StockLevel)
def level(merchant: Merchant) -> StockLevel:
    return make_shop(merchant).level


@row_of(StockMovement)
def movement(merchant: Merchant) -> StockMovement:
    return level(merchant).movements.get()


@row_of(Hold)
def some_hold(merchant: Merchant) -> Hold:
    at = now()
    [pk] = hold(make_shop(merchant), at=at, expires_at=at + timedelta(minutes=5))
    return Hold.objects.get(pk=pk)


@row_of(ChannelQuota)
def quota(merchant: Merchant) -> ChannelQuota:
    shop = make_shop(merchant)
    return services.set_quota(
        variant_id=shop.variant.pk, channel_id=shop.channel.pk, exclusive=2, valid_from=now(), at=now()
    )


@row_of(TransferOrder)
def transfer(merchant: Merchant) -> TransferOrder:
    shop = make_shop(merchant)
    other = StockLocationFactory(merchant=merchant)
    return transferring.request_transfer(
        source_id=shop.location.pk, destination_id=other.pk, units={shop.variant.pk: 2}, at=now()
    )


def in_transit(merchant: Merchant) -> TransferLine:
    made = transfer(merchant)
    transferring.ship_transfer(transfer_id=made.pk, at=now())
    return TransferLine.objects.get(transfer=made)


@row_of(StockCheck)
def check(merchant: Merchant) -> StockCheck:
    found = level(merchant)
    return StockCheck.objects.create(level=found, counter="held", found=3, expected=0)


@row_of(CycleCount)
def count(merchant: Merchant) -> CycleCount:
    return counting.open_count(location_id=make_shop(merchant).location.pk, at=now())


def reviewed_count(merchant: Merchant) -> CycleCount:
    """Return a count whose differences may be read."""
    made = count(merchant)
    units = dict.fromkeys(made.lines.values_list("variant_id", flat=True), 10)
    counting.record_count(count_id=made.pk, units=units, at=now())
    return counting.submit_count(count_id=made.pk, at=now())
