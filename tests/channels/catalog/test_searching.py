"""What a text that somebody types or scans finds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.catalog.api.filters import ProductFilter, VariantFilter
from channels.catalog.models import Product, Variant
from channels.catalog.selectors.searching import of_variants, products_meant, variants_meant
from o2o.kit import expressions
from o2o.kit.expressions import BeginsWith
from o2o.tenancy.scope import tenant_scope
from tests.channels.factories import BarcodeFactory, ProductFactory, VariantFactory
from tests.factories import MerchantFactory

TEXTS = {
    # codes
    "TEA-1": ["TEA-1", "TEA-10"],
    "tea-10": ["TEA-10"],
    "4006381333931": ["CUP"],
    "04006381333931": ["CUP"],
    "own-1": ["TEA-2"],
    # beginnings of codes
    "TEA": ["TEA-1", "TEA-10", "TEA-2"],
    "cu": ["CUP", "TEA-2"],
    # parts of names, in any language and of any length
    "奶茶": ["TEA-1", "TEA-10"],
    "珍珠奶茶": ["TEA-1", "TEA-10"],
    "茶": ["TEA-1", "TEA-10", "TEA-2"],
    "OOLONG": ["TEA-2"],
    # characters that mean something else to LIKE
    "50%": ["SALE"],
    "0_of": [],
    "  ": ["CUP", "SALE", "TEA-1", "TEA-10", "TEA-2"],
    "\0": ["CUP", "SALE", "TEA-1", "TEA-10", "TEA-2"],
    "nothing like it": [],
}


@pytest.fixture
def goods(scope):
    milk = ProductFactory(merchant=scope, code="P-MILK", name="黑糖珍珠奶茶")
    oolong = ProductFactory(merchant=scope, code="P-OOLONG", name="乌龙茶 cup of oolong")
    VariantFactory(merchant=scope, product=milk, sku="TEA-1")
    VariantFactory(merchant=scope, product=milk, sku="TEA-10")
    BarcodeFactory(merchant=scope, variant=VariantFactory(merchant=scope, product=oolong, sku="TEA-2"), value="own-1")
    mug = ProductFactory(merchant=scope, code="P-MUG", name="Mug")
    VariantFactory(merchant=scope, product=mug, sku="CUP", gtin="04006381333931")
    sale = ProductFactory(merchant=scope, code="P-SALE", name="50% off")
    VariantFactory(merchant=scope, product=sale, sku="SALE")
    return scope


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize(("text", "skus"), TEXTS.items())
def test_a_text_means_a_code_or_a_beginning_or_a_part_of_a_name(goods, monkeypatch, text, skus, few):
    """The same, whether what is found counts as few or as many."""
    monkeypatch.setattr(expressions, "FEW", few)
    found = Variant.objects.filter(variants_meant(text)).order_by("sku")
    assert [variant.sku for variant in found] == skus
    assert {row.sku for row in Variant.objects.filter(of_variants("pk", text))} == set(skus)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("P-M", ["P-MILK", "P-MUG"]),
        ("p-mug", ["P-MUG"]),
        ("TEA-1", ["P-MILK"]),
        ("tea", ["P-MILK", "P-OOLONG"]),
        ("own-1", ["P-OOLONG"]),
        ("奶茶", ["P-MILK"]),
        ("mug", ["P-MUG"]),
        ("", ["P-MILK", "P-MUG", "P-OOLONG", "P-SALE"]),
    ],
)
def test_a_product_is_found_by_its_own_code_and_name_and_by_codes_of_its_variants(goods, text, codes):
    assert [row.code for row in Product.objects.filter(products_meant(text)).order_by("code")] == codes


def test_the_api_searches_as_the_console_does(goods):
    assert {row.sku for row in VariantFilter({"search": "奶茶"}, Variant.objects.all()).qs} == {"TEA-1", "TEA-10"}
    assert [row.code for row in ProductFilter({"search": "CUP"}, Product.objects.all()).qs] == ["P-MUG"]


def test_the_goods_of_others_are_not_found(goods):
    with tenant_scope(MerchantFactory().pk):
        assert not Variant.objects.filter(variants_meant("TEA-1")).exists()
        assert not Product.objects.filter(products_meant("奶茶")).exists()


@pytest.mark.parametrize(("text", "most"), [("TEA-1", 2), ("奶茶", 3), ("nothing like it", 3)])
def test_a_search_costs_three_queries_at_most(goods, text, most):
    with CaptureQueriesContext(connection) as queries:
        list(Variant.objects.filter(variants_meant(text)))
    assert len(queries) <= most


def test_a_beginning_is_sought_in_an_index_although_rows_are_guarded(goods):
    """The control: ``LIKE`` is not, because it might tell of rows that nobody here may see."""

    def plan(queryset):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        return queryset.order_by("merchant_id", "sku").explain()

    found = plan(Variant.objects.filter(BeginsWith("sku", "TEA")))
    missed = plan(Variant.objects.filter(sku__startswith="TEA"))
    assert "(sku)::text >= 'TEA'" in found.partition("Index Cond")[2].partition("Filter")[0]
    assert "sku" not in missed.partition("Index Cond")[2].partition("Filter")[0]
