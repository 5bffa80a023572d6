"""What stores do for orders, and the rules by which they get them, in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.orders.api import filters
from channels.orders.api import fulfillment_serializers as serializers
from channels.orders.api.views import FULFIL, READ, WRITE
from channels.orders.models import AcceptancePolicy, FulfillmentOrder, RoutingRule
from channels.orders.services import fulfilling, rules
from channels.orders.services.replaying import replay_rules
from channels.stores.models import SalesChannel, StockLocation
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.problems import ProblemResponse, problem_of
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import ForbiddenError, UnknownReferenceError

PART = serializers.FulfillmentSerializer
RULE = serializers.RoutingRuleSerializer


@extend_schema_view(
    list=extend_schema(summary="List fulfilments"),
    retrieve=extend_schema(summary="Read a fulfilment"),
    accept=extend_schema(summary="Accept a fulfilment", request=None, responses=PART),
    reject=extend_schema(summary="Reject a fulfilment", request=serializers.RejectSerializer, responses=PART),
    ready=extend_schema(summary="Say that a fulfilment is ready", request=None, responses=serializers.ReadySerializer),
    hand_over=extend_schema(summary="Hand a pickup over", request=serializers.HandOverSerializer, responses=PART),
    ship=extend_schema(summary="Hand a fulfilment to its carrier", request=serializers.ShipSerializer, responses=PART),
    close=extend_schema(summary="Say that a fulfilment has arrived", request=None, responses=PART),
    extend=extend_schema(summary="Extend a pickup", request=None, responses=PART),
)
class FulfillmentViewSet(ReadOnlyMerchantViewSet):
    """The work of the stores. Staff who are bound to stores see that of these."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "accept": FULFIL, "reject": FULFIL, "ready": FULFIL, "hand_over": FULFIL,
        "ship": FULFIL, "close": FULFIL, "extend": FULFIL,
    }  # fmt: skip
    serializer_class = PART
    filterset_class = filters.FulfillmentFilter

    def get_queryset(self) -> QuerySet[FulfillmentOrder]:
        """Return the merchant's fulfilments."""
        found: QuerySet[FulfillmentOrder] = FulfillmentOrder.objects.prefetch_related("lines")
        return found if self.location_ids is None else found.filter(location_id__in=self.location_ids)

    @action(detail=True, methods=["post"])
    def accept(self, _request: Request, pk: UUID) -> Response:
        """Let the store take it on."""
        self.get_object()
        fulfilling.accept(fulfillment_id=pk, at=clock.now())
        return Response(PART(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: UUID) -> Response:
        """Let another location have it; the stock follows what the store says."""
        self.get_object()
        data = checked(serializers.RejectSerializer, request).validated_data
        fulfilling.reject(fulfillment_id=pk, at=clock.now(), **data)
        return Response(PART(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def ready(self, _request: Request, pk: UUID) -> Response:
        """Say that the goods lie ready; the code of a pickup is in this answer and in no other."""
        self.get_object()
        ready = fulfilling.mark_ready(fulfillment_id=pk, at=clock.now())
        answer = {
            "fulfillment": self.get_object(),
            "pickup_code": ready.code and ready.code.code,
            "pickup_token": ready.code and ready.code.token,
        }
        return Response(serializers.ReadySerializer(answer).data)

    @action(detail=True, methods=["post"])
    def hand_over(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Hand the goods over for their code; without one only for a manager's reason."""
        self.get_object()
        data = checked(serializers.HandOverSerializer, request).validated_data
        if data["override_reason"] and not self.actor.may(WRITE):
            raise ForbiddenError("A manager must decide to hand goods over without their code.")
        refusal = fulfilling.hand_over(fulfillment_id=pk, at=clock.now(), **data)
        if refusal is not None:
            # Answered and not raised: the wrong try stays counted.
            return ProblemResponse(problem_of(refusal))
        return Response(PART(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: UUID) -> Response:
        """Let the goods leave with a carrier or courier."""
        self.get_object()
        data = checked(serializers.ShipSerializer, request).validated_data
        fulfilling.ship(fulfillment_id=pk, at=clock.now(), **data)
        return Response(PART(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def close(self, _request: Request, pk: UUID) -> Response:
        """Note that a parcel has arrived."""
        self.get_object()
        fulfilling.close(fulfillment_id=pk, at=clock.now())
        return Response(PART(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def extend(self, _request: Request, pk: UUID) -> Response:
        """Give the customer more time, once."""
        self.get_object()
        fulfilling.extend_pickup(fulfillment_id=pk, at=clock.now())
        return Response(PART(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List routing rules"),
    retrieve=extend_schema(summary="Read a routing rule"),
    create=extend_schema(
        summary="Add a routing rule", request=serializers.RoutingRuleWriteSerializer, responses={201: RULE}
    ),
    update=extend_schema(
        summary="Change a routing rule", request=serializers.RoutingRuleWriteSerializer, responses=RULE
    ),
    destroy=extend_schema(summary="Delete a routing rule", responses={204: None}),
    replay=extend_schema(
        summary="Try a rule on past orders",
        request=serializers.RoutingRuleWriteSerializer,
        responses=serializers.ReplaySerializer,
    ),
)
class RoutingRuleViewSet(ReadOnlyMerchantViewSet):
    """Which location fulfils which order."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "update": WRITE, "destroy": WRITE, "replay": WRITE,
    }  # fmt: skip
    serializer_class = RULE

    def get_queryset(self) -> QuerySet[RoutingRule]:
        """Return the merchant's rules."""
        found: QuerySet[RoutingRule] = RoutingRule.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """Add a rule."""
        data = checked(serializers.RoutingRuleWriteSerializer, request).validated_data
        return Response(RULE(rules.save_rule(at=clock.now(), **data)).data, status=201)

    def update(self, request: Request, pk: UUID) -> Response:
        """Replace a rule."""
        self.get_object()
        data = checked(serializers.RoutingRuleWriteSerializer, request).validated_data
        return Response(RULE(rules.save_rule(rule_id=pk, at=clock.now(), **data)).data)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Remove a rule."""
        rules.delete_rule(rule_id=pk, at=clock.now())
        return Response(status=204)

    @action(detail=False, methods=["post"])
    def replay(self, request: Request) -> Response:
        """Decide the orders of the last 30 days once more with a rule that is not saved; nothing changes."""
        data = checked(serializers.RoutingRuleWriteSerializer, request).validated_data
        rules.check_definition(data["name"], data["definition"])
        return Response(serializers.ReplaySerializer(replay_rules(at=clock.now(), **data)).data)


@extend_schema_view(
    list=extend_schema(summary="List times to accept"),
    retrieve=extend_schema(summary="Read a time to accept"),
    create=extend_schema(
        summary="Set a time to accept",
        request=serializers.AcceptancePolicyWriteSerializer,
        responses={201: serializers.AcceptancePolicySerializer},
    ),
)
class AcceptancePolicyViewSet(ReadOnlyMerchantViewSet):
    """How long stores may take to accept orders."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE}
    serializer_class = serializers.AcceptancePolicySerializer

    def get_queryset(self) -> QuerySet[AcceptancePolicy]:
        """Return the merchant's times."""
        found: QuerySet[AcceptancePolicy] = AcceptancePolicy.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """Set the time of a channel or store; what it had is replaced."""
        data = checked(serializers.AcceptancePolicyWriteSerializer, request).validated_data
        places = {data[name] for name in ("location_id", "backup_location_id") if data[name] is not None}
        if StockLocation.objects.filter(pk__in=places).count() != len(places):
            raise UnknownReferenceError("There is no such location.")
        if not SalesChannel.objects.filter(pk=data["channel_id"]).exists():
            raise UnknownReferenceError(f"There is no channel {data['channel_id']}.")
        made = rules.set_acceptance(at=clock.now(), **data)
        return Response(serializers.AcceptancePolicySerializer(made).data, status=201)
