"""Routing in the API: the rules, trying them on past orders, and why an order went where it went."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.orders.api.replay_serializers import RuleReplaySerializer, RuleTrialSerializer
from channels.orders.api.routing_serializers import (
    RoutingDecisionSerializer,
    RoutingRuleChangeSerializer,
    RoutingRuleSerializer,
    RoutingRuleWriteSerializer,
    RuleOrderSerializer,
)
from channels.orders.models import Order, RoutingDecision, RoutingRule
from channels.orders.selectors import orders_of_stores
from channels.orders.services.replaying import require_all_stores, start_replay
from channels.orders.services.rules import delete_rule, reorder_rules, save_rule
from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability

MOST_DECISIONS = 50


@extend_schema_view(
    list=extend_schema(summary="List routing rules"),
    retrieve=extend_schema(summary="Read a routing rule"),
    create=extend_schema(
        summary="Add a routing rule", request=RoutingRuleWriteSerializer, responses={201: RoutingRuleSerializer}
    ),
    partial_update=extend_schema(
        summary="Change a routing rule", request=RoutingRuleChangeSerializer, responses=RoutingRuleSerializer
    ),
    destroy=extend_schema(summary="Remove a routing rule", responses={204: None}),
    reorder=extend_schema(
        summary="Put the routing rules in order",
        request=RuleOrderSerializer,
        responses=RoutingRuleSerializer(many=True),
        filters=False,
    ),
    replay=extend_schema(
        summary="Try a rule on past orders", request=RuleTrialSerializer, responses={202: RuleReplaySerializer}
    ),
)
class RoutingRuleViewSet(ReadOnlyMerchantViewSet):
    """Rules that choose the location of an order. The first that applies decides, in the order of ``position``."""

    policy: ClassVar[Policy] = {
        "list": Capability.ORDERS_READ,
        "retrieve": Capability.ORDERS_READ,
        "create": Capability.ORDERS_WRITE,
        "partial_update": Capability.ORDERS_WRITE,
        "destroy": Capability.ORDERS_WRITE,
        "reorder": Capability.ORDERS_WRITE,
        "replay": Capability.ORDERS_WRITE,
    }
    serializer_class = RoutingRuleSerializer

    def get_queryset(self) -> QuerySet[RoutingRule]:
        """Return the merchant's rules."""
        rules: QuerySet[RoutingRule] = RoutingRule.objects.order_by("-pk")
        return rules

    def create(self, request: Request) -> Response:
        """Add a rule behind the others."""
        require_all_stores(self.actor)
        body = RoutingRuleWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(RoutingRuleSerializer(save_rule(**body.validated_data, at=clock.now())).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given; what was decided before stays as it is."""
        rule = self.get_object()
        require_all_stores(self.actor)
        body = RoutingRuleChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        kept = {name: getattr(rule, name) for name in ("name", "definition", "position", "is_active")}
        saved = save_rule(rule_id=pk, at=clock.now(), **{**kept, **body.validated_data})
        return Response(RoutingRuleSerializer(saved).data)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Remove a rule; decisions keep its name."""
        self.get_object()
        require_all_stores(self.actor)
        delete_rule(rule_id=pk, at=clock.now())
        return Response(status=204)

    @action(detail=False, methods=["post"], pagination_class=None)
    def reorder(self, request: Request) -> Response:
        """Ask the rules in this order from now on."""
        require_all_stores(self.actor)
        body = RuleOrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        reorder_rules(**body.validated_data, at=clock.now())
        return Response(RoutingRuleSerializer(RoutingRule.objects.order_by("position", "pk"), many=True).data)

    @action(detail=False, methods=["post"])
    def replay(self, request: Request) -> Response:
        """Begin to decide past orders once more, by the rules as they are and with this one; nothing is changed.

        The answer comes at once and names the job. `Location` is where the result will be.
        """
        body = RuleTrialSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        replay = start_replay(**body.validated_data, actor=self.actor, at=clock.now())
        location = reverse("v1:rule_replays-detail", args=(replay.pk,))
        return Response(RuleReplaySerializer(replay).data, status=202, headers={"Location": location})


class OrderRoutingView(MerchantAPIView):
    """Why an order went where it went."""

    policy: ClassVar[Policy] = {"get": Capability.ORDERS_READ}

    @extend_schema(summary="Explain the routing of an order", responses=RoutingDecisionSerializer(many=True))
    def get(self, _request: Request, pk: UUID) -> Response:
        """Return the decisions of an order, the newest first, each with the verdict on every candidate."""
        order = get_object_or_404(Order.objects.filter(orders_of_stores(self.actor.location_ids)), pk=pk)
        decisions = RoutingDecision.objects.filter(order=order).order_by("-pk")[:MOST_DECISIONS]
        return Response(RoutingDecisionSerializer(decisions, many=True).data)
