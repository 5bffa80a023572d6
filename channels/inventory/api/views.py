"""Levels, the ledger, holds, availability and quotas in the API."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.catalog.models import Variant
from channels.inventory import selectors, services
from channels.inventory.api import filters, serializers
from channels.inventory.enums import MovementReason
from channels.inventory.lines import StockLine
from channels.inventory.models import ChannelQuota, Hold, StockLevel, StockMovement
from channels.inventory.selectors.moving import movements_of
from channels.inventory.selectors.selling import sold_out_levels
from channels.stores.models import SalesChannel
from channels.stores.reach import require_locations
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import InvalidError, UnknownReferenceError
from o2o.tenancy.capabilities import Capability

READ, WRITE, COUNT = Capability.STOCK_READ, Capability.STOCK_WRITE, Capability.STOCK_COUNT
MOST_ASKED = 500


def require_variants(variant_ids: set[UUID]) -> None:
    """Raise ``UnknownReferenceError`` for a variant that is not there."""
    known = set(Variant.objects.filter(pk__in=variant_ids).values_list("pk", flat=True))
    if missing := variant_ids - known:
        raise UnknownReferenceError(_("There is no variant %(id)s.") % {"id": min(missing)})


@extend_schema_view(
    list=extend_schema(summary="List stock levels"), retrieve=extend_schema(summary="Read a stock level")
)
class StockLevelViewSet(ReadOnlyMerchantViewSet):
    """The stock of variants at locations. Staff who are bound to stores see these."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "safety_stock": WRITE}
    serializer_class = serializers.StockLevelSerializer
    filterset_class = filters.LevelFilter

    def get_queryset(self) -> QuerySet[StockLevel]:
        """Return the merchant's levels."""
        found: QuerySet[StockLevel] = StockLevel.objects.select_related("variant")
        return found if self.location_ids is None else found.filter(location_id__in=self.location_ids)

    @extend_schema(
        summary="Set the safety stock",
        request=serializers.SafetyStockSerializer,
        responses=serializers.StockLevelSerializer,
    )
    @action(detail=True, methods=["put"])
    def safety_stock(self, request: Request, pk: UUID) -> Response:
        """Set how many units are never promised."""
        level = self.get_object()
        units = checked(serializers.SafetyStockSerializer, request).validated_data["safety_stock"]
        services.set_safety_stock(units={(level.variant_id, level.location_id): units}, at=clock.now())
        return Response(serializers.StockLevelSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List stock movements"), retrieve=extend_schema(summary="Read a stock movement")
)
class StockMovementViewSet(ReadOnlyMerchantViewSet):
    """The stock ledger, newest first."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ}
    serializer_class = serializers.StockMovementSerializer
    filterset_class = filters.MovementFilter

    def get_queryset(self) -> QuerySet[StockMovement]:
        """Return the merchant's movements."""
        found: QuerySet[StockMovement] = StockMovement.objects.all()
        if self.location_ids is None:
            return found
        return found.filter(movements_of(StockLevel.objects.filter(location_id__in=self.location_ids)))


@extend_schema_view(
    list=extend_schema(summary="List holds"),
    retrieve=extend_schema(summary="Read a hold"),
    create=extend_schema(
        summary="Hold a cart", request=serializers.HoldWriteSerializer, responses={201: serializers.CartSerializer}
    ),
    release=extend_schema(summary="Release the cart of a hold", request=None, responses=serializers.ReleasedSerializer),
)
class HoldViewSet(ReadOnlyMerchantViewSet):
    """Units set aside for carts."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE, "release": WRITE}
    serializer_class = serializers.HoldSerializer
    filterset_class = filters.HoldFilter

    def get_queryset(self) -> QuerySet[Hold]:
        """Return the merchant's holds."""
        found: QuerySet[Hold] = Hold.objects.all()
        return found if self.location_ids is None else found.filter(level__location_id__in=self.location_ids)

    def create(self, request: Request) -> Response:
        """Set everything aside that the cart wants, or nothing; 409 says what is short."""
        data = checked(serializers.HoldWriteSerializer, request).validated_data
        lines = [StockLine(**line) for line in data["lines"]]
        require_locations(self.actor, {line.location_id for line in lines})
        if not SalesChannel.objects.filter(pk=data["channel_id"]).exists():
            raise UnknownReferenceError(_("There is no channel %(id)s.") % {"id": data["channel_id"]})
        at = clock.now()
        held = services.hold_stock(
            reference=data["reference"], channel_id=data["channel_id"], lines=lines,
            expires_at=at + timedelta(minutes=data["minutes"]), at=at,
        )  # fmt: skip
        rows = Hold.objects.filter(pk__in=held).order_by("pk")
        return Response(serializers.CartSerializer({"reference": data["reference"], "holds": rows}).data, status=201)

    @action(detail=True, methods=["post"])
    def release(self, _request: Request, pk: UUID) -> Response:
        """Give back everything that the cart of this hold has set aside."""
        units = services.release_holds(reference=self.get_object().reference, at=clock.now())
        return Response(serializers.ReleasedSerializer({"units": units}).data)


