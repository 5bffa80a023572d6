"""The catalog in the API: what each call answers, what it costs, and what it never lets through."""

import json
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.catalog import services
from channels.catalog.models import Barcode, ChannelListing, Deviation, PriceChangeRequest, PriceInterval, Product
from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.kit import clock
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog import console_rows
from tests.channels.catalog.conftest import offer
from tests.channels.factories import ProductFactory, SalesChannelFactory, VariantFactory
from tests.factories import MembershipFactory
from tests.o2o.api.conftest import make_token

pytestmark = pytest.mark.django_db
SCOPES = (Capability.CATALOG_READ, Capability.CATALOG_WRITE)


def yuan(amount):
    return {"amount": str(amount), "currency": "CNY"}


class Caller:
    """Somebody who calls the API of a merchant."""

    def __init__(self, client):
        self.client = client

    def __call__(self, method, path, body=None, status=200):
        answer = self.client.generic(
            method, f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json",
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )  # fmt: skip
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    def cost(self, path):
        with CaptureQueriesContext(connection) as captured:
            self("GET", path)
        return len(captured)


@pytest.fixture
def call(merchant):
    """A program."""
    return Caller(Client(headers={"authorization": f"Bearer {make_token(merchant, SCOPES)}"}))


def person(merchant, role=Role.OPERATIONS):
    client = Client(headers={"X-CSRFToken": "a" * 32})
    membership = MembershipFactory(merchant=merchant, role=role)
    client.force_login(membership.user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_MERCHANT] = str(merchant.pk)
    session.save()
    client.cookies["csrftoken"] = "a" * 32
    return Caller(client)


@pytest.fixture
def made(merchant):
    """Make a thing of the merchant by the name of its maker."""

    def make(name):
        with tenant_transaction(merchant.pk):
            return getattr(console_rows, name)(merchant)

    return make


TEA = {
    "code": "TEA",
    "name": "茉莉绿茶",
    "attributes": {"origin": "福建"},
    "variants": [
        {"sku": "TEA-L", "gtin": "5901234123457", "attributes": {"size": "大杯"}, "barcodes": ["box-1", "96385074"]},
        {"sku": "TEA-M", "cost": "5.00"},
    ],
}


def test_product_is_made_read_and_changed_with_its_variants(call):
    made = call("POST", "products", TEA, 201)

    large, medium = made["variants"]
    assert (large["sku"], large["gtin"], large["barcodes"]) == ("TEA-L", "05901234123457", ["00000096385074", "box-1"])
    assert large["attributes"] == {"size": "大杯"}
    assert medium["sku"] == "TEA-M"
    call("PATCH", f"products/{made['id']}", {"brand": "茶屿"})
    call("PATCH", f"variants/{medium['id']}", {"gtin": "036000291452"})
    call("PUT", f"products/{made['id']}/images", {"images": [{"url": "https://x.example/1.jpg"}]})
    read = call("GET", f"products/{made['id']}")
    assert (read["brand"], read["name"], read["images"][0]["url"]) == ("茶屿", "茉莉绿茶", "https://x.example/1.jpg")
    assert read["variants"][1]["gtin"] == "00036000291452"
    # what a scanner reads, with and without the zeros in front
    for code in ("5901234123457", "05901234123457", "96385074", "box-1"):
        assert [row["sku"] for row in call("GET", f"variants?barcode={code}")["results"]] == ["TEA-L"]


def test_code_that_is_taken_names_who_has_it_and_nothing_is_made(call, merchant):
    call("POST", "products", TEA, 201)

    again = {"code": "OTHER", "name": "x", "variants": [{"sku": "NEW"}, {"sku": "NEW-2", "gtin": "5901234123457"}]}
    problem = call("POST", "products", again, 409)

    assert problem["code"] == "code_taken"
    assert "TEA-L" in problem["detail"]
    with tenant_transaction(merchant.pk):
        assert Product.objects.count() == 1
        assert Barcode.objects.count() == 2


