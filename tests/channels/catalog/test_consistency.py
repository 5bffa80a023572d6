"""Whether the channels say the same of a product."""

from datetime import timedelta
from decimal import Decimal

import pytest

from channels.catalog import services
from channels.catalog.models import Deviation, PriceInterval
from channels.catalog.services import PriceWish
from channels.catalog.services.fixing import ChangedSinceError
from o2o.kit.clock import now
from o2o.kit.errors import InvalidError
from tests.channels.catalog.conftest import offer
from tests.channels.factories import SalesChannelFactory, VariantFactory

pytestmark = pytest.mark.django_db


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
    assert Deviation.objects.get().evidence == {
        "price": "9", "expected": "9.6", "floor": "9.6", "currency": "CNY",
    }  # fmt: skip


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
    for count in (1, 50):
        variants = [VariantFactory(merchant=scope) for _ in range(count)]
        for variant in variants:
            offer(shop, variant, 20)
            offer(platform, variant, 22)
        with django_assert_num_queries(6):
            services.refresh_deviations(product_ids=[variant.product_id for variant in variants], at=now())


def test_evidence_holds_the_figures_that_were_compared(shop, platform, variant):
    offer(shop, variant, 20)
    offer(platform, variant, 24)
    services.set_policy(
        reference_channel_id=shop.pk, differences={platform.pk: Decimal(10)}, tolerance_percent=Decimal(5), at=now()
    )
    deviations(variant)

    assert Deviation.objects.get().evidence == {
        "price": "24", "expected": "22", "lowest": "20.9", "highest": "23.1", "reference_price": "20",
        "reference_channel_id": str(shop.pk), "tolerance_percent": "5", "difference_percent": "10", "currency": "CNY",
    }  # fmt: skip


def test_expected_price_is_one_that_the_currency_has(scope, variant):
    yen = {"merchant": scope, "currency": "JPY"}
    shop, platform = SalesChannelFactory(**yen), SalesChannelFactory(**yen)
    offer(shop, variant, 101)
    other = offer(platform, variant, 140)
    services.set_policy(reference_channel_id=shop.pk, differences={platform.pk: Decimal("11.5")}, at=now())
    assert deviations(variant) == {(other.pk, "price")}

    services.fix_deviation(deviation_id=Deviation.objects.get().pk, at=now())

    other.refresh_from_db()
    assert other.price == 113
    assert deviations(variant) == set()


def test_prices_of_other_currencies_are_not_compared(scope, shop, variant):
    offer(shop, variant, 20)
    offer(SalesChannelFactory(merchant=scope, currency="USD"), variant, 3)
    services.set_policy(reference_channel_id=shop.pk, compares_text=False, at=now())

    assert deviations(variant) == set()


def test_nothing_is_expected_below_the_floor(shop, platform, variant):
    offer(shop, variant, 9)
    other = offer(platform, variant, 8)
    services.set_policy(reference_channel_id=shop.pk, floor_percent_of_cost=Decimal(125), at=now())
    deviations(variant)

    for row in Deviation.objects.all():
        services.fix_deviation(deviation_id=row.pk, at=now())

    other.refresh_from_db()
    assert other.price == 10
    assert deviations(variant) == set()


def test_text_of_the_product_is_what_empty_text_means(shop, platform, variant):
    offer(shop, variant, 20, title=variant.product.name)
    other = offer(platform, variant, 20)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    assert deviations(variant) == set()

    services.update_product(product_id=variant.product_id, name="Another", at=now())

    assert deviations(variant) == {(other.pk, "text")}
    assert Deviation.objects.get().evidence["fields"] == ["title"]


def test_what_is_not_sold_is_not_compared(shop, platform, variant):
    offer(shop, variant, 20)
    other = offer(platform, variant, 24)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    assert deviations(variant) == {(other.pk, "price")}

    services.update_variant(variant_id=variant.pk, is_active=False, at=now())

    assert deviations(variant) == set()


def disagreeing(shop, platform, variant, here=20, there=22):
    reference, other = offer(shop, variant, here), offer(platform, variant, there)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    services.refresh_deviations(product_ids=[variant.product_id], at=now())
    return reference, other, Deviation.objects.get(ended_at=None)


def test_fix_of_a_price_is_taken_back(shop, platform, variant):
    _reference, other, found = disagreeing(shop, platform, variant)
    fixed = services.fix_deviation(deviation_id=found.pk, at=now(), after="20")
    assert {name: fixed.fix[name] for name in ("before", "after")} == {"before": "22", "after": "20"}
    assert fixed.ended_at is not None

    services.undo_fix(deviation_id=found.pk, at=now())

    other.refresh_from_db()
    assert other.price == 22
    assert Deviation.objects.filter(ended_at=None).count() == 1
    with pytest.raises(InvalidError, match="nothing to take back"):
        services.undo_fix(deviation_id=found.pk, at=now())


