"""The base of every view set, and the mixins to build it from.

There is no mixin that writes: a write is a method that validates with a serializer and calls one service.
"""

from typing import Any

from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.viewsets import GenericViewSet

from o2o.api.views import MerchantAPIView

__all__ = ["ListModelMixin", "MerchantViewSet", "ReadOnlyMerchantViewSet", "RetrieveModelMixin"]


class MerchantViewSet(MerchantAPIView, GenericViewSet[Any]):
    """Actions on the rows of the caller's merchant; declare ``policy`` by action.

    ``get_queryset`` returns a queryset of a tenant model, which the scope narrows to the merchant: the row of
    another merchant is 404. It also narrows to ``self.actor.location_ids`` where rows belong to stores.
    """

    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that the actions work on."""
        raise NotImplementedError(f"{type(self).__name__} says which rows it serves in get_queryset().")


class ReadOnlyMerchantViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    """``list`` and ``retrieve``."""
