"""The pages on which stock is moved and counted: in two steps, once, blindly, and each store for itself."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.catalog.models import Barcode
from channels.inventory.models import CycleCount, StockLevel, StockMovement, TransferOrder
from channels.inventory.services import counting, transferring
from o2o.kit.clock import now
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_scope, tenant_transaction
from tests.channels.factories import StockLevelFactory, StockLocationFactory
from tests.channels.inventory.conftest import allocate, make_shop
from tests.o2o.console.conftest import owner, sign_in  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(merchant):
    with tenant_transaction(merchant.pk):
        shop = make_shop(merchant)
        shop.other = StockLocationFactory(merchant=merchant)
        shop.second = StockLevelFactory(merchant=merchant, location=shop.location, on_hand=5).variant
    return shop


def page(name, *args):
    return reverse(f"console:{name}", args=args)


def on_hand(shop, location=None, variant=None):
    with tenant_scope(shop.merchant.pk):
        found = StockLevel.objects.filter(variant=variant or shop.variant, location=location or shop.location)
        return found.values_list("on_hand", flat=True).first()


def hidden(answer):
    """Return what the second step of a page would send."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.content.decode())
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def confirmed(browser, url, checked):
    return browser.post(url, {**hidden(checked), "confirmed": "yes"}, follow=True)


def transfer(shop, units=4, *, is_shipped=False):
    with tenant_transaction(shop.merchant.pk):
        made = transferring.request_transfer(
            source_id=shop.location.pk, destination_id=shop.other.pk, units={shop.variant.pk: units}, at=now()
        )
        if is_shipped:
            transferring.ship_transfer(transfer_id=made.pk, at=now())
        made.line_id = made.lines.get().pk
    return made


def count(shop, found=None):
    with tenant_transaction(shop.merchant.pk):
        made = counting.open_count(location_id=shop.location.pk, at=now(), recount_above=100)
        if found is not None:
            counting.record_count(count_id=made.pk, units={shop.variant.pk: found, shop.second.pk: 5}, at=now())
            counting.submit_count(count_id=made.pk, at=now())
        made.line_ids = dict(made.lines.values_list("variant_id", "pk"))
    return made


def bound(sign_in, *places, role=Role.STORE_MANAGER):  # noqa: F811
    return sign_in(role, location_ids=[place.pk for place in places], user__language="en")


def goods(owner, shop, name="receive_goods", **fields):  # noqa: F811
    slip = re.search(r'name="slip" value="([^"]+)"', owner.get(page(name)).content.decode())
    reason = {"receive_goods": "purchase", "write_off": "loss"}[name]
    return {"location_id": shop.location.pk, "lines": "", "reason": reason, "slip": slip.group(1), **fields}


def test_goods_are_checked_before_they_are_booked_and_booked_once(owner, shop):  # noqa: F811
    url = page("receive_goods")
    checked = owner.post(url, goods(owner, shop, lines=f"{shop.variant.sku} 3\n{shop.variant.sku}"))

    assert "This is what will happen" in checked.content.decode()
    assert on_hand(shop) == 10
    assert "The goods are in stock." in confirmed(owner, url, checked).content.decode()
    again = confirmed(owner, url, checked)
    assert "booked already" in again.content.decode()
    assert on_hand(shop) == 14


def test_codes_are_looked_up_while_people_scan(owner, shop):  # noqa: F811
    with tenant_transaction(shop.merchant.pk):
        shop.variant.barcodes.create(value="6900000000001")
    url = page("goods_of_codes")
    found = owner.get(url, {"code": ["6900000000001", shop.second.sku, "NOTHING", "x" * 200]}).json()
    assert {code: goods["sku"] for code, goods in found.items()} == {
        "6900000000001": shop.variant.sku,
        shop.second.sku: shop.second.sku,
    }
    assert found[shop.second.sku]["id"] == str(shop.second.pk)
    assert owner.get(url).json() == {}


