"""Held prices, deviations and policies in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.catalog import services
from channels.catalog.api import filters, price_serializers
from channels.catalog.models import ConsistencyPolicy, Deviation, PriceChangeRequest, Product
from channels.stores.models import SalesChannel
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import UnknownReferenceError
from o2o.tenancy.capabilities import Capability

READ, WRITE, APPROVE = Capability.CATALOG_READ, Capability.CATALOG_WRITE, Capability.CATALOG_APPROVE


@extend_schema_view(
    list=extend_schema(summary="List held price changes"),
    retrieve=extend_schema(summary="Read a held price change"),
    approve=extend_schema(
        summary="Approve a held price", request=None, responses=price_serializers.PriceChangeRequestSerializer
    ),
    refuse=extend_schema(
        summary="Refuse a held price", request=None, responses=price_serializers.PriceChangeRequestSerializer
    ),
)
class PriceChangeRequestViewSet(ReadOnlyMerchantViewSet):
    """Prices that looked wrong."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "approve": APPROVE, "refuse": WRITE}
    serializer_class = price_serializers.PriceChangeRequestSerializer
    filterset_class = filters.PriceRequestFilter

    def get_queryset(self) -> QuerySet[PriceChangeRequest]:
        """Return the merchant's requests."""
        found: QuerySet[PriceChangeRequest] = PriceChangeRequest.objects.select_related("listing")
        return found

    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: UUID) -> Response:
        """Record the price. Only people approve, and nobody approves what they asked for themselves."""
        services.approve_price_change(request_id=pk, at=clock.now())
        return Response(price_serializers.PriceChangeRequestSerializer(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, pk: UUID) -> Response:
        """Leave the price as it is."""
        services.refuse_price_change(request_id=pk, at=clock.now())
        return Response(price_serializers.PriceChangeRequestSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List deviations between channels"),
    retrieve=extend_schema(summary="Read a deviation"),
    fix=extend_schema(
        summary="Put a deviation right",
        request=price_serializers.FixSerializer,
        responses=price_serializers.DeviationSerializer,
    ),
    undo=extend_schema(summary="Take a fix back", request=None, responses=price_serializers.DeviationSerializer),
    accept=extend_schema(
        summary="Say that it is meant",
        request=price_serializers.AcceptSerializer,
        responses=price_serializers.DeviationSerializer,
    ),
)
class DeviationViewSet(ReadOnlyMerchantViewSet):
    """Listings that disagree with their policy."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "fix": WRITE, "undo": WRITE, "accept": WRITE}
    serializer_class = price_serializers.DeviationSerializer
    filterset_class = filters.DeviationFilter

    def get_queryset(self) -> QuerySet[Deviation]:
        """Return the merchant's deviations."""
        found: QuerySet[Deviation] = Deviation.objects.all()
        return found

    @action(detail=True, methods=["post"])
    def fix(self, request: Request, pk: UUID) -> Response:
        """Give the listing what its policy wants; a price that looks like a mistake waits for approval."""
        body = checked(price_serializers.FixSerializer, request)
        services.fix_deviation(deviation_id=pk, at=clock.now(), **body.validated_data)
        return Response(price_serializers.DeviationSerializer(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def undo(self, _request: Request, pk: UUID) -> Response:
        """Give the listing back what it had before the fix."""
        services.undo_fix(deviation_id=pk, at=clock.now())
        return Response(price_serializers.DeviationSerializer(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: UUID) -> Response:
        """Let it be quiet until something about it changes, or until an instant."""
        body = checked(price_serializers.AcceptSerializer, request)
        services.accept_deviation(deviation_id=pk, at=clock.now(), **body.validated_data)
        return Response(price_serializers.DeviationSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List consistency policies"),
    retrieve=extend_schema(summary="Read a consistency policy"),
    create=extend_schema(
        summary="Set a consistency policy",
        request=price_serializers.PolicyWriteSerializer,
        responses={201: price_serializers.PolicySerializer},
    ),
    destroy=extend_schema(summary="Remove a consistency policy", request=None, responses={204: None}),
)
class PolicyViewSet(ReadOnlyMerchantViewSet):
    """What the listings of products must have in common."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE, "destroy": WRITE}
    serializer_class = price_serializers.PolicySerializer
    filterset_class = filters.PolicyFilter

    def get_queryset(self) -> QuerySet[ConsistencyPolicy]:
        """Return the merchant's policies."""
        found: QuerySet[ConsistencyPolicy] = ConsistencyPolicy.objects.prefetch_related("differences")
        return found

    def create(self, request: Request) -> Response:
        """Set the policy of a product, or the common one, in the place of the one before."""
        data = dict(checked(price_serializers.PolicyWriteSerializer, request).validated_data)
        differences = {one["channel_id"]: one["percent"] for one in data.pop("differences", ())}
        _check_known(data["product_id"], {data["reference_channel_id"], *differences})
        made = services.set_policy(at=clock.now(), differences=differences, **data)
        return Response(price_serializers.PolicySerializer(made).data, status=201)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Let the common policy count again, or none."""
        services.remove_policy(policy_id=pk, at=clock.now())
        return Response(status=204)


def _check_known(product_id: UUID | None, channel_ids: set[UUID]) -> None:
    if product_id is not None and not Product.objects.filter(pk=product_id).exists():
        raise UnknownReferenceError(_("There is no product %(id)s.") % {"id": product_id}, field="product_id")
    known = set(SalesChannel.objects.filter(pk__in=channel_ids).values_list("pk", flat=True))
    if missing := channel_ids - known:
        text = _("There is no channel %(id)s.") % {"id": min(missing)}
        raise UnknownReferenceError(text, field="reference_channel_id")