def asked_ids(request: Request, name: str) -> list[UUID]:
    """Return the ids of a parameter that may be repeated. Raises ``InvalidError`` for none, too many or no ids."""
    texts = request.query_params.getlist(name)
    if not 0 < len(texts) <= MOST_ASKED:
        raise InvalidError(
            _("Give “%(name)s” from 1 to %(most)s times.") % {"name": name, "most": MOST_ASKED}, field=name
        )
    field = drf.UUIDField()
    return [field.run_validation(text) for text in texts]


IDS = [
    OpenApiParameter("variant", OpenApiTypes.UUID, required=True, many=True, explode=True),
    OpenApiParameter("channel", OpenApiTypes.UUID, required=True, many=True, explode=True),
]


class AvailabilityView(MerchantAPIView):
    """What channels can promise."""

    policy: ClassVar[Policy] = {"get": READ}

    @extend_schema(
        summary="Ask what channels can promise", parameters=IDS, responses=serializers.AvailabilitySerializer
    )
    def get(self, request: Request) -> Response:
        """Return a figure for each variant and channel asked for."""
        rows = selectors.available_to_promise(
            channel_ids=asked_ids(request, "channel"), variant_ids=asked_ids(request, "variant"), at=clock.now()
        )
        return Response(serializers.AvailabilitySerializer({"results": rows}).data)


class ExplainAvailabilityView(MerchantAPIView):
    """Why a channel can promise what it can."""

    policy: ClassVar[Policy] = {"get": READ}

    @extend_schema(
        summary="Ask why a channel can promise what it can",
        parameters=[
            OpenApiParameter("variant", OpenApiTypes.UUID, required=True),
            OpenApiParameter("channel", OpenApiTypes.UUID, required=True),
        ],
        responses=serializers.WaterfallSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the terms in the order in which they are added up."""
        variant_id, channel_id = asked_ids(request, "variant")[0], asked_ids(request, "channel")[0]
        require_variants({variant_id})
        if not SalesChannel.objects.filter(pk=channel_id).exists():
            raise UnknownReferenceError(_("There is no channel %(id)s.") % {"id": channel_id})
        waterfall = selectors.explain_available(variant_id=variant_id, channel_id=channel_id, at=clock.now())
        return Response(serializers.WaterfallSerializer(waterfall).data)


@extend_schema_view(
    list=extend_schema(summary="List channel quotas"),
    retrieve=extend_schema(summary="Read a channel quota"),
    create=extend_schema(
        summary="Give a channel a quota",
        request=serializers.QuotaWriteSerializer,
        responses={201: serializers.QuotaSerializer},
    ),
    end=extend_schema(summary="End a quota", request=None, responses=serializers.QuotaSerializer),
    lend=extend_schema(
        summary="Lend units of a quota",
        request=serializers.BorrowSerializer,
        responses={201: serializers.LoanSerializer},
    ),
    take_back=extend_schema(
        summary="Take lent units back", request=serializers.ReturnLoanSerializer, responses=serializers.LoanSerializer
    ),
)
class ChannelQuotaViewSet(ReadOnlyMerchantViewSet):
    """Shares of stock that only one channel may sell."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "end": WRITE, "lend": WRITE, "take_back": WRITE,
    }  # fmt: skip
    serializer_class = serializers.QuotaSerializer
    filterset_class = filters.QuotaFilter

    def get_queryset(self) -> QuerySet[ChannelQuota]:
        """Return the merchant's quotas."""
        found: QuerySet[ChannelQuota] = ChannelQuota.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """Give a channel a share, or change the one that begins at the same instant."""
        data = dict(checked(serializers.QuotaWriteSerializer, request).validated_data)
        at = clock.now()
        require_variants({data["variant_id"]})
        if not SalesChannel.objects.filter(pk=data["channel_id"]).exists():
            raise UnknownReferenceError(_("There is no channel %(id)s.") % {"id": data["channel_id"]})
        quota = services.set_quota(at=at, **{**data, "valid_from": data["valid_from"] or at})
        return Response(serializers.QuotaSerializer(quota).data, status=201)

    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: UUID) -> Response:
        """Let what is left belong to the pool."""
        return Response(serializers.QuotaSerializer(services.end_quota(quota_id=pk, at=clock.now())).data)

    @action(detail=True, methods=["post"])
    def lend(self, request: Request, pk: UUID) -> Response:
        """Lend units to another quota of the variant."""
        self.get_object()
        data = checked(serializers.BorrowSerializer, request).validated_data
        loan = services.borrow_quota(lender_id=pk, at=clock.now(), **data)
        return Response(serializers.LoanSerializer(loan).data, status=201)

    @action(detail=True, methods=["post"])
    def take_back(self, request: Request, pk: UUID) -> Response:
        """Take units of a loan back."""
        data = checked(serializers.ReturnLoanSerializer, request).validated_data
        self.get_object()
        return Response(serializers.LoanSerializer(services.return_loan(at=clock.now(), **data)).data)


