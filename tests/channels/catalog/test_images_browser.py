"""Pictures in a real browser: chosen, shown at once, moved by keyboard; a bad one is named, the good ones stay."""

import pytest
from django.urls import reverse

from channels.catalog.models import ProductImage
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.pictures import encoded, noisy
from tests.channels.factories import ProductFactory
from tests.o2o.console.test_browser import CHROMIUM, house, tab  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the pages were not looked at in a browser"),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]


def files(*named):
    return [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in named]


def test_pictures_are_chosen_shown_described_moved_and_deleted(tab, house):  # noqa: F811
    with tenant_transaction(house.pk):
        product = ProductFactory(merchant=house, name="Jasmine")
    tab.page.set_viewport_size({"width": 820, "height": 1180})
    tab.sign_in("owner@example.com")
    page = tab.page
    tab.open(reverse("console:catalog_product_change", args=(product.pk,)))

    chosen = files(("a.png", encoded()), ("menu.svg", b"<svg/>"), ("b.jpg", noisy()))
    page.set_input_files("input[type=file]", chosen)
    page.get_by_text("“menu.svg” is an SVG drawing").wait_for()
    page.locator("[data-picture]").nth(1).wait_for()
    assert page.locator("[data-picture]").count() == 2
    # Chromium says of every refusal that a resource failed to load.
    assert [fault for fault in tab.faults if "422" not in fault] == []
    tab.faults.clear()

    second = page.locator("[data-picture]").nth(1)
    second.get_by_label("Description").fill("A cup")
    page.keyboard.press("Enter")
    page.locator(".o2o-saved").wait_for()
    moved = second.get_attribute("data-picture")
    second.get_by_role("button", name="Earlier").focus()
    page.keyboard.press("Enter")
    page.locator(f"[data-picture='{moved}']:first-child").wait_for()
    # Nothing is earlier than the first, so the focus goes to the way back.
    page.wait_for_function("document.activeElement.value === 'later'")
    page.locator("[data-picture]").nth(1).get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Deleted.").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("[data-picture] img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    with tenant_transaction(house.pk):
        assert [(str(image.pk), image.description) for image in ProductImage.objects.all()] == [(moved, "A cup")]
    assert tab.faults == []
