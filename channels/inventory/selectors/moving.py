"""Which movements of stock belong to some levels."""

from typing import Any

from django.db.models import Q, QuerySet

from channels.inventory.models import StockLevel
from o2o.kit.expressions import MANY, IsHeldBy

FEW = 500


def movements_of(levels: QuerySet[StockLevel, Any]) -> Q:
    """Return the condition for movements of some levels, however many these are. Two queries at most.

    A movement does not name its location. Those of few levels are looked up level by level; of a store of some size
    the newest are met soon, if each movement on the way is only compared; and of most levels, sooner still.
    """
    ids = levels.order_by().values_list("pk", flat=True)
    few = list(ids[: FEW + 1])
    if len(few) <= FEW:
        return Q(level__in=few)
    return Q(IsHeldBy("level_id", ids)) if ids[: MANY + 1].count() <= MANY else Q(level__in=ids)
