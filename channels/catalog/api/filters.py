"""How the catalog is narrowed."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from channels.catalog.enums import DeviationKind, PriceChangeState
from channels.catalog.gtin import barcode_of
from channels.catalog.models import (
    Barcode,
    ChannelListing,
    ConsistencyPolicy,
    Deviation,
    PriceChangeRequest,
    PriceCycle,
    Product,
    Variant,
)
from channels.catalog.selectors.searching import products_meant, variants_meant
from o2o.kit.expressions import IsAnyOf


class ProductFilter(django_filters.FilterSet):
    """By code, category, whether it is sold, and by what a text may mean."""

    search = django_filters.CharFilter(
        max_length=100, method="by_text", label=_("Code, SKU, GTIN or barcode, or a part of the name.")
    )
    code = django_filters.CharFilter(max_length=60)
    category_id = django_filters.UUIDFilter()
    is_active = django_filters.BooleanFilter()

    class Meta:
        model = Product
        fields: tuple[str, ...] = ()

    def by_text(self, queryset: QuerySet[Product], _name: str, value: str) -> QuerySet[Product]:
        """Find what somebody typed or scanned."""
        return queryset.filter(products_meant(value))


class VariantFilter(django_filters.FilterSet):
    """By SKU, GTIN, barcode and product, and by what a text may mean."""

    search = django_filters.CharFilter(
        max_length=100, method="by_text", label=_("SKU, GTIN or barcode, or a part of the product's name.")
    )
    sku = django_filters.CharFilter(max_length=60)
    gtin = django_filters.CharFilter(max_length=14)
    barcode = django_filters.CharFilter(max_length=60, method="by_barcode")
    product_id = django_filters.UUIDFilter()

    class Meta:
        model = Variant
        fields: tuple[str, ...] = ()

    def by_text(self, queryset: QuerySet[Variant], _name: str, value: str) -> QuerySet[Variant]:
        """Find what somebody typed or scanned."""
        return queryset.filter(variants_meant(value))

    def by_barcode(self, queryset: QuerySet[Variant], _name: str, value: str) -> QuerySet[Variant]:
        """Find what a scanner read: a code of the merchant's own, or a GTIN without its leading zeros."""
        coded = Barcode.objects.filter(value=barcode_of(value)).values("variant_id")
        return queryset.filter(Q(IsAnyOf("pk", coded)) | Q(gtin=value.strip().zfill(14)))


class ListingFilter(django_filters.FilterSet):
    """By channel, variant, id there and visibility."""

    channel_id = django_filters.UUIDFilter()
    variant_id = django_filters.UUIDFilter()
    external_id = django_filters.CharFilter(max_length=100)
    is_visible = django_filters.BooleanFilter()

    class Meta:
        model = ChannelListing
        fields: tuple[str, ...] = ()


class PriceRequestFilter(django_filters.FilterSet):
    """By state and listing."""

    state = django_filters.ChoiceFilter(choices=PriceChangeState.choices)
    listing_id = django_filters.UUIDFilter()

    class Meta:
        model = PriceChangeRequest
        fields: tuple[str, ...] = ()


class DeviationFilter(django_filters.FilterSet):
    """By kind, listing, whether it is open, and whether somebody said that it is meant."""

    kind = django_filters.ChoiceFilter(choices=DeviationKind.choices)
    listing_id = django_filters.UUIDFilter()
    is_accepted = django_filters.BooleanFilter()
    is_open = django_filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")

    class Meta:
        model = Deviation
        fields: tuple[str, ...] = ()


class PriceCycleFilter(django_filters.FilterSet):
    """By listing, and whether it has not ended."""

    listing_id = django_filters.UUIDFilter()
    is_open = django_filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")

    class Meta:
        model = PriceCycle
        fields: tuple[str, ...] = ()


class PolicyFilter(django_filters.FilterSet):
    """By product."""

    product_id = django_filters.UUIDFilter()

    class Meta:
        model = ConsistencyPolicy
        fields: tuple[str, ...] = ()
