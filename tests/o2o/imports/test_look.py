"""The pages of an import in a real browser, from the file to its undoing."""

import os
from pathlib import Path
from typing import Any

import pytest

from o2o.imports.models import ImportBatch
from o2o.tenancy.capabilities import ROLE_CAPABILITIES
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.console.test_browser import CHROMIUM, Watched, house, tab  # noqa: F401 - fixtures
from tests.o2o.imports.conftest import run

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"), pytest.mark.timeout(120)]
WIDTHS = (1440, 820)
FILE = "SKU,Name,Price\nA-1,Green tea,12.50\nA-2,Black tea,abc\nA-3,=cmd,1\n"


def look(page: Any, name: str) -> None:
    """Keep a picture of each width where a folder for them is named."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, (name, width)
        if folder := os.environ.get("LOOK_AT"):
            page.screenshot(path=f"{folder}/{name}-{width}.png")


def latest(merchant: Merchant) -> ImportBatch:
    with tenant_transaction(merchant.pk):
        return ImportBatch.objects.order_by("-pk").first()


def test_a_file_goes_all_the_way(tab: Watched, house: Merchant, tmp_path: Path) -> None:  # noqa: F811
    assert ROLE_CAPABILITIES[Role.OWNER]
    tab.sign_in("owner@example.com")
    page = tab.page
    tab.open("/imports/")
    look(page, "empty")
    page.get_by_role("link", name="New import").first.click()
    page.get_by_role("link", name="Choose").first.wait_for()
    look(page, "kinds")
    tab.open("/imports/new/?kind=test.things")
    look(page, "upload")
    file = tmp_path / "things.csv"
    file.write_text(FILE, encoding="utf-8")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="Compare with what is there").click()
    page.locator(".o2o-job").wait_for()
    look(page, "planning")
    run(latest(house))
    page.get_by_role("link", name="Apply 2 rows").wait_for()
    look(page, "preview")
    page.get_by_role("link", name="Rejected 1").click()
    page.get_by_text("“abc” is not a number").wait_for()
    look(page, "rejected")
    page.get_by_role("link", name="Correct how it is read").first.click()
    look(page, "reading")
    page.go_back()
    page.get_by_role("link", name="Apply 2 rows").click()
    look(page, "apply")
    page.get_by_role("button", name="Apply 2 rows").click()
    page.locator(".o2o-job").wait_for()
    run(latest(house))
    page.get_by_role("link", name="Undo this import").wait_for()
    look(page, "applied")
    page.get_by_role("link", name="Undo this import").click()
    look(page, "undo")
    page.get_by_role("button", name="Undo 2 rows").click()
    page.locator(".o2o-job").wait_for()
    run(latest(house))
    page.get_by_text("undone", exact=True).first.wait_for()
    look(page, "undone")
    tab.open("/imports/")
    look(page, "list")
    assert tab.faults == []
