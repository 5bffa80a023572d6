"""Events and dead letters in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.events.api.filters import DeadLetterFilter, EventFilter
from o2o.events.api.serializers import DeadLetterSerializer, EventSerializer
from o2o.events.dead_letters import discard_dead_letter, replay_dead_letter
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.events.selectors import dead_letters, events
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability


@extend_schema_view(list=extend_schema(summary="List events"), retrieve=extend_schema(summary="Read an event"))
class EventViewSet(ReadOnlyMerchantViewSet):
    """What happened, the newest first."""

    policy: ClassVar[Policy] = {"list": Capability.EVENTS_READ, "retrieve": Capability.EVENTS_READ}
    serializer_class = EventSerializer
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[OutboxEvent]:
        """Return the merchant's events."""
        return events()


@extend_schema_view(
    list=extend_schema(summary="List dead letters"),
    retrieve=extend_schema(summary="Read a dead letter"),
    replay=extend_schema(summary="Deliver a dead letter again", request=None, responses=DeadLetterSerializer),
    discard=extend_schema(summary="Give a dead letter up", request=None, responses=DeadLetterSerializer),
)
class DeadLetterViewSet(ReadOnlyMerchantViewSet):
    """Events that a subscriber inside the platform could not take in."""

    policy: ClassVar[Policy] = {
        "list": Capability.EVENTS_READ,
        "retrieve": Capability.EVENTS_READ,
        "replay": Capability.JOBS_WRITE,
        "discard": Capability.JOBS_WRITE,
    }
    serializer_class = DeadLetterSerializer
    filterset_class = DeadLetterFilter

    def get_queryset(self) -> QuerySet[EventDelivery]:
        """Return what was given up."""
        return dead_letters()

    @action(detail=True, methods=["post"])
    def replay(self, _request: Request, pk: UUID) -> Response:
        """Try again, after what has been delivered meanwhile."""
        return Response(self.get_serializer(replay_dead_letter(delivery_id=pk, at=clock.now())).data)

    @action(detail=True, methods=["post"])
    def discard(self, _request: Request, pk: UUID) -> Response:
        """Never deliver it."""
        return Response(self.get_serializer(discard_dead_letter(delivery_id=pk, at=clock.now())).data)
