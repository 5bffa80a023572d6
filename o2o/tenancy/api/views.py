"""Who am I acting for, and who works here."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.tenancy.api.serializers import MerchantSerializer, StaffMemberSerializer
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.models import Membership, Merchant


class MerchantView(MerchantAPIView):
    """The merchant that the caller acts for."""

    policy: ClassVar[Policy] = {"get": Capability.MERCHANT_READ}

    @extend_schema(summary="Read the merchant", responses=MerchantSerializer)
    def get(self, _request: Request) -> Response:
        """Return name, currency, time zone and language of the business."""
        return Response(MerchantSerializer(Merchant.objects.get(pk=self.actor.merchant_id)).data)


@extend_schema_view(
    list=extend_schema(summary="List the staff"),
    retrieve=extend_schema(summary="Read a staff member"),
)
class StaffViewSet(ReadOnlyMerchantViewSet):
    """The people who work for the merchant, with their role and stores."""

    policy: ClassVar[Policy] = {"list": Capability.STAFF_READ, "retrieve": Capability.STAFF_READ}
    serializer_class = StaffMemberSerializer

    def get_queryset(self) -> QuerySet[Membership]:
        """Return the merchant's staff."""
        return Membership.objects.select_related("user")
