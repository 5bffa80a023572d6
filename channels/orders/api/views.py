"""Orders and returns in the API."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from channels.orders.api import filters, serializers
from channels.orders.api.pagination import LatestPlacedFirst
from channels.orders.enums import Disposition, PaymentKind, TimelineKind
from channels.orders.models import FulfillmentOrder, LineAdjustment, Order, OrderLine, Payment, Return, ReturnLine
from channels.orders.selectors import orders_of_stores, returns_of_stores
from channels.orders.services import returning
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.ingesting import Ingested, ingest_order
from channels.orders.services.ingesting_many import Answer, Message, ingest_orders, known_orders
from channels.orders.services.payments import record_payment
from channels.orders.services.placing import place_order
from channels.orders.services.returning import ReceivedLine
from channels.orders.services.timeline import note
from channels.stores.models import SalesChannel
from channels.stores.reach import refuse_other_stores
from o2o.api.input import checked
from o2o.api.pagination import NewestFirst
from o2o.api.policy import Policy
from o2o.api.serializers import fault_of
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import ForbiddenError, UnknownReferenceError
from o2o.tenancy.capabilities import Capability

READ, WRITE, FULFIL = Capability.ORDERS_READ, Capability.ORDERS_WRITE, Capability.ORDERS_FULFIL
DETAIL = serializers.OrderDetailSerializer
RETURN = serializers.ReturnSerializer


@extend_schema_view(
    list=extend_schema(summary="List orders"),
    retrieve=extend_schema(summary="Read an order", responses=DETAIL),
    create=extend_schema(summary="Place an order", request=serializers.OrderWriteSerializer, responses={201: DETAIL}),
    ingest=extend_schema(
        summary="Tell of an order of another system",
        request=serializers.OrderIngestSerializer,
        responses={200: serializers.IngestedSerializer},
    ),
    ingest_many=extend_schema(
        summary="Tell of many orders of other systems",
        request=serializers.OrdersIngestSerializer,
        responses={200: serializers.IngestedManySerializer},
    ),
    cancel=extend_schema(summary="Cancel an order", request=serializers.CancelSerializer, responses=DETAIL),
    payments=extend_schema(
        summary="Note a payment",
        request=serializers.PaymentWriteSerializer,
        responses={201: serializers.PaymentSerializer},
    ),
    notes=extend_schema(
        summary="Write a note", request=serializers.NoteSerializer, responses={201: serializers.TimelineSerializer}
    ),
)
class OrderViewSet(ReadOnlyMerchantViewSet):
    """The orders of all channels. Staff who are bound to stores see those that concern these."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "ingest": WRITE, "ingest_many": WRITE, "cancel": WRITE,
        "payments": WRITE, "notes": WRITE, "timeline": READ,
    }  # fmt: skip
    filterset_class = filters.OrderFilter
    pagination_class = LatestPlacedFirst

    def get_queryset(self) -> QuerySet[Order]:
        """Return the merchant's orders; one alone comes with everything that belongs to it."""
        found: QuerySet[Order] = Order.objects.filter(orders_of_stores(self.location_ids))
        if self.action != "retrieve":
            return found
        return found.prefetch_related(
            Prefetch("lines", OrderLine.objects.select_related("order")),
            Prefetch("lines__adjustments", LineAdjustment.objects.select_related("line__order")),
            Prefetch("payments", Payment.objects.select_related("order")),
            Prefetch("fulfillments", FulfillmentOrder.objects.order_by("pk").prefetch_related("lines")),
        )

    def get_serializer_class(self) -> type[BaseSerializer[Order]]:
        """Return the short form for lists."""
        return DETAIL if self.action == "retrieve" else serializers.OrderSerializer

    def create(self, request: Request) -> Response:
        """Place an order: it is routed at once, or taken off the shelf where it was bought in a store."""
        body = checked(serializers.OrderWriteSerializer, request)
        draft, at = body.draft(at=clock.now()), clock.now()
        refuse_other_stores(self.actor, {draft.location_id}, field="location_id")
        reference = body.validated_data["hold_reference"]
        order = place_order(draft=draft, at=at, hold_reference=reference)
        return Response(self._detail(order.pk), status=201)

    @action(detail=False, methods=["post"], filterset_class=None)
    def ingest(self, request: Request) -> Response:
        """Take in an order as another system has it, however often and in whatever order its versions come."""
        body = checked(serializers.OrderIngestSerializer, request)
        at = clock.now()
        draft = body.draft(at=at)
        refuse_other_stores(self.actor, {draft.location_id}, field="location_id")
        if not SalesChannel.objects.filter(pk=draft.channel_id).exists():
            raise UnknownReferenceError(_("There is no channel %(id)s.") % {"id": draft.channel_id})
        message = Message(draft, body.validated_data["version"])
        self._refuse_orders_of_others([message])
        done = ingest_order(draft=draft, version=message.version, at=at)
        done.order.refresh_from_db()
        answer = {"outcome": done.outcome, "order": done.order}
        return Response(serializers.IngestedSerializer(answer).data)

    @action(detail=False, methods=["post"], filterset_class=None, url_path="ingest/bulk")
    def ingest_many(self, request: Request) -> Response:
        """Take in up to 100 orders; answer for each. One that is refused takes no other with it."""
        rows = checked(serializers.OrdersIngestSerializer, request).validated_data["orders"]
        at = clock.now()
        refuse_other_stores(self.actor, {row["location_id"] for row in rows}, field="location_id")
        messages = [Message(serializers.draft_of(row, at=at), row["version"]) for row in rows]
        self._refuse_orders_of_others(messages)
        answers = ingest_orders(messages=messages, at=at)
        ids = {answer.order.pk for answer in answers if isinstance(answer, Ingested)}
        orders = Order.objects.in_bulk(ids)
        results = [_told(message, answer, orders) for message, answer in zip(messages, answers, strict=True)]
        return Response(serializers.IngestedManySerializer({"results": results}).data)

    def _refuse_orders_of_others(self, messages: Sequence[Message]) -> None:
        """Raise ``ForbiddenError`` where somebody bound to stores tells of an order that concerns none of these."""
        if self.location_ids is None:
            return
        known = {order.pk for order in known_orders({message.key for message in messages}).values()}
        own = Order.objects.filter(orders_of_stores(self.location_ids), pk__in=known).values_list("pk", flat=True)
        if known - set(own):
            raise ForbiddenError(_("You work in other stores than this one."))

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel units of lines, or all that remain."""
        self.get_object()
        data = checked(serializers.CancelSerializer, request).validated_data
        lines = {line["line_id"]: line["quantity"] for line in data["lines"]} if "lines" in data else None
        cancel_order(order_id=pk, lines=lines, reason=data["reason"], at=clock.now())
        return Response(self._detail(pk))

    @action(detail=True, methods=["post"])
    def payments(self, request: Request, pk: UUID) -> Response:
        """Write down money that came in or went back; the same ``external_id`` twice is one payment."""
        self.get_object()
        data = dict(checked(serializers.PaymentWriteSerializer, request).validated_data)
        kind = PaymentKind(data.pop("kind"))
        payment = record_payment(order_id=pk, kind=kind, at=clock.now(), **data)
        return Response(serializers.PaymentSerializer(payment).data, status=201)

    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: UUID) -> Response:
        """Write a note into the timeline."""
        self.get_object()
        data = checked(serializers.NoteSerializer, request).validated_data
        entry = note(order_id=pk, kind=TimelineKind.NOTE, details=dict(data), at=clock.now())
        return Response(serializers.TimelineSerializer(entry).data, status=201)

    @extend_schema(
        summary="Read the timeline of an order", responses=serializers.TimelineSerializer(many=True), filters=False
    )
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=NewestFirst)
    def timeline(self, _request: Request, pk: UUID) -> Response:
        """Return what happened, newest first, page by page."""
        page = self.paginate_queryset(self.get_object().timeline.all())
        return self.get_paginated_response(serializers.TimelineSerializer(page, many=True).data)

    def _detail(self, pk: UUID) -> Any:
        self.action = "retrieve"
        return DETAIL(self.get_queryset().get(pk=pk)).data


@extend_schema_view(
    list=extend_schema(summary="List returns"),
    retrieve=extend_schema(summary="Read a return"),
    create=extend_schema(
        summary="Request a return", request=serializers.ReturnWriteSerializer, responses={201: RETURN}
    ),
    approve=extend_schema(summary="Approve a return", request=None, responses=RETURN),
    refuse=extend_schema(summary="Refuse a return", request=None, responses=RETURN),
    receive=extend_schema(summary="Receive returned goods", request=serializers.ReceiveSerializer, responses=RETURN),
    refund=extend_schema(summary="Refund a return", request=None, responses=RETURN),
)
class ReturnViewSet(ReadOnlyMerchantViewSet):
    """What customers bring back."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "approve": WRITE, "refuse": WRITE, "receive": FULFIL,
        "refund": WRITE,
    }  # fmt: skip
    serializer_class = RETURN
    filterset_class = filters.ReturnFilter

    def get_queryset(self) -> QuerySet[Return]:
        """Return the merchant's returns; those who are bound to stores see theirs, and what may go to any store."""
        lines = Prefetch("lines", ReturnLine.objects.select_related("return_order__order"))
        found: QuerySet[Return] = Return.objects.select_related("order").prefetch_related(lines)
        return found.filter(returns_of_stores(self.location_ids))

    def create(self, request: Request) -> Response:
        """Ask to give units back; each is worth its part of what was paid."""
        data = dict(checked(serializers.ReturnWriteSerializer, request).validated_data)
        units = {line["line_id"]: line["quantity"] for line in data.pop("lines")}
        if not Order.objects.filter(orders_of_stores(self.location_ids), pk=data["order_id"]).exists():
            raise UnknownReferenceError(_("There is no order %(id)s.") % {"id": data["order_id"]})
        refuse_other_stores(self.actor, {data["location_id"]}, field="location_id")
        made = returning.request_return(lines=units, at=clock.now(), **data)
        return Response(RETURN(Return.objects.select_related("order").get(pk=made.pk)).data, status=201)

    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: UUID) -> Response:
        """Let the goods come."""
        self.get_object()
        returning.approve_return(return_id=pk, at=clock.now())
        return Response(RETURN(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, pk: UUID) -> Response:
        """End it without goods or money."""
        self.get_object()
        returning.refuse_return(return_id=pk, at=clock.now())
        return Response(RETURN(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: UUID) -> Response:
        """Take the goods in, at any location."""
        self.get_object()
        data = checked(serializers.ReceiveSerializer, request).validated_data
        refuse_other_stores(self.actor, {data["location_id"]}, field="location_id")
        lines = [
            ReceivedLine(line["line_id"], line["received"], Disposition(line["disposition"])) for line in data["lines"]
        ]
        returning.receive_return(return_id=pk, location_id=data["location_id"], lines=lines, at=clock.now())
        return Response(RETURN(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def refund(self, _request: Request, pk: UUID) -> Response:
        """Write the refund down, to the coin."""
        self.get_object()
        returning.refund_return(return_id=pk, at=clock.now())
        return Response(RETURN(self.get_object()).data)


def _told(message: Message, answer: Answer, orders: Mapping[UUID, Order]) -> dict[str, Any]:
    """Return what came of a message, with the order as it is now."""
    told: dict[str, Any] = {"external_id": message.draft.external_id, "order": None, "error": None}
    if isinstance(answer, Ingested):
        return {**told, "outcome": answer.outcome, "order": orders[answer.order.pk]}
    return {**told, "outcome": "refused", "error": fault_of(answer)}
