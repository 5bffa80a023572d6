"""A row for each list of channels and locations."""

from channels.stores.models import SalesChannel, SpecialDay, StockLocation
from o2o.kit.clock import now
from o2o.tenancy.models import Merchant
from tests.channels.factories import SalesChannelFactory, StockLocationFactory
from tests.o2o.console.rows import KEYS, row_of

KEYS.update({"location_id": StockLocation, "channel_id": SalesChannel})


@row_of(StockLocation)
def location(merchant: Merchant) -> StockLocation:
    return StockLocationFactory(merchant=merchant)


@row_of(SalesChannel)
def channel(merchant: Merchant) -> SalesChannel:
    return SalesChannelFactory(merchant=merchant)


@row_of(SpecialDay)
def special_day(merchant: Merchant) -> SpecialDay:
    return SpecialDay.objects.create(on=now().date(), name="National Day", location=location(merchant))
