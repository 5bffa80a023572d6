"""Transfers and what is on its way in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.inventory.api import filters
from channels.inventory.api import work_serializers as serializers
from channels.inventory.api.views import READ, WRITE, require_variants
from channels.inventory.models import TransferLine, TransferOrder
from channels.inventory.selectors.transit import in_transit
from channels.inventory.services import transferring
from channels.stores.reach import require_locations, require_work_at
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock

TRANSFER = serializers.TransferSerializer


@extend_schema_view(
    list=extend_schema(summary="List transfers"),
    retrieve=extend_schema(summary="Read a transfer"),
    create=extend_schema(
        summary="Request a transfer", request=serializers.TransferWriteSerializer, responses={201: TRANSFER}
    ),
    ship=extend_schema(summary="Ship a transfer", request=serializers.TransferUnitsSerializer, responses=TRANSFER),
    receive=extend_schema(
        summary="Receive a transfer", request=serializers.TransferArrivedSerializer, responses=TRANSFER
    ),
    take_back=extend_schema(
        summary="Take back what never arrived", request=serializers.TransferUnitsSerializer, responses=TRANSFER
    ),
    cancel=extend_schema(summary="Cancel a transfer", request=None, responses=TRANSFER),
)
class TransferViewSet(ReadOnlyMerchantViewSet):
    """Goods on their way. Staff who are bound to stores see what goes to or from these."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "ship": WRITE, "receive": WRITE, "take_back": WRITE,
        "cancel": WRITE,
    }  # fmt: skip
    serializer_class = TRANSFER
    filterset_class = filters.TransferFilter

    def get_queryset(self) -> QuerySet[TransferOrder]:
        """Return the merchant's transfers."""
        found: QuerySet[TransferOrder] = TransferOrder.objects.prefetch_related("lines__variant")
        ids = self.location_ids
        return found if ids is None else found.filter(Q(source_id__in=ids) | Q(destination_id__in=ids))

    def create(self, request: Request) -> Response:
        """Ask for goods; the source ships them."""
        body = checked(serializers.TransferWriteSerializer, request)
        data, units = body.validated_data, body.units()
        # Goods may be asked for from any location; they come to one of the caller's.
        require_locations(self.actor, {data["destination_id"]})
        require_variants(set(units))
        made = transferring.request_transfer(
            source_id=data["source_id"], destination_id=data["destination_id"], units=units, note=data["note"],
            at=clock.now(),
        )  # fmt: skip
        return self._shown(made.pk, status=201)

    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: UUID) -> Response:
        """Let the goods leave: as requested, or the given units."""
        require_work_at(self.actor, self.get_object().source_id)
        units = checked(serializers.TransferUnitsSerializer, request).units()
        transferring.ship_transfer(transfer_id=pk, units=units, at=clock.now())
        return self._shown(pk)

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: UUID) -> Response:
        """Take the goods in: everything that was shipped, or the given units. Damaged ones are written off at once."""
        require_work_at(self.actor, self.get_object().destination_id)
        body = checked(serializers.TransferArrivedSerializer, request)
        transferring.receive_transfer(
            transfer_id=pk, received=body.units(), damaged=body.units("damaged"),
            damage_reasons=body.units("damage_reason"), at=clock.now(),
        )  # fmt: skip
        return self._shown(pk)

    @action(detail=True, methods=["post"])
    def take_back(self, request: Request, pk: UUID) -> Response:
        """Put what was shipped and never arrived into the stock of the source again."""
        require_work_at(self.actor, self.get_object().source_id)
        units = checked(serializers.TransferUnitsSerializer, request).units()
        transferring.take_back(transfer_id=pk, units=units, at=clock.now())
        return self._shown(pk)

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """End a transfer that has not been shipped."""
        self.get_object()
        transferring.cancel_transfer(transfer_id=pk, at=clock.now())
        return self._shown(pk)

    def _shown(self, pk: UUID, *, status: int = 200) -> Response:
        return Response(
            TRANSFER(TransferOrder.objects.prefetch_related("lines__variant").get(pk=pk)).data, status=status
        )


@extend_schema_view(
    list=extend_schema(summary="List goods in transit"), retrieve=extend_schema(summary="Read goods in transit")
)
class InTransitViewSet(ReadOnlyMerchantViewSet):
    """Units that have left one location and not arrived at another; both ends see them."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ}
    serializer_class = serializers.InTransitSerializer
    filterset_class = filters.InTransitFilter

    def get_queryset(self) -> QuerySet[TransferLine]:
        """Return what is on its way from or to the caller's locations."""
        return in_transit(location_ids=self.location_ids)
