"""The row of the order, which everything that changes an order locks first."""

import uuid

from django.utils.translation import gettext as _

from channels.orders.models import Order
from o2o.kit.errors import NotFoundError
from o2o.kit.locks import lock_rows


def lock_order(order_id: uuid.UUID) -> Order:
    """Lock an order and return it as it is now, or raise ``NotFoundError``."""
    found = lock_rows(Order.objects.select_related("channel").filter(pk=order_id))
    if not found:
        raise NotFoundError(_("There is no order %(id)s.") % {"id": order_id})
    order: Order = found[0]
    return order
