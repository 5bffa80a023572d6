"""The console in a real browser: no script fails, nothing breaks the Content-Security-Policy, people get through."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from o2o.accounts.services.invitations import create_person
from o2o.console.sites import platform_site, site
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory, MerchantFactory
from tests.o2o.console.rows import MAKERS, make_row
from tests.o2o.console.test_matrix import list_url, page_url

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "correct-horse-battery"

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed: the console was not looked at in a browser"
    ),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]


class Watched:
    """A tab that remembers what went wrong in it."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base, self.faults = page, base, []  # type: ignore[var-annotated]
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{self.page.url}: {message.text}")

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, email: str) -> None:
        self.open(reverse("account_login"))
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/account/login" not in url)


@pytest.fixture
def tab(live_server: Any, committed_db: None) -> Iterator[Watched]:
    """A tab of Chromium on a live server."""
    sync_api = pytest.importorskip("playwright.sync_api")
    # Playwright runs an event loop in this thread, in which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Watched(browser.new_page(locale="en-US"), live_server.url)
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def house(committed_db: None) -> Merchant:
    """A merchant with an owner who can sign in, and somebody else."""
    merchant = MerchantFactory(name="Tea House", slug="tea-house", language="en")
    person = create_person(email="owner@example.com", name="Olive Owner", password=PASSWORD, language="en")
    MembershipFactory(merchant=merchant, user=person, role=Role.OWNER)
    return merchant


def test_an_owner_finds_the_way_through(tab: Watched, house: Merchant) -> None:
    tab.sign_in("owner@example.com")
    page = tab.page
    page.get_by_text("Setting up").wait_for()
    page.get_by_role("link", name="Invite a colleague").click()
    page.fill("input[name=email]", "new@example.com")
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_text("has been sent a link").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("audit")
    page.locator("#palette-results a", has_text="Audit trail").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit/")
    page.get_by_text("new@example.com").first.wait_for()
    page.locator("[data-user-menu]").click()
    page.get_by_role("button", name="简体中文").click()
    page.get_by_role("heading", name="操作日志").wait_for()
    assert tab.faults == []


def test_every_page_runs_without_a_fault(tab: Watched, house: Merchant) -> None:
    urls = ["/"]
    for admin in site._registry.values():
        row = make_row(admin.model, house)
        urls += [list_url(admin), list_url(admin, "change", row.pk)]
        urls += [list_url(admin, "act", row.pk, act.name) for act in admin.acts if act.fits(row)][:1]
    urls += [page_url(page, house) for page in site.pages.values() if not page.is_part]
    tab.sign_in("owner@example.com")
    for url in urls:
        tab.open(url)
    assert tab.faults == []


def test_every_page_of_the_platform_runs_without_a_fault(tab: Watched, house: Merchant) -> None:
    create_person(email="operator@example.com", name="Ola", password=PASSWORD, language="en", is_operator=True)
    urls = ["/platform/"]
    for admin in platform_site._registry.values():
        assert admin.model in MAKERS
        urls.append(list_url(admin))
    tab.sign_in("operator@example.com")
    for url in urls:
        tab.open(url)
    assert tab.faults == []


def test_the_watcher_sees_a_broken_policy(tab: Watched, house: Merchant) -> None:
    """The control: an inline script is refused, and the refusal is noticed."""
    tab.sign_in("owner@example.com")
    tab.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = '1'; document.body.append(s); }"
    )
    tab.page.wait_for_timeout(300)
    assert any("Content Security Policy" in fault for fault in tab.faults)