class ReceiptView(MerchantAPIView):
    """Goods that come in."""

    policy: ClassVar[Policy] = {"post": WRITE}

    @extend_schema(summary="Receive goods", request=serializers.ReceiptSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Take goods into stock."""
        data = checked(serializers.ReceiptSerializer, request).validated_data
        lines = [StockLine(**line) for line in data["lines"]]
        require_locations(self.actor, {line.location_id for line in lines})
        require_variants({line.variant_id for line in lines})
        services.receive_stock(lines=lines, reason=MovementReason(data["reason"]), note=data["note"], at=clock.now())
        return Response(status=204)


class AdjustmentView(MerchantAPIView):
    """Goods that are gone, or were found."""

    policy: ClassVar[Policy] = {"post": WRITE}

    @extend_schema(summary="Adjust stock", request=serializers.AdjustmentSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change what is on hand; 409 where less would be left than is promised."""
        data = checked(serializers.AdjustmentSerializer, request).validated_data
        changes = [(row["variant_id"], row["location_id"], row["delta"]) for row in data["changes"]]
        require_locations(self.actor, {location for _variant, location, _delta in changes})
        require_variants({variant for variant, _location, _delta in changes})
        services.adjust_stock(changes=changes, reason=MovementReason(data["reason"]), note=data["note"], at=clock.now())
        return Response(status=204)


class SoldOutView(MerchantAPIView):
    """Sold out for today, in one tap."""

    policy: ClassVar[Policy] = {"get": READ, "post": COUNT}

    @extend_schema(
        summary="List what is sold out now",
        parameters=[OpenApiParameter("location_id", OpenApiTypes.UUID)],
        responses=serializers.SoldOutListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what is sold out now at a location, or at all of the caller's."""
        asked = request.query_params.get("location_id")
        chosen = None if asked is None else drf.UUIDField().run_validation(asked)
        rows = sold_out_levels(location_id=chosen, allowed=self.location_ids, at=clock.now())
        return Response(serializers.SoldOutListSerializer({"results": rows[: serializers.MOST_LINES]}).data)

    @extend_schema(
        summary="Mark variants as sold out today",
        request=serializers.SoldOutSerializer,
        responses=serializers.SoldOutUntilSerializer,
    )
    def post(self, request: Request) -> Response:
        """Promise nothing of them until the next business day, or promise them again."""
        data = checked(serializers.SoldOutSerializer, request).validated_data
        require_locations(self.actor, {data["location_id"]})
        require_variants(set(data["variant_ids"]))
        chosen = {"location_id": data["location_id"], "variant_ids": data["variant_ids"], "at": clock.now()}
        until = services.mark_sold_out(**chosen) if data["is_sold_out"] else None
        if until is None:
            services.restore(**chosen)
        return Response(serializers.SoldOutUntilSerializer({"until": until}).data)
