"""The catalog as it is read and written by programs."""

from typing import Any

from rest_framework import serializers

from channels.catalog.models import Barcode, Category, ChannelListing, Product, ProductImage, Variant
from channels.catalog.services.bulk import MOST_LISTINGS
from channels.catalog.services.images import LONGEST_DESCRIPTION, MOST_IMAGES
from channels.catalog.services.products import MOST_VARIANTS
from o2o.api.fields import MoneyField, RowMoneyField
from o2o.api.serializers import FaultSerializer, ReadSerializer


class CategorySerializer(ReadSerializer[Category]):
    """A node of the tree; ``path`` holds the codes from the root."""

    parent_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Category
        fields = ("id", "code", "name", "parent_id", "path")


class CategoryWriteSerializer(serializers.Serializer[Any]):
    """A new node."""

    code = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=100)
    parent_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class CategoryChangeSerializer(serializers.Serializer[Any]):
    """What of a node is to change; with another parent its branch moves along, and null makes it a root."""

    name = serializers.CharField(max_length=100, required=False)
    parent_id = serializers.UUIDField(required=False, allow_null=True)


class ProductImageSerializer(ReadSerializer[ProductImage]):
    """A picture: an upload, of which there is a thumbnail, or a link to one elsewhere."""

    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ("id", "url", "thumbnail_url", "width", "height", "description", "position")

    def get_url(self, image: ProductImage) -> str:
        """Return the whole address."""
        return self._whole(image.address)

    def get_thumbnail_url(self, image: ProductImage) -> str | None:
        """Return the whole address of the small copy."""
        return image.thumbnail_address and self._whole(image.thumbnail_address)

    def _whole(self, address: str) -> str:
        request = self.context.get("request")
        whole: str = request.build_absolute_uri(address) if request else address
        return whole


class BarcodeSerializer(ReadSerializer[Barcode]):
    """A code on the goods."""

    class Meta:
        model = Barcode
        fields = ("value",)


class VariantSerializer(ReadSerializer[Variant]):
    """A variant."""

    product_id = serializers.UUIDField(read_only=True)
    barcodes = serializers.SlugRelatedField(slug_field="value", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Variant
        fields = (
            "id", "product_id", "sku", "name", "gtin", "barcodes", "attributes", "allows_backorder", "is_active",
            "created_at", "updated_at",
        )  # fmt: skip


class VariantChangeSerializer(serializers.Serializer[Any]):
    """What of a variant is to change; what is left out stays."""

    sku = serializers.CharField(max_length=60, required=False)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    gtin = serializers.CharField(max_length=20, required=False, allow_blank=True)
    attributes = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True), required=False)
    cost = serializers.DecimalField(max_digits=16, decimal_places=3, min_value=0, required=False, allow_null=True)
    allows_backorder = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class VariantWriteSerializer(VariantChangeSerializer):
    """A new variant."""

    product_id = serializers.UUIDField()
    sku = serializers.CharField(max_length=60)


class BarcodeWriteSerializer(serializers.Serializer[Any]):
    """A code on the goods."""

    value = serializers.CharField(max_length=60)


class ProductSerializer(ReadSerializer[Product]):
    """A product, with its variants and pictures."""

    variants = VariantSerializer(many=True, read_only=True)
    images = ProductImageSerializer(many=True, read_only=True)
    category_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Product
        fields = (
            "id", "code", "name", "description", "brand", "category_id", "attributes", "is_active", "variants",
            "images", "created_at", "updated_at",
        )  # fmt: skip


class ProductChangeSerializer(serializers.Serializer[Any]):
    """What of a product is to change; what is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    brand = serializers.CharField(max_length=100, required=False, allow_blank=True)
    category_id = serializers.UUIDField(required=False, allow_null=True)
    attributes = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True), required=False)
    is_active = serializers.BooleanField(required=False)


class NewVariantSerializer(VariantChangeSerializer):
    """A variant of a new product."""

    sku = serializers.CharField(max_length=60)
    barcodes = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=20)


class ProductWriteSerializer(ProductChangeSerializer):
    """A new product, with variants where some are given: all of them are made, or nothing is."""

    code = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=200)
    variants = NewVariantSerializer(many=True, required=False, max_length=MOST_VARIANTS)  # type: ignore[call-arg]


class ProductImageWriteSerializer(serializers.Serializer[Any]):
    """A picture, by its address: a link with https://, or that of an upload which the product has."""

    url = serializers.CharField(max_length=1000)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, default="", allow_blank=True)


class ProductImagesSerializer(serializers.Serializer[Any]):
    """All pictures of a product, in order."""

    images = ProductImageWriteSerializer(many=True, max_length=MOST_IMAGES)  # type: ignore[call-arg]


class ProductImageUploadSerializer(serializers.Serializer[Any]):
    """A picture as a file: JPEG, PNG, WebP or GIF, at most 10 MB and 50 megapixels (WebP 25)."""

    file = serializers.FileField(max_length=300, allow_empty_file=True)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, default="", allow_blank=True)


class ProductImageChangeSerializer(serializers.Serializer[Any]):
    """What of a picture is to change; a position beyond the last is the last."""

    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)
    position = serializers.IntegerField(min_value=0, max_value=1000, required=False)


class ListingSerializer(ReadSerializer[ChannelListing]):
    """How a channel offers a variant; ``price`` is that in force. While it ``awaits_price`` it is hidden."""

    channel_id = serializers.UUIDField(read_only=True)
    variant_id = serializers.UUIDField(read_only=True)
    price = RowMoneyField(amount="price", currency="currency")
    compare_at_price = RowMoneyField(amount="compare_at_price", currency="currency")

    class Meta:
        model = ChannelListing
        fields = (
            "id", "channel_id", "variant_id", "external_id", "price", "compare_at_price", "is_visible",
            "awaits_price", "title", "description", "created_at", "updated_at",
        )  # fmt: skip


class ListingWriteSerializer(serializers.Serializer[Any]):
    """A new listing."""

    channel_id = serializers.UUIDField()
    variant_id = serializers.UUIDField()
    price = MoneyField()
    compare_at_price = MoneyField(required=False, allow_null=True, default=None)
    external_id = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    is_visible = serializers.BooleanField(required=False, default=True)
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, default="", allow_blank=True)


class ListingChangeSerializer(serializers.Serializer[Any]):
    """What of a listing is to change; its price has an address of its own."""

    external_id = serializers.CharField(max_length=100, required=False, allow_blank=True)
    is_visible = serializers.BooleanField(required=False)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)


class ListingUpsertSerializer(ListingChangeSerializer):
    """What a listing is to be; a new one needs a price, and what is left out stays."""

    channel_id = serializers.UUIDField()
    variant_id = serializers.UUIDField()
    price = MoneyField(required=False, allow_null=True, default=None)
    compare_at_price = MoneyField(required=False, allow_null=True, default=None)


class ListingsSerializer(serializers.Serializer[Any]):
    """Up to 1,000 listings."""

    listings = ListingUpsertSerializer(many=True, allow_empty=False, max_length=MOST_LISTINGS)  # type: ignore[call-arg]


class ListingOutcomeSerializer(serializers.Serializer[Any]):
    """What came of one of them, in the order of the call. ``held``: its price waits for approval, the rest is done."""

    outcome = serializers.ChoiceField(choices=("created", "changed", "left", "held", "rejected"))
    listing_id = serializers.UUIDField(allow_null=True)
    error = FaultSerializer(allow_null=True)


class ListingOutcomesSerializer(serializers.Serializer[Any]):
    """What came of all of them."""

    results = ListingOutcomeSerializer(many=True)
