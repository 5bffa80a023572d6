"""Categories, products and variants in the API."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.catalog import services
from channels.catalog.api import filters, serializers
from channels.catalog.api.image_views import ProductImagesMixin
from channels.catalog.models import Category, Product, Variant
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
    partial_update=extend_schema(
        summary="Rename or move a category",
        request=serializers.CategoryChangeSerializer,
        responses=serializers.CategorySerializer,
    ),
)
class CategoryViewSet(ReadOnlyMerchantViewSet):
    """The tree of what is sold."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE}
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

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Give it another name, or hang its branch elsewhere."""
        data = checked(serializers.CategoryChangeSerializer, request).validated_data
        self.get_object()
        if "name" in data:
            services.update_category(category_id=pk, name=data["name"], at=clock.now())
        if "parent_id" in data:
            services.move_category(category_id=pk, parent_id=data["parent_id"], at=clock.now())
        return Response(serializers.CategorySerializer(self.get_object()).data)


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
class ProductViewSet(ProductImagesMixin, ReadOnlyMerchantViewSet):
    """What is sold."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE, "images": READ,
        "upload_image": WRITE, "set_images": WRITE,
    }  # fmt: skip
    serializer_class = serializers.ProductSerializer
    filterset_class = filters.ProductFilter

    def get_queryset(self) -> QuerySet[Product]:
        """Return the merchant's products with their variants and pictures."""
        found: QuerySet[Product] = Product.objects.prefetch_related("variants__barcodes", "images")
        return found

    def create(self, request: Request) -> Response:
        """Add a product, with its variants or without."""
        body = checked(serializers.ProductWriteSerializer, request)
        made = services.create_product(at=clock.now(), **with_known_category(body.validated_data))
        return Response(self.get_serializer(self.get_queryset().get(pk=made.pk)).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        body = checked(serializers.ProductChangeSerializer, request)
        changes = with_known_category(body.validated_data)
        services.update_product(product_id=pk, at=clock.now(), **changes)
        return Response(self.get_serializer(self.get_object()).data)


def with_known_category(data: dict[str, Any]) -> dict[str, Any]:
    """Return the input. Raises ``InvalidError`` for a category that is not there."""
    category_id = data.get("category_id")
    if category_id is not None and not Category.objects.filter(pk=category_id).exists():
        raise InvalidError(_("There is no category %(id)s.") % {"id": category_id}, field="category_id")
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