@pytest.mark.parametrize(
    "content", [b"sku,units\r\nSKU-X,4\r\n6901234567892,2\r\n", "\ufeff货号;数量\nSKU-X;6\n".encode("gb18030")]
)
def test_goods_come_out_of_a_file(owner, shop, content):  # noqa: F811
    with tenant_transaction(shop.merchant.pk):
        shop.variant.sku = "SKU-X"
        shop.variant.save()
        Barcode.objects.create(variant=shop.variant, value="6901234567892")
    url = page("receive_goods")

    checked = owner.post(url, goods(owner, shop, file=SimpleUploadedFile("goods.csv", content)))
    confirmed(owner, url, checked)

    assert on_hand(shop) == 16


def test_goods_that_nobody_knows_are_named(owner, shop):  # noqa: F811
    for lines, text in (("NO-SUCH 3", "NO-SUCH"), ("SKU x", "Line 1"), ("", "at least one SKU")):
        answer = owner.post(page("receive_goods"), goods(owner, shop, lines=lines))
        assert text in answer.content.decode()
    file = SimpleUploadedFile("goods.xlsx", b"PK\x03\x04\xff\xff\xff")
    assert "save it as CSV" in owner.post(page("receive_goods"), goods(owner, shop, file=file)).content.decode()
    assert on_hand(shop) == 10


def test_write_off_shows_what_is_promised_and_leaves_it(owner, shop):  # noqa: F811
    with tenant_transaction(shop.merchant.pk):
        allocate(shop, 8)
    url = page("write_off")
    checked = owner.post(url, goods(owner, shop, "write_off", lines=f"{shop.variant.sku} 3"))

    refused = confirmed(owner, url, checked)

    assert "Less would be left than is promised" in checked.content.decode()
    assert "of which 8 are promised" in refused.content.decode()
    assert on_hand(shop) == 10


def test_shipping_shows_the_difference_first(owner, shop):  # noqa: F811
    made = transfer(shop)
    url = page("ship_transfer", made.pk)

    checked = owner.post(url, {f"units-{made.line_id}": 3})
    assert (on_hand(shop), "-1" in checked.content.decode()) == (10, True)
    back = owner.post(url, {**hidden(checked), "back": "yes"})
    assert 'value="3"' in back.content.decode()
    confirmed(owner, url, checked)

    assert on_hand(shop) == 7
    assert "not possible now" in owner.get(url).content.decode()


def test_receiving_wants_a_reason_and_shows_what_is_missing(owner, shop):  # noqa: F811
    made = transfer(shop, is_shipped=True)
    url = page("receive_transfer", made.pk)
    figures = {f"units-{made.line_id}": 1, f"damaged-{made.line_id}": 2, f"reason-{made.line_id}": ""}

    assert "Say what is damaged." in owner.post(url, figures).content.decode()
    checked = owner.post(url, {**figures, f"reason-{made.line_id}": "Crushed"})
    assert "1 missing" in checked.content.decode()
    confirmed(owner, url, checked)
    second = confirmed(owner, url, checked)

    assert "this is not possible then" in second.content.decode()
    assert on_hand(shop, shop.other) == 1
    back = page("take_back_transfer", made.pk)
    confirmed(owner, back, owner.post(back, {f"units-{made.line_id}": 1}))
    assert on_hand(shop) == 7


def test_steps_of_a_transfer_belong_to_its_ends(sign_in, shop):  # noqa: F811
    with tenant_transaction(shop.merchant.pk):
        third = StockLocationFactory(merchant=shop.merchant)
    source, destination, stranger = (bound(sign_in, place) for place in (shop.location, shop.other, third))
    made = transfer(shop)
    for browser, opened in ((source, (200, 404, 200)), (destination, (404, 200, 404)), (stranger, (404, 404, 404))):
        steps = ("ship_transfer", "receive_transfer", "take_back_transfer")
        assert tuple(browser.get(page(step, made.pk)).status_code for step in steps) == opened
    assert destination.post(page("ship_transfer", made.pk), {"confirmed": "yes"}).status_code == 404
    detail = page("inventory_transferorder_change", made.pk)
    assert page("ship_transfer", made.pk) in source.get(detail).content.decode()
    assert page("ship_transfer", made.pk) not in destination.get(detail).content.decode()
    assert stranger.get(detail).status_code == 404


