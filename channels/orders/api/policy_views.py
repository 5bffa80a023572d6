"""Times to accept in the API."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels.orders.models import AcceptancePolicy
from channels.orders.services.policies import (
    create_acceptance_policy,
    delete_acceptance_policy,
    update_acceptance_policy,
)
from channels.stores.reach import refuse_other_stores
from o2o.api.policy import Policy
from o2o.api.serializers import ReadSerializer
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit.errors import ForbiddenError
from o2o.tenancy.capabilities import Capability

MOST_MINUTES = 7 * 24 * 60


class AcceptancePolicySerializer(ReadSerializer[AcceptancePolicy]):
    """How long a store may take to answer."""

    channel_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    backup_location_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = AcceptancePolicy
        fields = (
            "id", "channel_id", "location_id", "remind_minutes", "escalate_minutes", "accept_minutes",
            "backup_location_id", "accepts_automatically", "created_at", "updated_at",
        )  # fmt: skip


class AcceptancePolicyChangeSerializer(serializers.Serializer[Any]):
    """What of the times is to change; what is left out stays. Minutes count while the store is open."""

    remind_minutes = serializers.IntegerField(
        min_value=0, max_value=MOST_MINUTES, required=False, allow_null=True, help_text="Null: no reminder."
    )
    escalate_minutes = serializers.IntegerField(
        min_value=0, max_value=MOST_MINUTES, required=False, allow_null=True, help_text="Null: no backup store."
    )
    accept_minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False)
    backup_location_id = serializers.UUIDField(required=False, allow_null=True)
    accepts_automatically = serializers.BooleanField(required=False)


class AcceptancePolicyWriteSerializer(AcceptancePolicyChangeSerializer):
    """The times of a channel, or of one store in it."""

    channel_id = serializers.UUIDField()
    location_id = serializers.UUIDField(required=False, allow_null=True, help_text="Null: every store of the channel.")
    accept_minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES)


@extend_schema_view(
    list=extend_schema(summary="List times to accept"),
    retrieve=extend_schema(summary="Read a time to accept"),
    create=extend_schema(
        summary="Set a time to accept",
        request=AcceptancePolicyWriteSerializer,
        responses={201: AcceptancePolicySerializer},
    ),
    partial_update=extend_schema(
        summary="Change a time to accept",
        request=AcceptancePolicyChangeSerializer,
        responses=AcceptancePolicySerializer,
    ),
    destroy=extend_schema(summary="Remove a time to accept", responses={204: None}),
)
class AcceptancePolicyViewSet(ReadOnlyMerchantViewSet):
    """How long stores may take to answer: by channel, or by store in it."""

    policy: ClassVar[Policy] = {
        "list": Capability.ORDERS_READ,
        "retrieve": Capability.ORDERS_READ,
        "create": Capability.ORDERS_WRITE,
        "partial_update": Capability.ORDERS_WRITE,
        "destroy": Capability.ORDERS_WRITE,
    }
    serializer_class = AcceptancePolicySerializer

    def get_queryset(self) -> QuerySet[AcceptancePolicy]:
        """Return the policies that staff of some stores are bound by, or all of them."""
        rows: QuerySet[AcceptancePolicy] = AcceptancePolicy.objects.order_by("-pk")
        places = getattr(self.actor, "location_ids", None)  # the schema is drawn without an actor
        if places is not None:
            rows = rows.filter(location__in=places)
        return rows

    def create(self, request: Request) -> Response:
        """Set the times of a channel or store."""
        body = AcceptancePolicyWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        self._require_reach(body.validated_data.get("location_id"))
        made = create_acceptance_policy(**body.validated_data)
        return Response(AcceptancePolicySerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given; what has been routed keeps its times."""
        self.get_object()
        body = AcceptancePolicyChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(AcceptancePolicySerializer(update_acceptance_policy(policy_id=pk, **body.validated_data)).data)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Remove the times; stores may then take their time."""
        self.get_object()
        delete_acceptance_policy(policy_id=pk)
        return Response(status=204)

    def _require_reach(self, location_id: UUID | None) -> None:
        """Refuse those who are bound to stores what concerns a whole channel, and other stores like none."""
        if self.actor.location_ids is not None and location_id is None:
            raise ForbiddenError(_("You can set the times of your own stores only."))
        refuse_other_stores(self.actor, {location_id}, field="location_id")
