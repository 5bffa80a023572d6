"""How variants are found."""

import pytest

from channels.catalog.api.filters import VariantFilter
from channels.catalog.models import Variant
from tests.channels.factories import BarcodeFactory, VariantFactory


@pytest.mark.parametrize(("scanned", "found"), [("own-1", "A"), ("4006381333931", "B"), ("own-2", None)])
def test_a_scanner_finds_own_codes_and_gtins(scope, scanned, found):
    BarcodeFactory(merchant=scope, variant=VariantFactory(merchant=scope, sku="A"), value="own-1")
    VariantFactory(merchant=scope, sku="B", gtin="04006381333931")
    rows = VariantFilter({"barcode": scanned}, Variant.objects.all()).qs
    assert [row.sku for row in rows] == ([found] if found else [])
