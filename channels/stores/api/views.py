"""Channels and locations in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.stores import selectors, services
from channels.stores.api import serializers
from channels.stores.api.filters import LocationFilter, SpecialDayFilter
from channels.stores.hours import closing, next_opening
from channels.stores.models import OpeningPeriod, SalesChannel, SpecialDay, StockLocation
from channels.stores.reach import refuse_other_stores
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import ForbiddenError
from o2o.tenancy.capabilities import Capability


@extend_schema_view(
    list=extend_schema(summary="List channels"),
    retrieve=extend_schema(summary="Read a channel"),
    create=extend_schema(
        summary="Add a channel",
        request=serializers.SalesChannelWriteSerializer,
        responses={201: serializers.SalesChannelSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a channel",
        request=serializers.SalesChannelChangeSerializer,
        responses=serializers.SalesChannelSerializer,
    ),
)
class SalesChannelViewSet(ReadOnlyMerchantViewSet):
    """The places in which people buy."""

    policy: ClassVar[Policy] = {
        "list": Capability.CHANNELS_READ,
        "retrieve": Capability.CHANNELS_READ,
        "create": Capability.CHANNELS_WRITE,
        "partial_update": Capability.CHANNELS_WRITE,
        "locations": Capability.CHANNELS_READ,
        "set_locations": Capability.CHANNELS_WRITE,
    }
    serializer_class = serializers.SalesChannelSerializer

    def get_queryset(self) -> QuerySet[SalesChannel]:
        """Return the merchant's channels."""
        return selectors.channels()

    def create(self, request: Request) -> Response:
        """Add a channel, which is on."""
        body = checked(serializers.SalesChannelWriteSerializer, request)
        channel = services.create_channel(at=clock.now(), **body.validated_data)
        return Response(serializers.SalesChannelSerializer(channel).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        body = checked(serializers.SalesChannelChangeSerializer, request)
        channel = services.update_channel(channel_id=pk, at=clock.now(), **body.validated_data)
        return Response(serializers.SalesChannelSerializer(channel).data)

    @extend_schema(
        summary="List the locations that serve a channel",
        responses=serializers.ChannelLocationSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def locations(self, _request: Request, pk: UUID) -> Response:
        """Return them in the order in which they go first."""
        served = self.get_object().served_by.order_by("priority", "location_id")
        return Response(serializers.ChannelLocationSerializer(served, many=True).data)

    @extend_schema(
        summary="Set the locations that serve a channel",
        request=serializers.ServedByListSerializer,
        responses={204: None},
    )
    @locations.mapping.put
    def set_locations(self, request: Request, pk: UUID) -> Response:
        """Let exactly these locations serve it."""
        body = checked(serializers.ServedByListSerializer, request)
        priorities = {row["location_id"]: row["priority"] for row in body.validated_data["locations"]}
        refuse_other_stores(self.actor, priorities, field="locations")
        if self.actor.location_ids is not None:
            raise ForbiddenError(_("This sets the stores of all. Ask somebody who works for all of them."))
        services.set_locations_of_channel(channel_id=pk, priorities=priorities, at=clock.now())
        return Response(status=204)


@extend_schema_view(
    list=extend_schema(summary="List locations"),
    retrieve=extend_schema(summary="Read a location"),
    create=extend_schema(
        summary="Add a location",
        request=serializers.StockLocationWriteSerializer,
        responses={201: serializers.StockLocationSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a location",
        request=serializers.StockLocationChangeSerializer,
        responses=serializers.StockLocationSerializer,
    ),
    activate=extend_schema(
        summary="Let a location work again", request=None, responses=serializers.StockLocationSerializer
    ),
    deactivate=extend_schema(
        summary="Let a location rest", request=None, responses=serializers.StockLocationSerializer
    ),
)
class StockLocationViewSet(ReadOnlyMerchantViewSet):
    """Stores and warehouses. Staff who are bound to stores see these."""

    policy: ClassVar[Policy] = {
        "list": Capability.CHANNELS_READ,
        "retrieve": Capability.CHANNELS_READ,
        "create": Capability.CHANNELS_WRITE,
        "partial_update": Capability.CHANNELS_WRITE,
        "activate": Capability.CHANNELS_WRITE,
        "deactivate": Capability.CHANNELS_WRITE,
        "opening_hours": Capability.CHANNELS_READ,
        "set_opening_hours": Capability.CHANNELS_WRITE,
        "open": Capability.CHANNELS_READ,
    }
    serializer_class = serializers.StockLocationSerializer
    filterset_class = LocationFilter

    def get_queryset(self) -> QuerySet[StockLocation]:
        """Return the merchant's locations, of which some staff see only their own."""
        found = selectors.locations()
        ids = self.location_ids
        return found if ids is None else found.filter(pk__in=ids)

    def create(self, request: Request) -> Response:
        """Add a location, which works at once."""
        body = checked(serializers.StockLocationWriteSerializer, request)
        location = services.create_location(at=clock.now(), **body.validated_data)
        return Response(serializers.StockLocationSerializer(location).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        self.get_object()
        body = checked(serializers.StockLocationChangeSerializer, request)
        location = services.update_location(location_id=pk, at=clock.now(), **body.validated_data)
        return Response(serializers.StockLocationSerializer(location).data)

    @action(detail=True, methods=["post"])
    def activate(self, _request: Request, pk: UUID) -> Response:
        """Let it take orders again."""
        self.get_object()
        location = services.switch_location(location_id=pk, is_active=True, at=clock.now())
        return Response(serializers.StockLocationSerializer(location).data)

    @action(detail=True, methods=["post"])
    def deactivate(self, _request: Request, pk: UUID) -> Response:
        """Give it no more orders; refused while something still depends on it."""
        self.get_object()
        location = services.switch_location(location_id=pk, is_active=False, at=clock.now())
        return Response(serializers.StockLocationSerializer(location).data)

    @extend_schema(
        summary="Read the weekly hours", responses=serializers.OpeningPeriodSerializer(many=True), filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def opening_hours(self, _request: Request, pk: UUID) -> Response:
        """Return all periods of the week; none: it never closes."""
        periods = OpeningPeriod.objects.filter(location=self.get_object())
        return Response(serializers.OpeningPeriodSerializer(periods, many=True).data)

    @extend_schema(summary="Set the weekly hours", request=serializers.OpeningHoursSerializer, responses={204: None})
    @opening_hours.mapping.put
    def set_opening_hours(self, request: Request, pk: UUID) -> Response:
        """Replace all of them."""
        self.get_object()
        body = checked(serializers.OpeningHoursSerializer, request)
        services.set_opening_hours(location_id=pk, week=body.week(), at=clock.now())
        return Response(status=204)

    @extend_schema(
        summary="Ask whether a location is open",
        parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, description="Now, if left out.")],
        responses=serializers.OpenSerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def open(self, request: Request, pk: UUID) -> Response:
        """Say whether it is open at an instant, until when, or when next."""
        location = self.get_object()
        asked = drf.DateTimeField().run_validation(request.query_params["at"]) if "at" in request.query_params else None
        at = asked or clock.now()
        calendar = selectors.calendars(locations=[location], at=at)[location.pk]
        opens_at = next_opening(calendar, at=at)
        answer = {
            "at": at,
            "is_open": opens_at == at,
            "opens_at": None if opens_at == at else opens_at,
            "closes_at": closing(calendar, at=at),
        }
        return Response(serializers.OpenSerializer(answer).data)


@extend_schema_view(
    list=extend_schema(summary="List special days"),
    retrieve=extend_schema(summary="Read a special day"),
    create=extend_schema(
        summary="Give dates hours of their own",
        request=serializers.SpecialDayWriteSerializer,
        responses={201: serializers.SpecialDaysSerializer},
    ),
    destroy=extend_schema(summary="Let a date be like any other", responses={204: None}),
)
class SpecialDayViewSet(ReadOnlyMerchantViewSet):
    """Holidays and other dates with hours of their own."""

    policy: ClassVar[Policy] = {
        "list": Capability.CHANNELS_READ,
        "retrieve": Capability.CHANNELS_READ,
        "create": Capability.CHANNELS_WRITE,
        "destroy": Capability.CHANNELS_WRITE,
    }
    serializer_class = serializers.SpecialDaySerializer
    filterset_class = SpecialDayFilter

    def get_queryset(self) -> QuerySet[SpecialDay]:
        """Return the merchant's special days; those who are bound to stores see theirs, and those of all stores."""
        found: QuerySet[SpecialDay] = SpecialDay.objects.all()
        ids = self.location_ids
        return found if ids is None else found.filter(Q(location=None) | Q(location__in=ids))

    def create(self, request: Request) -> Response:
        """Give dates hours, or close them, at one location or at all; what they had is replaced."""
        body = checked(serializers.SpecialDayWriteSerializer, request)
        data = body.validated_data
        self._require_reach(data["location_id"])
        made = services.set_special_days(
            days=data["days"], name=data["name"], hours=body.hours(), location_id=data["location_id"], at=clock.now()
        )
        return Response(serializers.SpecialDaysSerializer({"results": made}).data, status=201)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Let the date have the hours of its weekday again."""
        self._require_reach(self.get_object().location_id)
        services.remove_special_day(special_day_id=pk)
        return Response(status=204)

    def _require_reach(self, location_id: UUID | None) -> None:
        """Refuse those who are bound to stores what concerns all stores, and other stores like none."""
        if self.actor.location_ids is not None and location_id is None:
            raise ForbiddenError(_("You can set the hours of your own stores only."))
        refuse_other_stores(self.actor, {location_id}, field="location_id")