def test_nobody_requests_goods_for_or_works_at_a_store_of_others(sign_in, shop):  # noqa: F811
    manager = bound(sign_in, shop.other)
    lines = f"{shop.variant.sku} 1"

    asked = {"source_id": shop.other.pk, "destination_id": shop.location.pk, "units": lines}
    assert "Select a valid choice" in manager.post(page("request_transfer"), asked).content.decode()
    opened = manager.post(page("open_count"), {"location_id": shop.location.pk, "recount_above": 0})
    assert "Select a valid choice" in opened.content.decode()
    taken = manager.post(page("write_off"), goods(manager, shop, "write_off", lines=lines))
    assert "Select a valid choice" in taken.content.decode()
    tapped = {"location": shop.location.pk, "variant": shop.variant.pk}
    assert manager.post(page("sold_out"), tapped).status_code == 404
    assert manager.get(page("sold_out"), {"location": shop.location.pk}).status_code == 404

    with tenant_scope(shop.merchant.pk):
        assert not TransferOrder.objects.exists()
        assert not CycleCount.objects.exists()
        assert not StockMovement.objects.filter(kind="adjusted").exists()
        assert not StockLevel.objects.filter(sold_out_until__isnull=False).exists()


@pytest.mark.parametrize("role", [Role.CLERK, Role.STORE_MANAGER, Role.OWNER])
def test_counting_is_blind_for_everybody(sign_in, shop, role):  # noqa: F811
    with tenant_transaction(shop.merchant.pk):
        StockLevelFactory(merchant=shop.merchant, location=shop.location, on_hand=7777)
        made = counting.open_count(location_id=shop.location.pk, at=now())
    browser = sign_in(role, user__language="en")

    for url in (page("record_count", made.pk), page("inventory_cyclecount_change", made.pk)):
        shown = browser.get(url).content.decode()
        assert made.number in shown
        assert "7777" not in shown
        assert "7,777" not in shown


def test_lines_are_counted_saved_and_left(sign_in, shop):  # noqa: F811
    clerk, made = bound(sign_in, shop.location, role=Role.CLERK), count(shop)
    url = page("record_count", made.pk)

    some = clerk.post(url, {f"found-{made.line_ids[shop.variant.pk]}": 9, f"found-{made.line_ids[shop.second.pk]}": ""})
    assert some["Location"] == url
    left = clerk.get(url).content.decode()
    assert (shop.variant.sku in left, shop.second.sku in left, "1 of 2 counted" in left) == (False, True, True)
    rest = clerk.post(url, {f"found-{made.line_ids[shop.second.pk]}": 5}, follow=True)

    assert "Everything is counted" in rest.content.decode()
    assert "Everything is counted" in clerk.get(url).content.decode()
    assert shop.variant.sku in clerk.get(url, {"all": 1}).content.decode()
    assert shop.second.sku not in clerk.get(url, {"q": shop.variant.sku}).content.decode().split("<table")[1]
    assert "is not part of this count" in clerk.get(url, {"q": "NOPE"}).content.decode()
    assert clerk.post(url, {"found-nonsense": 1}).status_code == 404


def test_review_shows_what_posting_does_and_posts(owner, shop):  # noqa: F811
    made = count(shop, found=7)
    url, word = page("review_count", made.pk), f"word-{made.line_ids[shop.variant.pk]}"

    checked = owner.post(url, {word: "accept"})
    assert "Post it" in checked.content.decode()
    assert on_hand(shop) == 10
    done = confirmed(owner, url, checked)

    assert "Posted: 3 units" in done.content.decode()
    assert on_hand(shop) == 7


