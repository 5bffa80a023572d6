"""The account's pages in a real browser: they work, and the strict policy refuses nothing of theirs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from o2o.accounts.models import User
from o2o.accounts.services.invitations import create_person, invite_first_owner
from o2o.kit import clock
from tests.factories import MembershipFactory, MerchantFactory
from tests.o2o.accounts.conftest import PASSWORD

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("committed_db"),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
]
PAGES = (
    "/account/profile/", "/account/email/", "/account/password/change/", "/account/2fa/", "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/", "/account/2fa/webauthn/add/", "/account/sessions/", "/account/merchant/",
    "/account/logout/",
)  # fmt: skip
OUTSIDE = ("/account/login/", "/account/password/reset/", "/account/signup/", "/account/invitation/rubbish/")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    # Playwright's loop runs in this thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(chromium: Any, live_server: Any, complaints: list[str]) -> Iterator[Any]:
    context = chromium.new_context(
        base_url=live_server.url.replace("127.0.0.1", "localhost"),
        locale=os.environ.get("O2O_TEST_LOCALE", "en"),
        color_scheme=os.environ.get("O2O_TEST_SCHEME", "light"),
        viewport={"width": int(os.environ.get("O2O_TEST_WIDTH", "1100")), "height": 900},
    )
    page = context.new_page()
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


def shot(page: Any, name: str) -> None:
    """Keep a picture where ``O2O_TEST_PICTURES`` says."""
    if folder := os.environ.get("O2O_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name.strip('/').replace('/', '-')}.png", full_page=True)


def submit(page: Any) -> None:
    """Send the form and wait for the whole answer: a click alone returns when the page begins to arrive."""
    with page.expect_navigation():
        page.click("form button.button[type=submit]")


def sign_in(page: Any, email: str = "alice@example.com") -> None:
    page.goto("/account/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    submit(page)


@pytest.fixture
def alice(settings: Any) -> User:
    settings.ALLOWED_HOSTS = ["*"]
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    user = create_person(email="alice@example.com", name="Alice", password=PASSWORD)
    MembershipFactory(user=user, merchant=MerchantFactory(name="Tea House"))
    MembershipFactory(user=user, merchant=MerchantFactory(name="茶馆 Book Shop"))
    return user


def test_pages_show_without_complaint(page: Any, alice: User, complaints: list[str]) -> None:
    for path in OUTSIDE:
        page.goto(path)
        shot(page, path)
    complaints[:] = [text for text in complaints if "404" not in text]
    sign_in(page)
    for path in PAGES:
        page.goto(path)
        shot(page, path)
        assert page.locator("h1").count() == 1, path
        unlabelled = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
            ".filter(field => !field.labels.length).map(field => field.name)"
        )
        assert unlabelled == [], path
        if page.locator("main form input:not([type=hidden]):not([disabled])").count():
            assert page.locator("[autofocus]").count() == 1, path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert complaints == []


def test_passkey_is_made_and_signs_in(page: Any, alice: User, complaints: list[str]) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(page)
    page.goto("/account/2fa/webauthn/add/")
    assert page.is_checked("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/account/2fa/recovery-codes/")
    shot(page, "recovery-codes")
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.click("#passkey_login")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/account/profile/")
    assert page.input_value("#id_name") == "Alice"
    page.context.clear_cookies()
    sign_in(page)
    assert "/account/2fa/authenticate/" in page.url
    shot(page, "authenticate")
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_url(lambda url: "/2fa/" not in url)
    assert [text for text in complaints if "404" not in text and "500" not in text] == []


def test_invitation_is_accepted(page: Any, settings: Any, complaints: list[str]) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    merchant = MerchantFactory.create(name="Noodle Bar")
    issued = invite_first_owner(merchant=merchant, email="boss@example.com", at=clock.now())
    page.goto(f"/account/invitation/{issued.token}/")
    assert page.url.endswith("/account/invitation/")
    shot(page, "invitation")
    page.fill("#id_name", "Boss")
    page.fill("#id_password1", "short")
    page.fill("#id_password2", "short")
    submit(page)
    shot(page, "invitation-refused")
    assert page.locator(".field-wrong").count() == 1
    page.fill("#id_password1", PASSWORD)
    page.fill("#id_password2", PASSWORD)
    submit(page)
    page.goto("/account/profile/")
    assert page.input_value("#id_name") == "Boss"
    assert [text for text in complaints if "404" not in text and "500" not in text] == []


def test_lockout_page_helps(page: Any, alice: User) -> None:
    page.goto("/account/login/")
    for _turn in range(5):
        page.fill("#id_login", "alice@example.com")
        page.fill("#id_password", "wrong-password")
        submit(page)
    shot(page, "locked-out")
    assert page.locator("a[href='/account/password/reset/']").count() == 1
