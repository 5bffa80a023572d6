"""Webhook endpoints, what was sent to them, and sending it again."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.events.webhooks.api.filters import DeliveryFilter
from o2o.events.webhooks.api.serializers import (
    ReplayedSerializer,
    ReplayRangeSerializer,
    RotationSerializer,
    TestMessageSerializer,
    WebhookDeliveryDetailSerializer,
    WebhookDeliverySerializer,
    WebhookEndpointChangeSerializer,
    WebhookEndpointSecretSerializer,
    WebhookEndpointSerializer,
    WebhookEndpointWriteSerializer,
)
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.outcomes import ClaimedDelivery
from o2o.events.webhooks.pinging import prepare_ping, send_prepared
from o2o.events.webhooks.replaying import replay_delivery, replay_range
from o2o.events.webhooks.selectors import deliveries, endpoints
from o2o.events.webhooks.services import create_endpoint, delete_endpoint, rotate_secret, update_endpoint
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability


@extend_schema_view(
    list=extend_schema(summary="List webhook endpoints"),
    retrieve=extend_schema(summary="Read a webhook endpoint"),
    create=extend_schema(
        summary="Add a webhook endpoint",
        request=WebhookEndpointWriteSerializer,
        responses={201: WebhookEndpointSecretSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a webhook endpoint",
        request=WebhookEndpointChangeSerializer,
        responses=WebhookEndpointSerializer,
    ),
    destroy=extend_schema(summary="Delete a webhook endpoint with its log", responses={204: None}),
    rotate_secret=extend_schema(
        summary="Give it a new signing secret", request=RotationSerializer, responses=WebhookEndpointSecretSerializer
    ),
    replay=extend_schema(
        summary="Send messages of a time again", request=ReplayRangeSerializer, responses={202: ReplayedSerializer}
    ),
)
class WebhookEndpointViewSet(ReadOnlyMerchantViewSet):
    """Addresses to which events are sent."""

    policy: ClassVar[Policy] = {
        "list": Capability.WEBHOOKS_READ,
        "retrieve": Capability.WEBHOOKS_READ,
        "create": Capability.WEBHOOKS_WRITE,
        "partial_update": Capability.WEBHOOKS_WRITE,
        "destroy": Capability.WEBHOOKS_WRITE,
        "rotate_secret": Capability.WEBHOOKS_WRITE,
        "replay": Capability.WEBHOOKS_WRITE,
    }
    serializer_class = WebhookEndpointSerializer

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        """Return the merchant's endpoints."""
        return endpoints()

    def create(self, request: Request) -> Response:
        """Add an endpoint and return its signing secret, this once."""
        body = WebhookEndpointWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = create_endpoint(at=clock.now(), **body.validated_data)
        return Response(WebhookEndpointSecretSerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given; switching it on wipes its record of failures."""
        body = WebhookEndpointChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        endpoint = update_endpoint(endpoint_id=pk, at=clock.now(), **body.validated_data)
        return Response(WebhookEndpointSerializer(endpoint).data)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Remove it; nothing more is sent to it."""
        delete_endpoint(endpoint_id=pk)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def rotate_secret(self, request: Request, pk: UUID) -> Response:
        """Return a new secret, this once; the old one signs beside it for a while."""
        body = RotationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        overlap = timedelta(hours=body.validated_data["overlap_hours"])
        made = rotate_secret(endpoint_id=pk, at=clock.now(), overlap=overlap)
        return Response(WebhookEndpointSecretSerializer(made).data)

    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: UUID) -> Response:
        """Send again what was given up or cancelled in a range of time, under the same ids."""
        body = ReplayRangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        replayed = replay_range(endpoint_id=pk, at=clock.now(), **body.validated_data)
        return Response(ReplayedSerializer(replayed).data, status=202)


class WebhookTestView(MerchantAPIView):
    """A test message to an endpoint, with the receiver's answer.

    The usual steps of a request are one transaction. Here they only write the message down; the receiver is waited
    for after their commit. Each call sends a message, whatever its ``Idempotency-Key``: the answer to keep is not known
    yet when the transaction ends.
    """

    policy: ClassVar[Policy] = {"post": Capability.WEBHOOKS_WRITE}
    requires_idempotency_key: ClassVar[bool] = False
    prepared: ClaimedDelivery | None = None

    @extend_schema(summary="Send a test message", request=None, responses=TestMessageSerializer)
    def post(self, _request: Request, pk: UUID) -> Response:
        """Send a signed message of type ``ping`` now, once, and return what was answered."""
        self.prepared = prepare_ping(endpoint=get_object_or_404(WebhookEndpoint, pk=pk), at=clock.now())
        return Response()

    def _handled(self, request: Request) -> HttpResponseBase:
        self.check_permissions(request)
        return self._run(request)

    def _answer(self, request: Request) -> HttpResponseBase:
        response = super()._answer(request)
        if self.prepared is None:
            return response
        outcome = send_prepared(self.prepared)
        return self._finished(Response(TestMessageSerializer(outcome).data))


@extend_schema_view(
    list=extend_schema(summary="List webhook deliveries"),
    retrieve=extend_schema(summary="Read a delivery with its attempts", responses=WebhookDeliveryDetailSerializer),
    replay=extend_schema(summary="Send a message again", request=None, responses={202: WebhookDeliverySerializer}),
)
class WebhookDeliveryViewSet(ReadOnlyMerchantViewSet):
    """The log of what was sent."""

    policy: ClassVar[Policy] = {
        "list": Capability.WEBHOOKS_READ,
        "retrieve": Capability.WEBHOOKS_READ,
        "replay": Capability.WEBHOOKS_WRITE,
    }
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """Return the merchant's deliveries; one alone comes with its content and attempts."""
        if self.action != "retrieve":
            return deliveries()
        log = WebhookAttempt.objects.order_by("started_at", "pk")
        return WebhookDelivery.objects.prefetch_related(Prefetch("attempts", queryset=log))

    def get_serializer_class(self) -> type[BaseSerializer[WebhookDelivery]]:
        """Return the short form for lists."""
        return WebhookDeliveryDetailSerializer if self.action == "retrieve" else WebhookDeliverySerializer

    @action(detail=True, methods=["post"])
    def replay(self, _request: Request, pk: UUID) -> Response:
        """Make a settled message due again, with the same content and id; one that is under way stays as it is."""
        delivery = replay_delivery(delivery_id=pk, at=clock.now())
        return Response(WebhookDeliverySerializer(delivery).data, status=202)