def test_category_is_renamed_and_moved_with_its_branch(call):
    drinks = call("POST", "categories", {"code": "drinks", "name": "Drinks"}, 201)
    tea = call("POST", "categories", {"code": "tea", "name": "Tea"}, 201)
    green = call("POST", "categories", {"code": "green", "name": "Green", "parent_id": tea["id"]}, 201)

    moved = call("PATCH", f"categories/{tea['id']}", {"name": "茶饮", "parent_id": drinks["id"]})

    assert (moved["name"], moved["path"]) == ("茶饮", "drinks/tea/")
    assert call("GET", f"categories/{green['id']}")["path"] == "drinks/tea/green/"
    call("PATCH", f"categories/{drinks['id']}", {"parent_id": green["id"]}, 422)
    assert call("PATCH", f"categories/{tea['id']}", {"parent_id": None})["path"] == "tea/"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("products", {"code": "P", "name": "x", "id": str(uuid.uuid4()), "merchant_id": str(uuid.uuid4())}),
        ("products", {"code": "P", "name": "x", "created_at": "2000-01-01T00:00:00Z", "path": "x"}),
    ],
)
def test_fields_that_are_not_the_callers_change_nothing(call, merchant, path, body):
    made = call("POST", path, body, 201)

    assert made["id"] != body.get("id")
    assert not made["created_at"].startswith("2000")
    with tenant_transaction(merchant.pk):
        assert Product.objects.get().merchant_id == merchant.pk


def test_price_and_approval_of_a_listing_are_not_set_by_changing_it(call, made):
    listing = made("listing")

    body = {"price": yuan(1), "awaits_price": True, "currency": "USD", "channel_id": str(uuid.uuid4()), "title": "x"}
    answer = call("PATCH", f"listings/{listing.pk}", body)

    assert (answer["price"], answer["awaits_price"], answer["title"]) == (yuan("18.00"), False, "x")
    assert answer["channel_id"] == str(listing.channel_id)


def test_lists_cost_the_same_for_one_row_and_for_three(call, made):
    lists = {
        "products": "product", "variants": "listing", "listings": "listing", "price_cycles": "cycle",
        "price_change_requests": "request", "deviations": "deviation", "consistency_policies": "policy",
    }  # fmt: skip
    for path, maker in lists.items():
        made(maker)
        one = call.cost(path)
        made(maker), made(maker)
        assert call.cost(path) == one <= 9, path


def test_history_of_prices_costs_the_same_for_one_and_for_fifty(call, merchant, made):
    listing = made("listing")
    one = call.cost(f"listings/{listing.pk}/prices")
    with tenant_transaction(merchant.pk):
        PriceInterval.objects.bulk_create(
            PriceInterval(listing=listing, layer=0, price=17, valid_from=clock.now()) for _ in range(50)
        )

    assert call.cost(f"listings/{listing.pk}/prices") == one


@pytest.fixture
def channel(merchant):
    return SalesChannelFactory(merchant=merchant, name="Mini")


def row(channel, variant, price=None, **fields):
    known = {"channel_id": str(channel.pk), "variant_id": str(variant.pk)}
    return {**known, **({"price": yuan(price)} if price else {}), **fields}


def test_each_listing_of_a_bulk_call_is_judged_by_itself(call, merchant, channel):
    first, second, third, fourth = (VariantFactory(merchant=merchant) for _ in range(4))
    with tenant_transaction(merchant.pk):
        offer(channel, first, 18, external_id="taken")
        offer(channel, second, 18)
        offer(channel, third, 18)
    listings = [
        row(channel, first, 17, title="New"),
        row(channel, second, 18),
        row(channel, third, "1.80", title="Other"),
        row(channel, fourth, 20, external_id="taken"),
        row(channel, fourth),
        {**row(channel, fourth), "price": {"amount": "20", "currency": "USD"}},
        {**row(channel, fourth, 20), "channel_id": str(uuid.uuid4())},
        row(channel, fourth, 20, external_id="own"),
        row(channel, fourth, 21),
    ]

    results = call("PUT", "listings/bulk", {"listings": listings})["results"]

    outcomes = [(result["outcome"], result["error"] and result["error"]["field"]) for result in results]
    assert outcomes == [
        ("changed", None), ("left", None), ("held", None), ("rejected", "external_id"), ("rejected", "price"),
        ("rejected", "price"), ("rejected", "channel_id"), ("created", None), ("rejected", "variant_id"),
    ]  # fmt: skip
    with tenant_transaction(merchant.pk):
        found = {one.variant_id: (one.price, one.title) for one in ChannelListing.objects.all()}
        assert found == {first.pk: (17, "New"), second.pk: (18, ""), third.pk: (18, "Other"), fourth.pk: (20, "")}
        assert PriceChangeRequest.objects.get().listing.variant_id == third.pk
    again = call("PUT", "listings/bulk", {"listings": [listings[0], listings[7]]})["results"]
    assert [result["outcome"] for result in again] == ["left", "left"]


