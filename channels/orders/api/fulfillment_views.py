"""Fulfilments in the API: what a store has to do, and its answers."""

from typing import ClassVar
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from channels.orders.api.fulfillment_filters import FulfillmentFilter
from channels.orders.api.fulfillment_serializers import (
    FulfillmentDetailSerializer,
    FulfillmentSerializer,
    HandOverSerializer,
    PickupCodeSerializer,
    RejectSerializer,
    ShipSerializer,
)
from channels.orders.enums import RejectionReason, StockEffect
from channels.orders.models import FulfillmentLine, FulfillmentOrder
from channels.orders.services import fulfilling
from o2o.api.policy import Policy
from o2o.api.problems import ProblemResponse, problem_of
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability

ANSWER = FulfillmentDetailSerializer


@extend_schema_view(
    list=extend_schema(summary="List fulfilments"),
    retrieve=extend_schema(summary="Read a fulfilment with its lines", responses=ANSWER),
    accept=extend_schema(summary="Accept a fulfilment", request=None, responses=ANSWER),
    reject=extend_schema(summary="Reject all or some lines", request=RejectSerializer, responses=ANSWER),
    ready=extend_schema(summary="Say that it is packed", request=None, responses=ANSWER),
    hand_over=extend_schema(summary="Give it to the customer", request=HandOverSerializer, responses=ANSWER),
    ship=extend_schema(summary="Give it to a carrier or rider", request=ShipSerializer, responses=ANSWER),
    close=extend_schema(summary="Close what was handed over or shipped", request=None, responses=ANSWER),
    extend_pickup=extend_schema(summary="Let a pickup wait longer, once", request=None, responses=ANSWER),
    issue_code=extend_schema(summary="Make a new pickup code", request=None, responses=PickupCodeSerializer),
)
class FulfillmentViewSet(ReadOnlyMerchantViewSet):
    """What locations are to make ready. Staff of some stores see only those of their stores."""

    policy: ClassVar[Policy] = {
        "list": Capability.ORDERS_READ,
        "retrieve": Capability.ORDERS_READ,
        "accept": Capability.ORDERS_FULFIL,
        "reject": Capability.ORDERS_FULFIL,
        "ready": Capability.ORDERS_FULFIL,
        "hand_over": Capability.ORDERS_FULFIL,
        "ship": Capability.ORDERS_FULFIL,
        "close": Capability.ORDERS_FULFIL,
        "extend_pickup": Capability.ORDERS_FULFIL,
        "issue_code": Capability.ORDERS_WRITE,
    }
    filterset_class = FulfillmentFilter

    def get_queryset(self) -> QuerySet[FulfillmentOrder]:
        """Return the fulfilments of the actor's stores; with lines where it is one alone."""
        rows: QuerySet[FulfillmentOrder] = FulfillmentOrder.objects.select_related("order").order_by("-pk")
        places = getattr(self.actor, "location_ids", None)  # the schema is drawn without an actor
        if places is not None:
            rows = rows.filter(location__in=places)
        if self.action == "list":
            return rows
        lines = FulfillmentLine.objects.select_related("order_line").order_by("pk")
        return rows.prefetch_related(Prefetch("lines", queryset=lines))

    def get_serializer_class(self) -> type[BaseSerializer[FulfillmentOrder]]:
        """Return the short form for lists."""
        return FulfillmentSerializer if self.action == "list" else FulfillmentDetailSerializer

    @action(detail=True, methods=["post"])
    def accept(self, _request: Request, pk: UUID) -> Response:
        """Take it on; its clock stops."""
        self.get_object()
        fulfilling.accept(fulfillment_id=pk, at=clock.now())
        return self._shown()

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: UUID) -> Response:
        """Give it back; its units are routed to another location at once."""
        self.get_object()
        body = RejectSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        lines = {line["order_line_id"]: line["quantity"] for line in given["lines"]} if "lines" in given else None
        rejected = fulfilling.reject(
            fulfillment_id=pk,
            reason=RejectionReason(given["reason"]),
            stock_effect=StockEffect(given["stock_effect"]),
            lines=lines,
            at=clock.now(),
        )
        return self._shown(rejected.pk)

    @action(detail=True, methods=["post"])
    def ready(self, _request: Request, pk: UUID) -> Response:
        """Say that everything is packed; a pickup waits from now on."""
        self.get_object()
        fulfilling.mark_ready(fulfillment_id=pk, at=clock.now())
        return self._shown()

    @action(detail=True, methods=["post"])
    def hand_over(self, request: Request, pk: UUID) -> Response | ProblemResponse:
        """Give it to the customer against the pickup code, which is used up; or for a manager's reason."""
        self.get_object()
        body = HandOverSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data["override_reason"]:
            self.actor.require(Capability.ORDERS_WRITE)
        refusal = fulfilling.hand_over(fulfillment_id=pk, at=clock.now(), **body.validated_data)
        if refusal:
            # Returned and not raised: the wrong try has to stay counted.
            return ProblemResponse(problem_of(refusal))
        return self._shown()

    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: UUID) -> Response:
        """Give it to a carrier or a rider."""
        self.get_object()
        body = ShipSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fulfilling.ship(fulfillment_id=pk, at=clock.now(), **body.validated_data)
        return self._shown()

    @action(detail=True, methods=["post"])
    def close(self, _request: Request, pk: UUID) -> Response:
        """End what was handed over or shipped."""
        self.get_object()
        fulfilling.close(fulfillment_id=pk, at=clock.now())
        return self._shown()

    @action(detail=True, methods=["post"])
    def extend_pickup(self, _request: Request, pk: UUID) -> Response:
        """Let it wait longer, by the days that its location grants; possible once."""
        self.get_object()
        fulfilling.extend_pickup(fulfillment_id=pk, at=clock.now())
        return self._shown()

    @action(detail=True, methods=["post"])
    def issue_code(self, _request: Request, pk: UUID) -> Response:
        """Make a new code for a pickup that is ready, shown this once; older ones end."""
        self.get_object()
        return Response(PickupCodeSerializer(fulfilling.reissue_pickup_code(fulfillment_id=pk, at=clock.now())).data)

    def _shown(self, fulfillment_id: UUID | None = None) -> Response:
        row = self.get_queryset().get(pk=fulfillment_id) if fulfillment_id else self.get_object()
        return Response(FulfillmentDetailSerializer(row, context=self.get_serializer_context()).data)
