"""Whether the channels say the same of a product."""

from decimal import Decimal

import pytest

from channels.catalog import services
from channels.catalog.models import Category, Deviation
from channels.catalog.services import PriceWish
from channels.catalog.services.products import CodeTakenError
from o2o.kit.clock import now
from o2o.kit.errors import InvalidError
from tests.channels.factories import SalesChannelFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(scope):
    return SalesChannelFactory(merchant=scope, name="Shop")


@pytest.fixture
def platform(scope):
    return SalesChannelFactory(merchant=scope, name="Platform")


@pytest.fixture
def variant(scope):
    return VariantFactory(merchant=scope, cost=Decimal(8))


def offer(channel, variant, price, **fields):
    return services.create_listing(
        channel_id=channel.pk, variant_id=variant.pk, price=Decimal(price), at=now(), **fields
    )


def deviations(variant):
    services.refresh_deviations(product_ids=[variant.product_id], at=now())
    return {(row.listing_id, row.kind) for row in Deviation.objects.filter(ended_at=None)}


def test_without_a_policy_nothing_deviates(shop, platform, variant):
    offer(shop, variant, 18)
    offer(platform, variant, 30)

    assert deviations(variant) == set()


def test_intended_difference_is_no_deviation(shop, platform, variant):
    offer(shop, variant, 20)
    other = offer(platform, variant, 23)
    services.set_policy(reference_channel_id=shop.pk, differences={platform.pk: Decimal(15)}, at=now())
    assert deviations(variant) == set()

    services.set_price(wish=PriceWish(other.pk, Decimal(22)), at=now())

    assert deviations(variant) == {(other.pk, "price")}


def test_tolerance_is_of_what_is_expected(shop, platform, variant):
    offer(shop, variant, 20)
    other = offer(platform, variant, 21)
    services.set_policy(reference_channel_id=shop.pk, tolerance_percent=Decimal(5), at=now())
    assert deviations(variant) == set()

    services.set_price(wish=PriceWish(other.pk, Decimal("21.01")), at=now())

    assert deviations(variant) == {(other.pk, "price")}


def test_price_below_the_floor_of_its_cost_is_found_also_in_the_reference(shop, variant):
    listing = offer(shop, variant, 9)
    services.set_policy(reference_channel_id=shop.pk, floor_percent_of_cost=Decimal(120), at=now())

    assert deviations(variant) == {(listing.pk, "below_floor")}
    assert Deviation.objects.get().evidence == {"price": "9.000", "floor": "9.60", "currency": "CNY"}


def test_hidden_and_other_text_are_found_and_put_right(shop, platform, variant):
    offer(shop, variant, 18, title="Jasmine tea")
    other = offer(platform, variant, 18, title="Tea")
    services.set_policy(reference_channel_id=shop.pk, at=now())
    assert deviations(variant) == {(other.pk, "text")}

    services.fix_deviation(deviation_id=Deviation.objects.get(ended_at=None).pk, at=now())
    services.set_visibility(listing_ids=[other.pk], is_visible=False, at=now())
    assert deviations(variant) == {(other.pk, "visibility")}
    services.fix_deviation(deviation_id=Deviation.objects.get(ended_at=None).pk, at=now())

    other.refresh_from_db()
    assert (other.title, other.is_visible) == ("Jasmine tea", True)
    assert deviations(variant) == set()


def test_price_is_put_right_in_one_step_and_not_twice(shop, platform, variant):
    offer(shop, variant, 20)
    other = offer(platform, variant, 22)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    deviations(variant)
    found = Deviation.objects.get()

    services.fix_deviation(deviation_id=found.pk, at=now())

    other.refresh_from_db()
    assert other.price == 20
    with pytest.raises(InvalidError):
        services.fix_deviation(deviation_id=found.pk, at=now())


def test_accepted_deviation_is_quiet_until_its_evidence_changes(shop, platform, variant):
    offer(shop, variant, 20)
    other = offer(platform, variant, 22)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    deviations(variant)
    services.accept_deviation(deviation_id=Deviation.objects.get().pk, at=now())
    deviations(variant)
    assert Deviation.objects.get().is_accepted

    services.set_price(wish=PriceWish(other.pk, Decimal(23)), at=now())
    deviations(variant)

    assert not Deviation.objects.get().is_accepted


def test_own_policy_goes_before_the_common_one(shop, platform, variant):
    offer(shop, variant, 20)
    offer(platform, variant, 22)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    services.set_policy(
        reference_channel_id=shop.pk, product_id=variant.product_id, tolerance_percent=Decimal(20), at=now()
    )

    assert deviations(variant) == set()


def test_many_products_cost_what_one_costs(scope, shop, platform, django_assert_num_queries):
    services.set_policy(reference_channel_id=shop.pk, at=now())
    for count in (1, 3):
        variants = [VariantFactory(merchant=scope) for _ in range(count)]
        for variant in variants:
            offer(shop, variant, 20)
            offer(platform, variant, 22)
        with django_assert_num_queries(6):
            services.refresh_deviations(product_ids=[variant.product_id for variant in variants], at=now())


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
