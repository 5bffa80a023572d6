"""Products, their codes, and the tree that they hang in."""

import pytest

from channels.catalog import services
from channels.catalog.models import Category, Product
from channels.catalog.services.products import CodeTakenError
from o2o.kit.clock import now
from o2o.kit.errors import InvalidError

pytestmark = pytest.mark.django_db


def test_branch_moves_as_a_whole_and_not_under_itself(scope):
    drinks = services.create_category(code="drinks", name="Drinks", at=now())
    tea = services.create_category(code="tea", name="Tea", parent_id=drinks.pk, at=now())
    green = services.create_category(code="green", name="Green", parent_id=tea.pk, at=now())
    gifts = services.create_category(code="gifts", name="Gifts", at=now())

    services.move_category(category_id=tea.pk, parent_id=gifts.pk, at=now())

    assert list(Category.objects.values_list("path", flat=True)) == [
        "drinks/", "gifts/", "gifts/tea/", "gifts/tea/green/",
    ]  # fmt: skip
    with pytest.raises(InvalidError):
        services.move_category(category_id=tea.pk, parent_id=green.pk, at=now())


def test_codes_are_taken_once(scope):
    product = services.create_product(code="P1", name="Tea", at=now())
    services.create_variant(product_id=product.pk, sku="A", gtin="96385074", at=now())

    for fields, field in (({"sku": "A"}, "sku"), ({"sku": "B", "gtin": "0000096385074"}, "gtin")):
        with pytest.raises(CodeTakenError) as refusal:
            services.create_variant(product_id=product.pk, at=now(), **fields)
        assert refusal.value.params["field"] == field

    assert product.variants.count() == 1


def test_refusal_names_what_has_the_code(scope):
    product = services.create_product(
        code="P1", name="Jasmine", at=now(), variants=[{"sku": "A", "gtin": "96385074", "barcodes": ["box-1"]}]
    )
    other = services.create_variant(product_id=product.pk, sku="B", at=now())

    for change, text in (({"sku": "A"}, "Jasmine"), ({"gtin": "96385074"}, "“A”")):
        with pytest.raises(CodeTakenError, match=text):
            services.update_variant(variant_id=other.pk, at=now(), **change)
    for code in ("box-1", "96385074", "00000096385074"):
        with pytest.raises(CodeTakenError, match="“A”"):
            services.add_barcode(variant_id=other.pk, value=code, at=now())
    with pytest.raises(CodeTakenError, match="P1"):
        services.create_product(code="P1", name="x", at=now())


def test_barcode_of_one_is_no_gtin_of_another(scope):
    product = services.create_product(code="P1", name="Jasmine", at=now(), variants=[{"sku": "A"}, {"sku": "B"}])
    first, second = product.variants.order_by("sku")
    services.add_barcode(variant_id=first.pk, value="5901234123457", at=now())

    with pytest.raises(CodeTakenError, match="“A”"):
        services.update_variant(variant_id=second.pk, gtin="5901234123457", at=now())
    # the same one may have it in both places, and twice
    services.update_variant(variant_id=first.pk, gtin="5901234123457", at=now())
    services.add_barcode(variant_id=first.pk, value=" 05901234123457 ", at=now())
    assert list(first.barcodes.values_list("value", flat=True)) == ["05901234123457"]


def test_barcodes_are_set_as_a_whole(scope):
    product = services.create_product(
        code="P1", name="x", at=now(), variants=[{"sku": "A", "barcodes": ["a", "b"]}, {"sku": "B", "barcodes": ["c"]}]
    )
    first = product.variants.get(sku="A")
    services.set_barcodes(variant_id=first.pk, values=["b", " 96385074 ", "", "b"], at=now())
    assert set(first.barcodes.values_list("value", flat=True)) == {"b", "00000096385074"}

    with pytest.raises(CodeTakenError, match="“B”"):
        services.set_barcodes(variant_id=first.pk, values=["c"], at=now())

    assert first.barcodes.count() == 2


def test_product_with_a_wrong_variant_is_not_made_at_all(scope):
    with pytest.raises(CodeTakenError):
        services.create_product(code="P1", name="x", at=now(), variants=[{"sku": "A"}, {"sku": "A"}])

    assert not Product.objects.exists()


def test_pictures_are_those_given_and_come_by_https(scope):
    product = services.create_product(code="P1", name="x", at=now())
    services.set_images(product_id=product.pk, images=[("https://x.example/1.jpg", "")], at=now())

    with pytest.raises(InvalidError):
        services.set_images(product_id=product.pk, images=[("javascript:alert(1)", "")], at=now())

    assert [image.url for image in product.images.all()] == ["https://x.example/1.jpg"]
