"""Variants by what stands on the goods."""

import uuid
from collections.abc import Collection, Mapping

from channels.catalog.models import Barcode, Variant

GTIN_DIGITS = 14


def variants_of_codes(codes: Collection[str]) -> Mapping[str, uuid.UUID]:
    """Return the variants that SKUs, barcodes or GTINs of 8 to 14 digits name. Three queries at most."""
    found = dict(Variant.objects.filter(sku__in=codes).values_list("sku", "pk"))
    if rest := set(codes) - set(found):
        found |= dict(Barcode.objects.filter(value__in=rest).values_list("value", "variant_id"))
    if gtins := {code.zfill(GTIN_DIGITS): code for code in set(codes) - set(found) if code.isdecimal()}:
        rows = Variant.objects.filter(gtin__in=gtins).values_list("gtin", "pk")
        found |= {gtins[gtin]: variant_id for gtin, variant_id in rows}
    return found


def codes_of_variants(variant_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    """Return every code that a scanner may read of variants, GTINs as printed. Two queries."""
    found: dict[uuid.UUID, list[str]] = {}
    for pk, sku, gtin in Variant.objects.filter(pk__in=variant_ids).values_list("pk", "sku", "gtin"):
        found[pk] = [sku, *({gtin, gtin.lstrip("0").zfill(8), gtin.lstrip("0").zfill(13)} if gtin else ())]
    for variant_id, value in Barcode.objects.filter(variant_id__in=variant_ids).values_list("variant_id", "value"):
        found[variant_id].append(value)
    return found
