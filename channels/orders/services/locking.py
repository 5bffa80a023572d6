"""The row of the order, which everything that changes an order locks first."""

import uuid
from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext as _

from channels.inventory.enums import AllocationState
from channels.inventory.models import Allocation, ChannelQuota, StockLevel
from channels.orders.models import Order
from channels.stores.models import ChannelLocation
from o2o.kit.errors import NotFoundError
from o2o.kit.locks import lock_rows


def lock_order(order_id: uuid.UUID) -> Order:
    """Lock an order and return it as it is now, or raise ``NotFoundError``."""
    found = lock_rows(Order.objects.select_related("channel").filter(pk=order_id))
    if not found:
        raise NotFoundError(_("There is no order %(id)s.") % {"id": order_id})
    order: Order = found[0]
    return order


def lock_stock_of(order: Order, variant_ids: Collection[uuid.UUID | None]) -> None:
    """Lock the stock of variants where a locked order has some and wherever it may go next, in one go.

    For those who release first and allocate elsewhere afterwards: level by level they would lock two stores in any
    order, and meet others who do so in the other one.
    """
    known = {variant_id for variant_id in variant_ids if variant_id is not None}
    lock_stock_for(channel_ids=[order.channel_id], variant_ids=known, order_ids=[order.pk])


def lock_stock_for(
    *, channel_ids: Collection[uuid.UUID], variant_ids: Collection[uuid.UUID], order_ids: Collection[uuid.UUID]
) -> None:
    """Lock the stock of variants wherever channels may take it, and what orders are promised. Two statements."""
    lock_rows(ChannelQuota.objects.filter(variant_id__in=variant_ids))
    places = ChannelLocation.objects.filter(channel_id__in=channel_ids).values("location_id")
    promised = Allocation.objects.filter(order_id__in=order_ids, state=AllocationState.ACTIVE).values("level_id")
    lock_rows(StockLevel.objects.filter(Q(variant_id__in=variant_ids, location_id__in=places) | Q(pk__in=promised)))