def test_review_sends_lines_back_and_saves_what_is_undecided(owner, shop):  # noqa: F811
    made = count(shop, found=7)
    url, word = page("review_count", made.pk), f"word-{made.line_ids[shop.variant.pk]}"

    assert "nothing is posted yet" in confirmed(owner, url, owner.post(url, {word: ""})).content.decode().lower()
    confirmed(owner, url, owner.post(url, {word: "recount"}))

    with tenant_scope(shop.merchant.pk):
        made.refresh_from_db()
        assert made.state == "open"
        assert made.lines.get(variant=shop.variant).needs_recount
    assert on_hand(shop) == 10
    assert "nothing to review now" in owner.get(url).content.decode()


def test_review_refuses_to_post_what_was_adjusted_since(owner, shop):  # noqa: F811
    from channels.inventory import services

    made = count(shop, found=7)
    with tenant_transaction(shop.merchant.pk):
        services.adjust_stock(changes=[(shop.variant.pk, shop.location.pk, -3)], reason="loss", at=now())
    url, word = page("review_count", made.pk), f"word-{made.line_ids[shop.variant.pk]}"

    checked = owner.post(url, {word: "accept"})
    forced = confirmed(owner, url, checked)

    assert "Adjusted after it was counted" in checked.content.decode()
    assert 'name="confirmed"' not in checked.content.decode()
    assert "was adjusted after it was counted" in forced.content.decode()
    assert on_hand(shop) == 7


def test_one_tap_sells_out_and_one_brings_back(sign_in, shop):  # noqa: F811
    clerk = bound(sign_in, shop.location, role=Role.CLERK)
    tap = {"location": shop.location.pk, "variant": shop.variant.pk}

    assert "is sold out until" in clerk.post(page("sold_out"), tap, follow=True).content.decode()
    assert "Sold out now" in clerk.get(page("sold_out")).content.decode()
    assert "is on sale again" in clerk.post(page("sold_out"), {**tap, "restore": 1}, follow=True).content.decode()
    assert clerk.post(page("sold_out"), {"location": shop.location.pk, "variant": "x"}).status_code == 404


def test_empty_pages_say_what_to_do(owner, merchant):  # noqa: F811
    assert "There is no store yet" in owner.get(page("sold_out")).content.decode()
    with tenant_transaction(merchant.pk):
        StockLocationFactory(merchant=merchant)
    assert "This store has no goods yet" in owner.get(page("sold_out")).content.decode()
    assert "Every counter agrees" in owner.get(page("inventory_stockcheck_changelist")).content.decode()


@pytest.mark.parametrize("name", ["ship_transfer", "record_count", "review_count", "sold_out"])
def test_pages_take_as_many_queries_for_many_lines(owner, shop, name):  # noqa: F811
    taken = []
    for lines in (1, 20):
        with tenant_transaction(shop.merchant.pk):
            place = StockLocationFactory(merchant=shop.merchant)
            levels = [StockLevelFactory(merchant=shop.merchant, location=place, on_hand=5) for _ in range(lines)]
            units = {level.variant_id: 2 for level in levels}
            made: Any
            if name == "ship_transfer":
                made = transferring.request_transfer(
                    source_id=place.pk, destination_id=shop.other.pk, units=units, at=now()
                )
            else:
                made = counting.open_count(location_id=place.pk, at=now(), recount_above=9)
            if name == "review_count":
                counting.record_count(count_id=made.pk, units=units, at=now())
                counting.submit_count(count_id=made.pk, at=now())
        url = page(name) + f"?location={place.pk}" if name == "sold_out" else page(name, made.pk)
        owner.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(url).status_code == 200
        taken.append(len(queries))

    assert taken[0] == taken[1]
