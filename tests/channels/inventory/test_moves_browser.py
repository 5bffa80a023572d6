"""A tablet in the store room: Enter goes on, a scan finds its line, and a tap sells out."""

import pytest
from django.urls import reverse

from channels.inventory.models import CountLine, StockLevel, TransferLine
from channels.inventory.services import counting, transferring
from o2o.kit.clock import now
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import StockLevelFactory, StockLocationFactory, VariantFactory
from tests.channels.inventory.conftest import make_shop
from tests.o2o.console.test_browser import CHROMIUM, house, tab  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the pages were not looked at in a browser"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def shop(house):  # noqa: F811
    with tenant_transaction(house.pk):
        shop = make_shop(house)
        shop.other = StockLocationFactory(merchant=house)
        shop.variants = [VariantFactory(merchant=house, sku=f"TEA-{number}") for number in range(3)]
        for variant in shop.variants:
            StockLevelFactory(merchant=house, variant=variant, location=shop.location, on_hand=10)
        shop.units = {variant.pk: 4 for variant in shop.variants}
    return shop


def narrow(tab):  # noqa: F811
    tab.page.set_viewport_size({"width": 820, "height": 1180})
    tab.sign_in("owner@example.com")
    return tab.page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_counting_goes_on_by_enter_and_by_scans(tab, house, shop):  # noqa: F811
    with tenant_transaction(house.pk):
        count = counting.open_count(location_id=shop.location.pk, variant_ids=list(shop.units), at=now())
    page = narrow(tab)
    tab.open(reverse("console:record_count", args=(count.pk,)))

    page.locator("[data-scan]").fill("TEA-1")
    page.keyboard.press("Enter")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.type") == "submit"
    assert fits(page)
    page.keyboard.press("Enter")
    page.get_by_text("2 lines saved. 1 is left to count.").wait_for()

    with tenant_transaction(house.pk):
        found = dict(CountLine.objects.filter(count=count).values_list("variant__sku", "counted"))
    assert found == {"TEA-0": None, "TEA-1": 12, "TEA-2": 7}
    assert tab.faults == []


def test_receipt_shows_differences_as_they_are_typed_and_before_the_yes(tab, house, shop):  # noqa: F811
    with tenant_transaction(house.pk):
        made = transferring.request_transfer(
            source_id=shop.location.pk, destination_id=shop.other.pk, units=shop.units, at=now()
        )
        transferring.ship_transfer(transfer_id=made.pk, at=now())
    page = narrow(tab)
    tab.open(reverse("console:receive_transfer", args=(made.pk,)))

    row = page.locator("tr[data-codes~=TEA-1]")
    row.locator("input").nth(0).fill("1")
    row.locator("input").nth(1).fill("1")
    row.locator("input").nth(2).fill("Crushed")
    assert row.locator("[data-difference]").text_content() == "−2"
    assert fits(page)
    page.get_by_role("button", name="Check").click()
    page.get_by_text("2 missing").wait_for()
    page.get_by_role("button", name="Received").click()
    page.get_by_text("The page shows what is missing").wait_for()

    with tenant_transaction(house.pk):
        line = TransferLine.objects.get(transfer=made, variant=shop.variants[1])
        assert (line.received, line.damaged, line.damage_reason, line.difference) == (1, 1, "Crushed", -2)
    assert tab.faults == []


def test_a_tap_sells_out_and_another_brings_back(tab, house, shop):  # noqa: F811
    page = narrow(tab)
    tab.open(reverse("console:sold_out") + f"?location={shop.location.pk}")

    page.locator(".o2o-tap", has_text="TEA-2").click()
    page.locator(".o2o-gone", has_text="TEA-2").wait_for()
    with tenant_transaction(house.pk):
        assert StockLevel.objects.get(variant=shop.variants[2]).sold_out_until
    page.locator(".o2o-gone", has_text="TEA-2").click()
    page.get_by_text("is on sale again").wait_for()

    assert fits(page)
    assert tab.faults == []


def test_goods_are_received_by_scanning(tab, house, shop):  # noqa: F811
    with tenant_transaction(house.pk):
        shop.variants[1].barcodes.create(value="6901234567892")
    page = narrow(tab)
    tab.open(reverse("console:receive_goods"))
    panel = page.locator("[data-goods]")
    rows = panel.locator("tbody tr")
    assert page.evaluate("document.activeElement.matches('[data-goods-scan]')")
    assert not page.locator("textarea[name=lines]").is_visible()

    for code in ("TEA-0", "6901234567892", "NOTHING", "TEA-1", "TEA-2 12"):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    panel.get_by_text("SKUs: 3 · units: 15").wait_for()
    panel.get_by_text("Nothing has the SKU or barcode “NOTHING”").wait_for()
    assert rows.locator("small").all_text_contents() == ["TEA-0", "TEA-1", "TEA-2"]
    assert [row.input_value() for row in rows.locator("input").all()] == ["1", "2", "12"]

    rows.nth(0).locator("input").fill("0")
    page.get_by_role("button", name="Check").click()
    panel.get_by_text("Write a whole number").wait_for()
    rows.nth(0).locator("input").fill("5")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('[data-goods-scan]')")
    rows.nth(2).get_by_role("button", name="Remove the row").click()
    panel.get_by_text("SKUs: 2 · units: 7").wait_for()
    assert fits(page)

    page.get_by_role("button", name="Check").click()
    page.get_by_text("This is what will happen").wait_for()
    page.get_by_role("button", name="Change something").click()
    panel.get_by_text("SKUs: 2 · units: 7").wait_for()
    # What still stands in the field is looked up before the form goes.
    page.keyboard.type("TEA-0")
    page.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Receive").click()
    page.get_by_text("The goods are in stock.").wait_for()

    with tenant_transaction(house.pk):
        levels = StockLevel.objects.filter(location=shop.location, variant__in=shop.variants)
        found = dict(levels.values_list("variant__sku", "on_hand"))
    assert found == {"TEA-0": 16, "TEA-1": 12, "TEA-2": 10}
    assert tab.faults == []
