"""The catalog in the console: what people see first, and what a click does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.catalog import services
from channels.catalog.models import Barcode, Deviation, PriceChangeRequest, PriceInterval
from channels.catalog.services import PriceWish
from o2o.kit.clock import now
from o2o.kit.jobs.models import Job
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog import console_rows
from tests.channels.catalog.conftest import offer
from tests.channels.factories import SalesChannelFactory, VariantFactory
from tests.o2o.console.conftest import owner, sign_in  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def disagreeing(merchant):
    """A listing at 22 where the policy wants 20."""
    with tenant_transaction(merchant.pk):
        shop, platform = (SalesChannelFactory(merchant=merchant, name=name) for name in ("Shop", "Platform"))
        variant = VariantFactory(merchant=merchant)
        offer(shop, variant, 20)
        offer(platform, variant, 22)
        services.set_policy(reference_channel_id=shop.pk, product_id=variant.product_id, at=now())
        return Deviation.objects.select_related("listing__variant").get()


def page_of(browser, name, *args, **query):
    answer = browser.get(reverse(f"console:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def act(browser, model, row, name):
    url = reverse(f"console:catalog_{model}_act", args=(row.pk, name))
    shown = browser.get(url).content.decode()
    return shown, browser.post(url, {"confirmed": "yes"}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("catalog_deviation_changelist", "All channels agree"),
        ("catalog_pricechangerequest_changelist", "No price waits"),
        ("catalog_consistencypolicy_changelist", "No policy yet"),
        ("catalog_pricecycle_changelist", "No recurring prices yet"),
        ("listing_matrix", "Nothing to list yet"),
    ],
)
def test_empty_page_says_what_comes_next(owner, name, text):  # noqa: F811
    assert text in page_of(owner, name)


def test_fix_says_what_it_will_do_does_it_and_is_taken_back(owner, merchant, disagreeing):  # noqa: F811
    assert "22 CNY" in page_of(owner, "catalog_deviation_changelist")

    shown, done = act(owner, "deviation", disagreeing, "fix")
    assert "Platform: 22 CNY → 20 CNY" in shown
    assert "From 22 CNY to 20 CNY" in done
    assert "All channels agree" in page_of(owner, "catalog_deviation_changelist")
    assert "22 CNY" in page_of(owner, "catalog_deviation_changelist", state="ended")

    act(owner, "deviation", disagreeing, "undo")
    with tenant_transaction(merchant.pk):
        disagreeing.listing.refresh_from_db()
        assert disagreeing.listing.price == 22
    assert "22 CNY" in page_of(owner, "catalog_deviation_changelist")


def test_accepted_deviation_leaves_the_list_until_the_time_given(owner, merchant, disagreeing):  # noqa: F811
    url = reverse("console:accept_deviation", args=(disagreeing.pk,))
    until = now() + timedelta(days=3)

    owner.post(url, {"until_0": f"{until:%Y-%m-%d}", "until_1": "12:00", "note": "opening week"})

    with tenant_transaction(merchant.pk):
        disagreeing.refresh_from_db()
        assert disagreeing.is_accepted
        assert disagreeing.note == "opening week"
        assert disagreeing.accepted_until is not None
    assert "All channels agree" in page_of(owner, "catalog_deviation_changelist")
    assert "opening week" in page_of(owner, "catalog_deviation_change", disagreeing.pk)


def test_held_price_is_settled_by_somebody_else(sign_in, owner, merchant):  # noqa: F811
    with tenant_transaction(merchant.pk):
        listing = console_rows.listing(merchant)
    url = reverse("console:set_price", args=(listing.pk,))
    answer = owner.post(url, {"price": "1.80", "expected": "18"}, follow=True)
    assert "waits for approval" in answer.content.decode()
    with tenant_transaction(merchant.pk):
        request = PriceChangeRequest.objects.get()
    assert "18.00 → 1.80 CNY" in page_of(owner, "catalog_pricechangerequest_changelist")

    _shown, refused = act(owner, "pricechangerequest", request, "approve")
    assert "a colleague must approve it" in refused
    act(sign_in(Role.OPERATIONS, user__language="en"), "pricechangerequest", request, "approve")

    with tenant_transaction(merchant.pk):
        listing.refresh_from_db()
        assert listing.price == Decimal("1.80")
    assert "No price waits" in page_of(owner, "catalog_pricechangerequest_changelist")


def test_price_that_somebody_changed_meanwhile_is_not_overwritten(owner, merchant):  # noqa: F811
    with tenant_transaction(merchant.pk):
        listing = console_rows.listing(merchant)
    url = reverse("console:set_price", args=(listing.pk,))
    assert 'name="expected" value="18.000"' in owner.get(url).content.decode()
    with tenant_transaction(merchant.pk):
        services.set_price(wish=PriceWish(listing.pk, Decimal(17)), at=now())

    answer = owner.post(url, {"price": "16", "expected": "18.000"})

    assert "17 by now" in answer.content.decode()
    with tenant_transaction(merchant.pk):
        listing.refresh_from_db()
        assert listing.price == 17


def test_planned_price_is_shown_and_withdrawn(owner, merchant):  # noqa: F811
    with tenant_transaction(merchant.pk):
        listing = console_rows.listing(merchant)
        begin, end = now() + timedelta(days=1), now() + timedelta(days=2)
        wish = PriceWish(listing.pk, Decimal(15), valid_from=begin, valid_until=end, reason="Double twelve")
        interval = services.set_price(wish=wish, at=now())
    calendar = page_of(owner, "price_calendar", listing.variant_id)
    assert "Double twelve" in calendar
    url = reverse("console:withdraw_price", args=(interval.pk,))
    assert url in calendar

    owner.post(url)

    assert "Double twelve" not in page_of(owner, "price_calendar", listing.variant_id)
    assert "withdrawn" in page_of(owner, "listing", listing.pk)


def test_common_policy_looks_at_everything_at_once(owner, merchant):  # noqa: F811
    with tenant_transaction(merchant.pk):
        channel = SalesChannelFactory(merchant=merchant)
    url = reverse("console:common_policy")

    owner.post(url, {"reference_channel_id": str(channel.pk), "tolerance_percent": "3", "compares_text": "on"})

    with tenant_transaction(merchant.pk):
        assert Job.objects.get().kind == "catalog.consistency"


def test_barcodes_are_set_line_by_line(owner, merchant):  # noqa: F811
    with tenant_transaction(merchant.pk):
        variant = VariantFactory(merchant=merchant)
    url = reverse("console:barcodes", args=(variant.pk,))

    owner.post(url, {"codes": "box-1\r\n 96385074 \r\n"})

    with tenant_transaction(merchant.pk):
        assert set(Barcode.objects.values_list("value", flat=True)) == {"box-1", "00000096385074"}


@pytest.mark.parametrize("name", ["listing_matrix", "catalog_deviation_changelist"])
def test_page_costs_the_same_for_one_product_and_for_many(owner, merchant, name):  # noqa: F811
    costs = []
    with tenant_transaction(merchant.pk):
        channels = [SalesChannelFactory(merchant=merchant) for _ in range(3)]
    for count in (1, 30):
        with tenant_transaction(merchant.pk):
            for _row in range(count):
                variant = VariantFactory(merchant=merchant)
                for number, channel in enumerate(channels):
                    offer(channel, variant, 18 + number)
                services.set_policy(reference_channel_id=channels[0].pk, product_id=variant.product_id, at=now())
        with CaptureQueriesContext(connection) as captured:
            page_of(owner, name)
        costs.append(len(captured))
        assert not [query for query in captured if "COUNT(" in query["sql"]]
    assert costs[0] == costs[1]


def test_matrix_goes_on_after_the_last_sku_of_a_page(owner, merchant):  # noqa: F811
    with tenant_transaction(merchant.pk):
        channel = SalesChannelFactory(merchant=merchant)
        for number in range(45):
            offer(channel, VariantFactory(merchant=merchant, sku=f"V-{number:02}"), 18)

    assert "V-39" in page_of(owner, "listing_matrix")
    following = page_of(owner, "listing_matrix", after="V-39")
    assert "V-40" in following
    assert "V-39" not in following.replace("after=V-39", "")


def test_calendar_costs_the_same_for_one_channel_and_for_many(owner, merchant):  # noqa: F811
    costs = []
    with tenant_transaction(merchant.pk):
        variant = VariantFactory(merchant=merchant)
    for count in (1, 5):
        with tenant_transaction(merchant.pk):
            for _row in range(count):
                offer(SalesChannelFactory(merchant=merchant), variant, 18)
        with CaptureQueriesContext(connection) as captured:
            page_of(owner, "price_calendar", variant.pk)
        costs.append(len(captured))
    assert costs[0] == costs[1]
    with tenant_transaction(merchant.pk):
        assert PriceInterval.objects.count() == 6
