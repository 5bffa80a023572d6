"""Transfers and counts in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.inventory.api import filters, serializers
from channels.inventory.api.views import COUNT, READ, WRITE, require_places, require_variants
from channels.inventory.models import CycleCount, TransferOrder
from channels.inventory.services import counting, transferring
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock

TRANSFER = serializers.TransferSerializer
STOCK_COUNT = serializers.CountSerializer


@extend_schema_view(
    list=extend_schema(summary="List transfers"),
    retrieve=extend_schema(summary="Read a transfer"),
    create=extend_schema(
        summary="Request a transfer", request=serializers.TransferWriteSerializer, responses={201: TRANSFER}
    ),
    ship=extend_schema(summary="Ship a transfer", request=serializers.TransferUnitsSerializer, responses=TRANSFER),
    receive=extend_schema(
        summary="Receive a transfer", request=serializers.TransferUnitsSerializer, responses=TRANSFER
    ),
    cancel=extend_schema(summary="Cancel a transfer", request=None, responses=TRANSFER),
)
class TransferViewSet(ReadOnlyMerchantViewSet):
    """Goods on their way. Staff who are bound to stores see what goes to or from these."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "ship": WRITE, "receive": WRITE, "cancel": WRITE,
    }  # fmt: skip
    serializer_class = TRANSFER
    filterset_class = filters.TransferFilter

    def get_queryset(self) -> QuerySet[TransferOrder]:
        """Return the merchant's transfers."""
        found: QuerySet[TransferOrder] = TransferOrder.objects.prefetch_related("lines")
        ids = self.location_ids
        return found if ids is None else found.filter(Q(source_id__in=ids) | Q(destination_id__in=ids))

    def create(self, request: Request) -> Response:
        """Ask for goods; the source ships them."""
        data = checked(serializers.TransferWriteSerializer, request).validated_data
        require_places(self.actor, {data["destination_id"]})
        units = {line["variant_id"]: line["quantity"] for line in data["lines"]}
        require_variants(set(units))
        made = transferring.request_transfer(
            source_id=data["source_id"], destination_id=data["destination_id"], units=units, note=data["note"],
            at=clock.now(),
        )  # fmt: skip
        return Response(TRANSFER(made).data, status=201)

    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: UUID) -> Response:
        """Let the goods leave: as requested, or the given units."""
        transfer = self.get_object()
        require_places(self.actor, {transfer.source_id})
        units = checked(serializers.TransferUnitsSerializer, request).units()
        transferring.ship_transfer(transfer_id=pk, units=units, at=clock.now())
        return Response(TRANSFER(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: UUID) -> Response:
        """Take the goods in: everything that was shipped, or the given units."""
        transfer = self.get_object()
        require_places(self.actor, {transfer.destination_id})
        body = checked(serializers.TransferUnitsSerializer, request)
        shipped = {line.variant_id: line.shipped or 0 for line in transfer.lines.all()}
        units = body.units()
        transferring.receive_transfer(
            transfer_id=pk, received=shipped if units is None else units, damaged=body.units("damaged"), at=clock.now()
        )
        return Response(TRANSFER(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """End a transfer that has not been shipped."""
        self.get_object()
        transferring.cancel_transfer(transfer_id=pk, at=clock.now())
        return Response(TRANSFER(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List stock counts"),
    retrieve=extend_schema(summary="Read a stock count"),
    create=extend_schema(
        summary="Begin a stock count", request=serializers.CountWriteSerializer, responses={201: STOCK_COUNT}
    ),
    record=extend_schema(
        summary="Write down what was found", request=serializers.CountRecordSerializer, responses=STOCK_COUNT
    ),
    submit=extend_schema(summary="Hand a count in", request=None, responses=STOCK_COUNT),
    review=extend_schema(summary="Judge differences", request=serializers.ReviewSerializer, responses=STOCK_COUNT),
    post_differences=extend_schema(summary="Post a count", request=None, responses=serializers.PostedSerializer),
    cancel=extend_schema(summary="Cancel a count", request=None, responses=STOCK_COUNT),
)
class StockCountViewSet(ReadOnlyMerchantViewSet):
    """Counts. What is expected is not told, so that it is really counted."""

    policy: ClassVar[Policy] = {
        "list": COUNT, "retrieve": COUNT, "create": COUNT, "record": COUNT, "submit": COUNT, "review": WRITE,
        "post_differences": WRITE, "cancel": WRITE,
    }  # fmt: skip
    serializer_class = STOCK_COUNT
    filterset_class = filters.CountFilter

    def get_queryset(self) -> QuerySet[CycleCount]:
        """Return the merchant's counts."""
        found: QuerySet[CycleCount] = CycleCount.objects.prefetch_related("lines")
        return found if self.location_ids is None else found.filter(location_id__in=self.location_ids)

    def create(self, request: Request) -> Response:
        """Begin to count."""
        data = checked(serializers.CountWriteSerializer, request).validated_data
        require_places(self.actor, {data["location_id"]})
        require_variants(set(data["variant_ids"] or ()))
        made = counting.open_count(at=clock.now(), **data)
        return Response(STOCK_COUNT(made).data, status=201)

    @action(detail=True, methods=["post"])
    def record(self, request: Request, pk: UUID) -> Response:
        """Note units; a line that is noted again is recounted."""
        self.get_object()
        lines = checked(serializers.CountRecordSerializer, request).validated_data["lines"]
        units = {line["variant_id"]: line["quantity"] for line in lines}
        counting.record_count(count_id=pk, units=units, at=clock.now())
        return Response(STOCK_COUNT(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def submit(self, _request: Request, pk: UUID) -> Response:
        """Let somebody look at the differences."""
        self.get_object()
        counting.submit_count(count_id=pk, at=clock.now())
        return Response(STOCK_COUNT(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: UUID) -> Response:
        """Accept or refuse what was found."""
        self.get_object()
        data = checked(serializers.ReviewSerializer, request).validated_data
        counting.review_lines(count_id=pk, at=clock.now(), **data)
        return Response(STOCK_COUNT(self.get_object()).data)

    @action(detail=True, methods=["post"], url_path="post")
    def post_differences(self, _request: Request, pk: UUID) -> Response:
        """Change the stock by the accepted differences."""
        self.get_object()
        variance = counting.post_count(count_id=pk, at=clock.now())
        return Response(serializers.PostedSerializer({"variance": variance}).data)

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """End it without posting."""
        self.get_object()
        counting.cancel_count(count_id=pk, at=clock.now())
        return Response(STOCK_COUNT(self.get_object()).data)
