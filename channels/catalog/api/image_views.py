"""Pictures of products in the API: as files and as links."""

import hashlib
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from channels.catalog import services
from channels.catalog.api import serializers
from channels.catalog.models import Product, ProductImage
from channels.catalog.pictures.limits import MOST_BYTES
from channels.catalog.pictures.making import make_picture
from channels.catalog.pictures.reading import too_many_bytes
from o2o.api.input import checked
from o2o.api.pagination import NewestFirst
from o2o.api.policy import Policy
from o2o.api.viewsets import MerchantViewSet
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability

# What a multipart body holds beside the file: its boundaries and a description.
ROOM_FOR_THE_REST = 64 * 1024


class InTheirOrder(NewestFirst):
    """Pictures as a shop shows them."""

    ordering = ("position", "id")  # type: ignore[assignment]


class ProductImagesMixin(MerchantViewSet):
    """The pictures of a product, below its address."""

    @extend_schema(
        summary="List the pictures of a product", responses=serializers.ProductImageSerializer(many=True), filters=False
    )
    @action(
        detail=True,
        methods=["get"],
        parser_classes=[JSONParser, MultiPartParser],
        pagination_class=InTheirOrder,
        filterset_class=None,
    )
    def images(self, _request: Request, pk: UUID) -> Response:
        """Return them in their order."""
        product = get_object_or_404(Product.objects.all(), pk=pk)
        page = self.paginate_queryset(product.images.all())
        return self.get_paginated_response(self._shown(page, many=True))

    @extend_schema(
        summary="Upload a picture of a product",
        request={"multipart/form-data": serializers.ProductImageUploadSerializer},
        responses={201: serializers.ProductImageSerializer, 200: serializers.ProductImageSerializer},
    )
    @images.mapping.post
    def upload_image(self, request: Request, pk: UUID) -> Response:
        """Add a file after the pictures that are there; one that the product has already is answered with 200."""
        get_object_or_404(Product.objects.all(), pk=pk)
        data = checked(serializers.ProductImageUploadSerializer, request).validated_data
        file = data["file"]
        file.seek(0)
        picture = make_picture(content=file.read(MOST_BYTES + 1), name=file.name)
        (added,) = services.add_images(
            product_id=pk, pictures=[picture], description=data["description"], at=clock.now()
        )
        return Response(self._shown(added.image), status=201 if added.is_new else 200)

    @extend_schema(
        summary="Set the pictures of a product",
        request={"application/json": serializers.ProductImagesSerializer},
        responses=serializers.ProductSerializer,
    )
    @images.mapping.put
    def set_images(self, request: Request, pk: UUID) -> Response:
        """Give it exactly these pictures, in this order: uploads that it has, by their address, and links."""
        images = checked(serializers.ProductImagesSerializer, request).validated_data["images"]
        pairs = [(image["url"], image["description"]) for image in images]
        services.set_images(product_id=pk, images=pairs, at=clock.now())
        return Response(self.get_serializer(self.get_object()).data)

    def body_of(self, request: Request) -> bytes:
        """Return the checksum of an upload. Raises ``PictureTooLargeError`` before a body too large is read."""
        if not (request.content_type or "").startswith("multipart/"):
            return super().body_of(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + ROOM_FOR_THE_REST:
            raise too_many_bytes("file")
        fields: Any = request.data
        digest = hashlib.sha256(str(fields.get("description", "")).encode())
        file = request.FILES.get("file")
        for chunk in file.chunks() if file else ():
            digest.update(chunk)
        return digest.digest()

    def _shown(self, images: Any, *, many: bool = False) -> Any:
        return serializers.ProductImageSerializer(images, many=many, context=self.get_serializer_context()).data


@extend_schema_view(
    partial_update=extend_schema(
        summary="Describe or move a picture",
        request=serializers.ProductImageChangeSerializer,
        responses=serializers.ProductImageSerializer,
    ),
    destroy=extend_schema(summary="Delete a picture", responses={204: None}),
)
class ProductImageViewSet(MerchantViewSet):
    """One picture of a product."""

    policy: ClassVar[Policy] = {"partial_update": Capability.CATALOG_WRITE, "destroy": Capability.CATALOG_WRITE}
    serializer_class = serializers.ProductImageSerializer

    def get_queryset(self) -> QuerySet[ProductImage]:
        """Return the pictures of the merchant's products."""
        found: QuerySet[ProductImage] = ProductImage.objects.all()
        return found

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        changes = checked(serializers.ProductImageChangeSerializer, request).validated_data
        image = services.update_image(image_id=pk, at=clock.now(), **changes)
        return Response(self.get_serializer(image).data)

    def destroy(self, _request: Request, pk: UUID) -> Response:
        """Take it from its product."""
        services.remove_image(image_id=pk, at=clock.now())
        return Response(status=204)
