"""Which movements of stock belong to some levels."""

from typing import Any

from django.db.models import Q, QuerySet

from channels.inventory.models import StockLevel
from o2o.kit.expressions import few_or_many


def movements_of(levels: QuerySet[StockLevel, Any]) -> Q:
    """Return the condition for movements of some levels, which fits few levels and many. One query.

    Through the levels, since a movement does not name its location: joined to them, the movements of a store that has
    hardly any would be sought through all.
    """
    return few_or_many("level", levels.order_by().values_list("pk", flat=True))
