"""Categories, products, variants, listings and prices in the API."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.catalog import services
from channels.catalog.api import filters, serializers
from channels.catalog.models import (
    Category,
    ChannelListing,
    Deviation,
    PriceChangeRequest,
    PriceInterval,
    Product,
    Variant,
)
from channels.catalog.services import PriceWish
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import InvalidError
from o2o.tenancy.capabilities import Capability

READ, WRITE = Capability.CATALOG_READ, Capability.CATALOG_WRITE


@extend_schema_view(
    list=extend_schema(summary="List categories"),
    retrieve=extend_schema(summary="Read a category"),
    create=extend_schema(
        summary="Add a category",
        request=serializers.CategoryWriteSerializer,
        responses={201: serializers.CategorySerializer},
    ),
)
class CategoryViewSet(ReadOnlyMerchantViewSet):
    """The tree of what is sold."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE}
    serializer_class = serializers.CategorySerializer

    def get_queryset(self) -> QuerySet[Category]:
        """Return the merchant's categories."""
        found: QuerySet[Category] = Category.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """Add a node."""
        body = checked(serializers.CategoryWriteSerializer, request)
        made = services.create_category(at=clock.now(), **body.validated_data)
        return Response(serializers.CategorySerializer(made).data, status=201)


@extend_schema_view(
    list=extend_schema(summary="List products"),
    retrieve=extend_schema(summary="Read a product"),
    create=extend_schema(
        summary="Add a product",
        request=serializers.ProductWriteSerializer,
        responses={201: serializers.ProductSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a product",
        request=serializers.ProductChangeSerializer,
        responses=serializers.ProductSerializer,
    ),
)
class ProductViewSet(ReadOnlyMerchantViewSet):
    """What is sold."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE}
    serializer_class = serializers.ProductSerializer
    filterset_class = filters.ProductFilter

    def get_queryset(self) -> QuerySet[Product]:
        """Return the merchant's products."""
        found: QuerySet[Product] = Product.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """Add a product; its variants come next."""
        body = checked(serializers.ProductWriteSerializer, request)
        made = services.create_product(at=clock.now(), **with_known_category(body.validated_data))
        return Response(serializers.ProductSerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        body = checked(serializers.ProductChangeSerializer, request)
        changes = with_known_category(body.validated_data)
        product = services.update_product(product_id=pk, at=clock.now(), **changes)
        return Response(serializers.ProductSerializer(product).data)


def with_known_category(data: dict[str, Any]) -> dict[str, Any]:
    """Return the input. Raises ``InvalidError`` for a category that is not there."""
    category_id = data.get("category_id")
    if category_id is not None and not Category.objects.filter(pk=category_id).exists():
        raise InvalidError(f"There is no category {category_id}.", field="category_id")
    return data


@extend_schema_view(
    list=extend_schema(summary="List variants"),
    retrieve=extend_schema(summary="Read a variant"),
    create=extend_schema(
        summary="Add a variant",
        request=serializers.VariantWriteSerializer,
        responses={201: serializers.VariantSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a variant",
        request=serializers.VariantChangeSerializer,
        responses=serializers.VariantSerializer,
    ),
    barcodes=extend_schema(
        summary="Let a barcode name a variant",
        request=serializers.BarcodeWriteSerializer,
        responses={201: serializers.BarcodeSerializer},
    ),
)
class VariantViewSet(ReadOnlyMerchantViewSet):
    """What is counted, reserved and sold."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE, "barcodes": WRITE,
    }  # fmt: skip
    serializer_class = serializers.VariantSerializer
    filterset_class = filters.VariantFilter

    def get_queryset(self) -> QuerySet[Variant]:
        """Return the merchant's variants with their barcodes."""
        found: QuerySet[Variant] = Variant.objects.prefetch_related("barcodes")
        return found

    def create(self, request: Request) -> Response:
        """Add a variant to a product."""
        body = checked(serializers.VariantWriteSerializer, request)
        made = services.create_variant(at=clock.now(), **body.validated_data)
        return Response(serializers.VariantSerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        body = checked(serializers.VariantChangeSerializer, request)
        variant = services.update_variant(variant_id=pk, at=clock.now(), **body.validated_data)
        return Response(serializers.VariantSerializer(variant).data)

    @action(detail=True, methods=["post"])
    def barcodes(self, request: Request, pk: UUID) -> Response:
        """Add a code that is printed on the goods."""
        body = checked(serializers.BarcodeWriteSerializer, request)
        made = services.add_barcode(variant_id=pk, value=body.validated_data["value"], at=clock.now())
        return Response(serializers.BarcodeSerializer(made).data, status=201)


@extend_schema_view(
    list=extend_schema(summary="List listings"),
    retrieve=extend_schema(summary="Read a listing"),
    create=extend_schema(
        summary="Offer a variant in a channel",
        request=serializers.ListingWriteSerializer,
        responses={201: serializers.ListingSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a listing",
        request=serializers.ListingChangeSerializer,
        responses=serializers.ListingSerializer,
    ),
    price=extend_schema(
        summary="Set a price",
        request=serializers.PriceWishSerializer,
        responses={200: serializers.PriceSetSerializer},
    ),
)
class ListingViewSet(ReadOnlyMerchantViewSet):
    """How channels offer variants."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE, "price": WRITE, "prices": READ,
    }  # fmt: skip
    serializer_class = serializers.ListingSerializer
    filterset_class = filters.ListingFilter

    def get_queryset(self) -> QuerySet[ChannelListing]:
        """Return the merchant's listings."""
        found: QuerySet[ChannelListing] = ChannelListing.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """List a variant from now on."""
        data = dict(checked(serializers.ListingWriteSerializer, request).validated_data)
        price, before = data.pop("price"), data.pop("compare_at_price")
        made = services.create_listing(
            price=price.amount,
            compare_at_price=before and before.amount,
            currency=price.currency,
            at=clock.now(),
            **data,
        )
        return Response(serializers.ListingSerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        body = checked(serializers.ListingChangeSerializer, request)
        listing = services.update_listing(listing_id=pk, at=clock.now(), **body.validated_data)
        return Response(serializers.ListingSerializer(listing).data)

    @action(detail=True, methods=["put"])
    def price(self, request: Request, pk: UUID) -> Response:
        """Record a price; one that looks like a mistake waits for approval."""
        body = checked(serializers.PriceWishSerializer, request)
        made = services.set_price(wish=PriceWish(pk, **body.validated_data), at=clock.now())
        outcome = "held" if isinstance(made, PriceChangeRequest) else "recorded"
        return Response(serializers.PriceSetSerializer({"outcome": outcome, "id": made.pk}).data)

    @extend_schema(
        summary="Read the history of its prices",
        responses=serializers.PriceIntervalSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def prices(self, _request: Request, pk: UUID) -> Response:
        """Return the intervals, newest first, page by page."""
        listing = self.get_object()
        rows = PriceInterval.objects.filter(listing=listing).select_related("listing")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializers.PriceIntervalSerializer(page, many=True).data)


@extend_schema_view(
    list=extend_schema(summary="List held price changes"),
    retrieve=extend_schema(summary="Read a held price change"),
    approve=extend_schema(
        summary="Approve a held price", request=None, responses=serializers.PriceChangeRequestSerializer
    ),
    refuse=extend_schema(
        summary="Refuse a held price", request=None, responses=serializers.PriceChangeRequestSerializer
    ),
)
class PriceChangeRequestViewSet(ReadOnlyMerchantViewSet):
    """Prices that looked wrong."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "approve": WRITE, "refuse": WRITE}
    serializer_class = serializers.PriceChangeRequestSerializer
    filterset_class = filters.PriceRequestFilter

    def get_queryset(self) -> QuerySet[PriceChangeRequest]:
        """Return the merchant's requests."""
        found: QuerySet[PriceChangeRequest] = PriceChangeRequest.objects.select_related("listing")
        return found

    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: UUID) -> Response:
        """Record the price; whoever asked for it cannot approve it."""
        services.approve_price_change(request_id=pk, at=clock.now())
        return Response(serializers.PriceChangeRequestSerializer(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, pk: UUID) -> Response:
        """Leave the price as it is."""
        services.refuse_price_change(request_id=pk, at=clock.now())
        return Response(serializers.PriceChangeRequestSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List deviations between channels"),
    retrieve=extend_schema(summary="Read a deviation"),
    fix=extend_schema(summary="Put a deviation right", request=None, responses=serializers.DeviationSerializer),
    accept=extend_schema(summary="Say that it is meant", request=None, responses=serializers.DeviationSerializer),
)
class DeviationViewSet(ReadOnlyMerchantViewSet):
    """Listings that disagree with their policy."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "fix": WRITE, "accept": WRITE}
    serializer_class = serializers.DeviationSerializer
    filterset_class = filters.DeviationFilter

    def get_queryset(self) -> QuerySet[Deviation]:
        """Return the merchant's deviations."""
        found: QuerySet[Deviation] = Deviation.objects.all()
        return found

    @action(detail=True, methods=["post"])
    def fix(self, _request: Request, pk: UUID) -> Response:
        """Give the listing what its policy wants."""
        services.fix_deviation(deviation_id=pk, at=clock.now())
        return Response(serializers.DeviationSerializer(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def accept(self, _request: Request, pk: UUID) -> Response:
        """Let it be quiet until something about it changes."""
        services.accept_deviation(deviation_id=pk, at=clock.now())
        return Response(serializers.DeviationSerializer(self.get_object()).data)
