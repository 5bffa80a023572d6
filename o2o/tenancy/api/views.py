"""Who am I acting for, and who works here."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.tenancy.api.serializers import MerchantSerializer, StaffChangeSerializer, StaffMemberSerializer
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.services import change_staff, deactivate_membership, reactivate_membership


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
    update=extend_schema(
        summary="Change a staff member", request=StaffChangeSerializer, responses=StaffMemberSerializer
    ),
    deactivate=extend_schema(summary="Shut a staff member out", request=None, responses=StaffMemberSerializer),
    reactivate=extend_schema(summary="Let a staff member in again", request=None, responses=StaffMemberSerializer),
)
class StaffViewSet(ReadOnlyMerchantViewSet):
    """The people who work for the merchant, with their role and stores."""

    policy: ClassVar[Policy] = {
        "list": Capability.STAFF_READ,
        "retrieve": Capability.STAFF_READ,
        "update": Capability.STAFF_WRITE,
        "deactivate": Capability.STAFF_WRITE,
        "reactivate": Capability.STAFF_WRITE,
    }
    serializer_class = StaffMemberSerializer

    def get_queryset(self) -> QuerySet[Membership]:
        """Return the merchant's staff."""
        return Membership.objects.select_related("user")

    def update(self, request: Request, pk: UUID) -> Response:
        """Give another role and other stores; the last owner stays one."""
        body = StaffChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        membership = change_staff(
            actor=self.actor,
            membership_id=pk,
            role=Role(body.validated_data["role"]),
            location_ids=body.validated_data["location_ids"],
        )
        return Response(StaffMemberSerializer(membership).data)

    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: UUID) -> Response:
        """Shut somebody out from their next request on."""
        return Response(StaffMemberSerializer(deactivate_membership(actor=self.actor, membership_id=pk)).data)

    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, pk: UUID) -> Response:
        """Let somebody in again, in the role that they had."""
        return Response(StaffMemberSerializer(reactivate_membership(actor=self.actor, membership_id=pk)).data)
