"""The catalog as it is read and written by programs."""

from typing import Any

from rest_framework import serializers

from channels.catalog.models import (
    Barcode,
    Category,
    ChannelListing,
    Deviation,
    PriceChangeRequest,
    PriceInterval,
    Product,
    ProductImage,
    Variant,
)
from o2o.api.fields import MoneyField, RowMoneyField
from o2o.api.serializers import ReadSerializer


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


class ProductImageSerializer(ReadSerializer[ProductImage]):
    """A picture."""

    class Meta:
        model = ProductImage
        fields = ("url", "description", "position")


class ProductSerializer(ReadSerializer[Product]):
    """A product."""

    category_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Product
        fields = (
            "id", "code", "name", "description", "brand", "category_id", "attributes", "is_active", "created_at",
            "updated_at",
        )  # fmt: skip


class ProductChangeSerializer(serializers.Serializer[Any]):
    """What of a product is to change; what is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    brand = serializers.CharField(max_length=100, required=False, allow_blank=True)
    category_id = serializers.UUIDField(required=False, allow_null=True)
    attributes = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True), required=False)
    is_active = serializers.BooleanField(required=False)


class ProductWriteSerializer(ProductChangeSerializer):
    """A new product."""

    code = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=200)


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


class ListingSerializer(ReadSerializer[ChannelListing]):
    """How a channel offers a variant; ``price`` is that in force."""

    channel_id = serializers.UUIDField(read_only=True)
    variant_id = serializers.UUIDField(read_only=True)
    price = RowMoneyField(amount="price", currency="currency")
    compare_at_price = RowMoneyField(amount="compare_at_price", currency="currency")

    class Meta:
        model = ChannelListing
        fields = (
            "id", "channel_id", "variant_id", "external_id", "price", "compare_at_price", "is_visible", "title",
            "description", "created_at", "updated_at",
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


class PriceWishSerializer(serializers.Serializer[Any]):
    """A price: without an end the new regular one, with an end one for a time."""

    price = serializers.DecimalField(max_digits=16, decimal_places=3, min_value=0)
    compare_at_price = serializers.DecimalField(
        max_digits=16, decimal_places=3, min_value=0, required=False, allow_null=True, default=None
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class PriceIntervalSerializer(ReadSerializer[PriceInterval]):
    """A price of a listing for a stretch of time."""

    price = RowMoneyField(amount="price", currency="listing.currency")
    compare_at_price = RowMoneyField(amount="compare_at_price", currency="listing.currency")

    class Meta:
        model = PriceInterval
        fields = ("id", "layer", "price", "compare_at_price", "valid_from", "valid_until", "reason")


class PriceChangeRequestSerializer(ReadSerializer[PriceChangeRequest]):
    """A price that waits for approval."""

    listing_id = serializers.UUIDField(read_only=True)
    price = RowMoneyField(amount="price", currency="listing.currency")
    old_price = RowMoneyField(amount="old_price", currency="listing.currency")

    class Meta:
        model = PriceChangeRequest
        fields = (
            "id", "listing_id", "price", "old_price", "valid_from", "valid_until", "reason", "evidence", "state",
            "created_at", "settled_at",
        )  # fmt: skip


class PriceSetSerializer(serializers.Serializer[Any]):
    """What came of a wish: ``recorded``, or ``held`` with the request that waits."""

    outcome = serializers.ChoiceField(choices=("recorded", "held"))
    id = serializers.UUIDField()


class DeviationSerializer(ReadSerializer[Deviation]):
    """A listing that disagrees with its policy."""

    listing_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Deviation
        fields = ("id", "listing_id", "kind", "evidence", "found_at", "ended_at", "is_accepted")