def test_thousand_listings_are_one_call_and_a_constant_number_of_queries(merchant, channel, django_assert_num_queries):
    with tenant_transaction(merchant.pk):
        product = ProductFactory(merchant=merchant)
        variants = [VariantFactory(merchant=merchant, product=product) for _ in range(1000)]
        for part, queries in ((variants[:1], 11), (variants[1:], 11)):
            wishes = [services.ListingWish(channel.pk, one.pk, Money(Decimal(18), "CNY")) for one in part]
            with django_assert_num_queries(queries):
                outcomes = services.upsert_listings(wishes=wishes, at=clock.now())
            assert {one.outcome for one in outcomes} == {"created"}


def test_too_many_listings_are_refused(call, channel, merchant):
    variant = VariantFactory(merchant=merchant)

    call("PUT", "listings/bulk", {"listings": [row(channel, variant, 18)] * 1001}, 422)
    call("PUT", "listings/bulk", {"listings": []}, 422)


def test_price_is_scheduled_read_at_an_instant_and_withdrawn(call, made):
    listing = made("listing")
    begin, end = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    body = {"price": yuan(15), "valid_from": begin.isoformat(), "valid_until": end.isoformat()}
    done = call("PUT", f"listings/{listing.pk}/price", body)
    assert done["outcome"] == "recorded"

    def price_at(at):
        return call("GET", f"listings/{listing.pk}/price_at?at={at.isoformat().replace('+00:00', 'Z')}")["price"]

    assert [price_at(at) for at in (clock.now(), begin, end)] == [yuan("18.00"), yuan("15.00"), yuan("18.00")]
    call("POST", f"listings/{listing.pk}/withdraw_price", {"interval_id": done["id"]})
    assert price_at(begin) == yuan("18.00")
    history = call("GET", f"listings/{listing.pk}/prices")["results"]
    assert [entry["withdrawn_at"] is not None for entry in history] == [True, False]
    call("GET", f"listings/{listing.pk}/price_at?at=noon", status=422)


def test_price_over_one_that_the_caller_did_not_see_is_refused(call, made):
    listing = made("listing")
    body = {"price": yuan(17), "expected": yuan(18)}
    call("PUT", f"listings/{listing.pk}/price", body)

    problem = call("PUT", f"listings/{listing.pk}/price", {**body, "price": yuan(16)}, 409)

    assert problem["code"] == "price_moved"
    call("PUT", f"listings/{listing.pk}/price", {"price": {"amount": "17", "currency": "USD"}}, 422)


def test_recurring_price_is_added_and_ended(call, made):
    body = {
        "listing_id": str(made("listing").pk), "name": "Happy hour", "price": "16.00", "starts_at": "14:00",
        "ends_at": "17:00", "time_zone": "Asia/Shanghai", "valid_from": "2026-11-01",
    }  # fmt: skip
    cycle = call("POST", "price_cycles", body, 201)
    assert cycle["is_held"] is False

    ended = call("POST", f"price_cycles/{cycle['id']}/end")

    assert ended["ended_at"] is not None
    assert call("POST", "price_cycles", {**body, "price": "1.60"}, 201)["is_held"] is True


