"""What a text that somebody types or scans may mean: a code, the beginning of one, or a part of a name.

Codes are found in indexes. For parts of names there is none: row-level security keeps PostgreSQL from looking for
``LIKE`` in an index of trigrams, since the operator could give rows away. So the names are read, all of them but
nothing else, in a query of their own: some 30 ms for 50,000 products, in any language, for two characters as for ten.
"""

from typing import Any

from django.db.models import Q, QuerySet

from channels.catalog.gtin import barcode_of
from channels.catalog.models import Barcode, Product, Variant
from o2o.kit.expressions import BeginsWith, IsAnyOf, few_or_many


def variants_meant(text: str) -> Q:
    """Return the condition for the variants that a text may mean.

    A SKU, GTIN or barcode means its variant and those whose SKUs go on from there; else variants are meant whose SKU
    begins with the text or whose product's name holds it. Two queries at most.
    """
    text = _cleaned(text)
    if not text:
        return Q()
    begun, exact = _begins("sku", text), _exactly(text)
    if Variant.objects.filter(exact).exists():
        return exact | begun
    return begun | few_or_many("product_id", _named(text))


def products_meant(text: str) -> Q:
    """Return the condition for the products that a text may mean: their own code and name, or codes of variants."""
    text = _cleaned(text)
    if not text:
        return Q()
    exact, begun = _exactly(text), _begins("sku", text)
    if Variant.objects.filter(exact).exists():
        return few_or_many("pk", _products_of(exact | begun))
    coded = few_or_many("pk", _products_of(begun))
    return _begins("code", text) | coded | few_or_many("pk", _named(text))


def of_variants(column: str, text: str) -> Q:
    """Return the condition for rows whose ``column`` names a variant that a text may mean."""
    if not _cleaned(text):
        return Q()
    return few_or_many(column, Variant.objects.filter(variants_meant(text)).order_by().values_list("pk", flat=True))


def _cleaned(text: str) -> str:
    # No text of the database holds a NUL, and PostgreSQL refuses to be asked for one.
    return text.replace("\0", "").strip()


def _exactly(text: str) -> Q:
    scanned = Barcode.objects.filter(value=barcode_of(text)).order_by().values("variant_id")
    return Q(sku__in={text, text.upper()}) | Q(IsAnyOf("pk", scanned)) | Q(gtin=text.zfill(14))


def _begins(column: str, text: str) -> Q:
    """Return that a code begins with a text, as it was typed or in capitals, as codes mostly are."""
    found = Q(BeginsWith(column, text))
    return found if text == text.upper() else found | Q(BeginsWith(column, text.upper()))


def _named(text: str) -> QuerySet[Product, Any]:
    return Product.objects.filter(name__icontains=text).order_by().values_list("pk", flat=True)


def _products_of(variants: Q) -> QuerySet[Variant, Any]:
    return Variant.objects.filter(variants).order_by().values_list("product_id", flat=True).distinct()