def test_fix_is_not_taken_back_over_a_later_price(shop, platform, variant):
    _reference, other, found = disagreeing(shop, platform, variant)
    services.fix_deviation(deviation_id=found.pk, at=now())
    services.set_price(wish=PriceWish(other.pk, Decimal(21)), at=now())

    with pytest.raises(ChangedSinceError):
        services.undo_fix(deviation_id=found.pk, at=now())

    other.refresh_from_db()
    assert other.price == 21


def test_fix_of_text_and_visibility_is_taken_back(shop, platform, variant):
    offer(shop, variant, 18, title="Jasmine tea")
    other = offer(platform, variant, 18, title="Tea")
    services.set_policy(reference_channel_id=shop.pk, at=now())
    deviations(variant)
    text = Deviation.objects.get()
    services.fix_deviation(deviation_id=text.pk, at=now())
    services.set_visibility(listing_ids=[other.pk], is_visible=False, at=now())
    deviations(variant)
    hidden = Deviation.objects.get(ended_at=None)
    services.fix_deviation(deviation_id=hidden.pk, at=now())

    for row in (hidden, text):
        services.undo_fix(deviation_id=row.pk, at=now())

    other.refresh_from_db()
    assert (other.title, other.is_visible) == ("Tea", False)


def test_fix_does_nothing_else_than_what_was_shown(shop, platform, variant):
    reference, other, found = disagreeing(shop, platform, variant)
    services.set_price(wish=PriceWish(reference.pk, Decimal(21)), at=now())

    with pytest.raises(ChangedSinceError, match="21"):
        services.fix_deviation(deviation_id=found.pk, at=now(), after="20")

    other.refresh_from_db()
    assert other.price == 22


def test_abnormal_fix_waits_for_approval_and_is_not_asked_for_twice(shop, platform, variant):
    reference, other, found = disagreeing(shop, platform, variant, here=20, there=30)
    request = services.set_price(wish=PriceWish(reference.pk, Decimal(60)), at=now())
    services.approve_price_change(request_id=request.pk, at=now())

    waits = services.fix_deviation(deviation_id=found.pk, at=now())

    assert waits.ended_at is None
    other.refresh_from_db()
    assert other.price == 30
    with pytest.raises(InvalidError, match="waits for approval already"):
        services.fix_deviation(deviation_id=found.pk, at=now())
    services.approve_price_change(request_id=waits.fix["request"], at=now())
    assert deviations(variant) == set()


@pytest.mark.parametrize("is_reference", [True, False])
def test_price_for_a_time_is_put_right_for_that_time(shop, platform, variant, is_reference):
    reference, other = offer(shop, variant, 20), offer(platform, variant, 20)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    until = now() + timedelta(hours=3)
    moved = reference if is_reference else other
    services.set_price(wish=PriceWish(moved.pk, Decimal(16), valid_until=until), at=now())
    deviations(variant)
    found = Deviation.objects.get(ended_at=None)

    services.fix_deviation(deviation_id=found.pk, at=now())

    assert deviations(variant) == set()
    other.refresh_from_db()
    assert other.price == (16 if is_reference else 20)
    made = PriceInterval.objects.get(pk=Deviation.objects.get().fix["interval"])
    assert made.valid_until == until
    services.undo_fix(deviation_id=found.pk, at=now())
    other.refresh_from_db()
    assert other.price == (20 if is_reference else 16)


def test_acceptance_runs_out(shop, platform, variant):
    _reference, _other, found = disagreeing(shop, platform, variant)
    until = now() + timedelta(hours=1)
    services.accept_deviation(deviation_id=found.pk, until=until, note="a test", at=now())

    assert services.end_acceptances(at=until - timedelta(minutes=1)) == 0
    assert services.end_acceptances(at=until) == 1
    found.refresh_from_db()
    assert (found.is_accepted, found.accepted_until, found.ended_at) == (False, None, None)
    with pytest.raises(InvalidError):
        services.accept_deviation(deviation_id=found.pk, until=now(), at=now() + timedelta(hours=1))


def test_without_its_own_policy_a_product_follows_the_common_one(shop, platform, variant):
    offer(shop, variant, 20)
    other = offer(platform, variant, 22)
    services.set_policy(reference_channel_id=shop.pk, at=now())
    own = services.set_policy(
        reference_channel_id=shop.pk, product_id=variant.product_id, tolerance_percent=Decimal(20), at=now()
    )
    assert deviations(variant) == set()

    services.remove_policy(policy_id=own.pk, at=now())

    assert set(Deviation.objects.values_list("listing_id", "kind")) == {(other.pk, "price")}