def test_held_price_is_approved_by_a_person_and_by_nobody_else(call, merchant, made):
    listing = made("listing")
    asking = person(merchant)
    held = asking("PUT", f"listings/{listing.pk}/price", {"price": yuan("1.80")})
    assert held["outcome"] == "held"
    address = f"price_change_requests/{held['id']}"

    call("POST", f"{address}/approve", status=403)
    person(merchant, Role.MARKETING)("POST", f"{address}/approve", status=403)
    assert asking("POST", f"{address}/approve", status=403)["code"] == "own_approval"
    assert call("GET", f"listings/{listing.pk}")["price"] == yuan("18.00")

    assert person(merchant)("POST", f"{address}/approve")["state"] == "approved"
    assert call("GET", f"listings/{listing.pk}")["price"] == yuan("1.80")
    assert person(merchant)("POST", f"{address}/approve", status=409)["code"] == "settled_already"


def test_held_price_is_refused(call, made):
    request = made("request")

    assert call("POST", f"price_change_requests/{request.pk}/refuse")["state"] == "refused"
    assert call("GET", f"listings/{request.listing_id}")["price"] == yuan("18.00")


@pytest.fixture
def deviation(call, merchant, channel):
    """A listing at 22 where the policy wants 20."""
    other, variant = SalesChannelFactory(merchant=merchant), VariantFactory(merchant=merchant)
    with tenant_transaction(merchant.pk):
        offer(channel, variant, 20)
        offer(other, variant, 22)
    call(
        "POST", "consistency_policies",
        {"product_id": str(variant.product_id), "reference_channel_id": str(channel.pk)}, 201,
    )  # fmt: skip
    with tenant_transaction(merchant.pk):
        return Deviation.objects.get()


def test_deviation_is_listed_fixed_and_taken_back(call, deviation):
    listed = call("GET", "deviations?is_open=true&kind=price")["results"]
    assert [(one["id"], one["evidence"]["expected"]) for one in listed] == [(str(deviation.pk), "20")]

    assert call("POST", f"deviations/{deviation.pk}/fix", {"after": "21"}, 409)["code"] == "changed_since"
    fixed = call("POST", f"deviations/{deviation.pk}/fix", {"after": "20"})
    assert (fixed["fix"]["before"], fixed["fix"]["after"]) == ("22", "20")
    assert fixed["ended_at"] is not None
    assert call("GET", f"listings/{deviation.listing_id}")["price"] == yuan("20.00")

    assert call("POST", f"deviations/{deviation.pk}/undo")["undone_at"] is not None
    assert call("GET", f"listings/{deviation.listing_id}")["price"] == yuan("22.00")
    assert len(call("GET", "deviations?is_open=true")["results"]) == 1


def test_deviation_is_accepted_until_a_time(call, deviation):
    until = (clock.now() + timedelta(days=1)).isoformat()

    accepted = call("POST", f"deviations/{deviation.pk}/accept", {"until": until, "note": "opening week"})

    assert (accepted["is_accepted"], accepted["note"]) == (True, "opening week")
    assert call("GET", "deviations?is_open=true&is_accepted=false")["results"] == []
    call("POST", f"deviations/{deviation.pk}/accept", {"until": "2020-01-01T00:00:00Z"}, 422)


def test_policy_of_what_is_not_there_is_refused(call, channel):
    for body in (
        {"reference_channel_id": str(uuid.uuid4())},
        {"reference_channel_id": str(channel.pk), "product_id": str(uuid.uuid4())},
        {
            "reference_channel_id": str(channel.pk),
            "differences": [{"channel_id": str(uuid.uuid4()), "percent": "5"}],
        },
    ):
        call("POST", "consistency_policies", body, 422)

    assert call("GET", "consistency_policies")["results"] == []


def test_policy_is_removed(call, deviation):
    policy = call("GET", "consistency_policies")["results"][0]

    call("DELETE", f"consistency_policies/{policy['id']}", status=204)

    assert call("GET", "deviations?is_open=true")["results"] == []
