"""Rules tried on past orders, in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.orders.api.replay_serializers import RuleReplaySerializer, RuleReplaySummarySerializer
from channels.orders.models import RuleReplay
from channels.orders.services.replaying import stop_replay
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability


@extend_schema_view(
    list=extend_schema(summary="List trials of routing rules"),
    retrieve=extend_schema(summary="Read a trial of a routing rule with its result"),
    cancel=extend_schema(summary="Stop a trial of a routing rule", request=None, responses=RuleReplaySerializer),
)
class RuleReplayViewSet(ReadOnlyMerchantViewSet):
    """Rules that were tried on past orders. `POST /api/v1/routing_rules/replay` begins one; they are kept half a year.

    Ask again every few seconds until `result` is there or `job.state` is `failed` or `cancelled`. Those who are bound
    to some stores see none, for a trial speaks of the orders of all.
    """

    policy: ClassVar[Policy] = {
        "list": Capability.ORDERS_READ,
        "retrieve": Capability.ORDERS_READ,
        "cancel": Capability.ORDERS_WRITE,
    }
    serializer_class = RuleReplaySerializer

    def get_serializer_class(self) -> type[RuleReplaySummarySerializer]:
        """Leave the results, which are long, out of lists."""
        return RuleReplaySummarySerializer if self.action == "list" else RuleReplaySerializer

    def get_queryset(self) -> QuerySet[RuleReplay]:
        """Return the merchant's trials without their unfinished work, which is large."""
        replays: QuerySet[RuleReplay] = RuleReplay.objects.select_related("rule", "job").defer("progress")
        if not getattr(self, "swagger_fake_view", False) and self.actor.location_ids is not None:
            return replays.none()
        return replays.order_by("-pk")

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """Stop after the orders that are being decided; there is no result then."""
        self.get_object()
        return Response(RuleReplaySerializer(stop_replay(replay_id=pk, at=clock.now())).data)
