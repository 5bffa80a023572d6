"""What orders say when something below is about to change."""

from django.utils.translation import ngettext

from channels.orders.models import FulfillmentOrder
from channels.orders.models.fulfillment import ACTIVE_STATES
from channels.stores.closing import keeps_open
from channels.stores.models import StockLocation


@keeps_open
def orders_are_made_ready_there(location: StockLocation) -> str | None:
    """Keep a location on whose orders are not handed over yet."""
    count = FulfillmentOrder.objects.filter(location=location, state__in=ACTIVE_STATES).count()
    if not count:
        return None
    return ngettext(
        "%(count)s order is made ready at %(name)s; hand it over or reject it first.",
        "%(count)s orders are made ready at %(name)s; hand them over or reject them first.",
        count,
    ) % {"count": count, "name": location.name}
