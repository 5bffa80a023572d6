"""The monitor looks again when something changes, when a price begins or ends, and at everything each night."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from channels.catalog import jobs, services, tasks
from channels.catalog.models import ChannelListing, ConsistencyMark, Deviation, Product
from channels.catalog.services import PriceWish
from o2o.kit.clock import now
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import run_job
from o2o.kit.jobs.services import retry_job
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.conftest import offer
from tests.channels.factories import ChannelListingFactory, SalesChannelFactory, VariantFactory
from tests.factories import MerchantFactory


@pytest.fixture
def pair(db, shop, platform, variant):
    """A variant that two channels list alike, and nothing to look at."""
    services.set_policy(reference_channel_id=shop.pk, floor_percent_of_cost=Decimal(110), at=now())
    rows = offer(shop, variant, 20), offer(platform, variant, 20)
    services.look_again(at=now())
    assert not ConsistencyMark.objects.exists()
    return rows


def kinds():
    return set(Deviation.objects.filter(ended_at=None).values_list("kind", flat=True))


CHANGES = {
    "price": lambda row: services.set_price(wish=PriceWish(row.pk, Decimal(22)), at=now()),
    "visibility": lambda row: services.set_visibility(listing_ids=[row.pk], is_visible=False, at=now()),
    "text": lambda row: services.update_listing(listing_id=row.pk, title="Other", at=now()),
    "below_floor": lambda row: services.update_variant(variant_id=row.variant_id, cost=Decimal(19), at=now()),
    # whoever it is, and however many at once
    "any": lambda row: ChannelListing.objects.filter(pk=row.pk).update(is_visible=False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_looked_at_again_once(pair, change):
    CHANGES[change](pair[1])

    assert set(ConsistencyMark.objects.values_list("product_id", flat=True)) == {pair[1].variant.product_id}
    assert services.look_again(at=now()) >= 1
    assert kinds() == {"visibility" if change == "any" else change}
    assert services.look_again(at=now()) == 0


def test_change_of_the_name_is_looked_at_again(pair, variant):
    services.update_listing(listing_id=pair[0].pk, title=variant.product.name, at=now())
    services.look_again(at=now())

    services.update_product(product_id=variant.product_id, name="New name", at=now())
    services.look_again(at=now())

    assert kinds() == {"text"}


@pytest.mark.parametrize(
    "change",
    [
        lambda row: services.update_listing(listing_id=row.pk, external_id="x-1", at=now()),
        lambda row: services.update_variant(variant_id=row.variant_id, name="Large", at=now()),
        lambda row: services.update_product(product_id=row.variant.product_id, brand="B", at=now()),
    ],
)
def test_what_is_not_compared_marks_nothing(pair, change):
    change(pair[1])

    assert not ConsistencyMark.objects.exists()


def test_own_policy_is_marked_by_whoever_changes_it(pair, shop, variant):
    policy = services.set_policy(reference_channel_id=shop.pk, product_id=variant.product_id, at=now())
    ConsistencyMark.objects.all().delete()

    policy.delete()

    assert ConsistencyMark.objects.get().product_id == variant.product_id


def test_planned_price_is_looked_at_when_it_begins_and_when_it_ends(pair):
    begin, end = now() + timedelta(hours=1), now() + timedelta(hours=2)
    services.publish_due_prices(at=now())
    services.set_price(wish=PriceWish(pair[1].pk, Decimal(16), valid_from=begin, valid_until=end), at=now())
    services.look_again(at=now())
    assert kinds() == set()

    seen = []
    for at in (begin, end):
        services.publish_due_prices(at=at)
        services.look_again(at=at)
        seen.append(kinds())

    assert seen == [{"price"}, set()]
    assert Deviation.objects.get().ended_at == end


def test_marks_cost_the_same_for_one_product_and_for_fifty(scope, shop, platform, django_assert_num_queries):
    services.set_policy(reference_channel_id=shop.pk, at=now())
    for count in (1, 50):
        for _row in range(count):
            variant = VariantFactory(merchant=scope)
            offer(shop, variant, 20)
            offer(platform, variant, 22)
        with django_assert_num_queries(9):
            assert services.look_again(at=now()) >= count
    assert Deviation.objects.count() == 51


def test_import_of_many_listings_marks_each_product_once(scope, django_assert_num_queries):
    channel, variants = SalesChannelFactory(merchant=scope), [VariantFactory(merchant=scope) for _ in range(20)]
    rows = [ChannelListing(channel=channel, variant=one, price=18, currency="CNY") for one in variants]

    with django_assert_num_queries(1):
        ChannelListing.objects.bulk_create(rows)

    assert ConsistencyMark.objects.count() == 20


def test_night_comes_once_in_the_time_of_the_merchant(scope):
    zone = ZoneInfo(scope.time_zone)
    night = now().astimezone(zone).replace(hour=3, minute=10)

    assert services.look_at_all_tonight(at=night.replace(hour=2)) is None
    assert services.look_at_all_tonight(at=night) is not None
    assert services.look_at_all_tonight(at=night.replace(hour=4)) is None


def make_shops(merchant, count):
    """Products that deviate and that nobody has marked, as from a time before the monitor."""
    with tenant_transaction(merchant.pk):
        shop, platform = SalesChannelFactory(merchant=merchant), SalesChannelFactory(merchant=merchant)
        services.set_policy(reference_channel_id=shop.pk, at=now())
        Job.objects.all().delete()
        for _row in range(count):
            variant = VariantFactory(merchant=merchant)
            ChannelListingFactory(merchant=merchant, channel=shop, variant=variant)
            ChannelListingFactory(merchant=merchant, channel=platform, variant=variant, price=20)
        ConsistencyMark.objects.all().delete()


def test_nightly_job_looks_at_everything_in_batches_and_resumes(committed_db, monkeypatch):
    merchant = MerchantFactory()
    make_shops(merchant, 7)
    real, calls = services.look_at_batch, []

    def by_threes(**asked):
        calls.append(asked["after"])
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(**asked, limit=3)

    monkeypatch.setattr(jobs, "look_at_batch", by_threes)
    with tenant_transaction(merchant.pk):
        job = services.look_at_all()
    run_job(merchant_id=merchant.pk, job_id=job.pk)
    with tenant_transaction(merchant.pk):
        assert Deviation.objects.count() == 3
        retry_job(job_id=job.pk)
    run_job(merchant_id=merchant.pk, job_id=job.pk)

    with tenant_transaction(merchant.pk):
        assert Deviation.objects.count() == 7
        assert Job.objects.get().done == 7
    # the batch that failed was begun again where it had begun
    assert calls[1] == calls[2]


def test_task_works_off_the_marks_of_each_merchant_and_leaves_what_somebody_holds(committed_db):
    merchants = [MerchantFactory(), MerchantFactory()]
    for merchant in merchants:
        make_shops(merchant, 2)
        with tenant_transaction(merchant.pk):
            ChannelListing.objects.filter(price=20).update(price=21)
            assert ConsistencyMark.objects.count() == 2

    with tenant_transaction(merchants[0].pk):
        held = Product.objects.earliest("pk")
        # another connection holds the product, as an editor would
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT set_config('o2o.merchant_id', %s, true)", [str(merchants[0].pk)])
                cursor.execute("SELECT 1 FROM catalog_product WHERE id = %s FOR NO KEY UPDATE", [str(held.pk)])
                assert services.look_again(at=now()) == 1
                cursor.execute("ROLLBACK")
        finally:
            other.close()
        assert ConsistencyMark.objects.get().product_id == held.pk

    tasks.look_at_marks()

    for merchant in merchants:
        with tenant_transaction(merchant.pk):
            assert not ConsistencyMark.objects.exists()
            assert Deviation.objects.filter(ended_at=None).count() == 2
