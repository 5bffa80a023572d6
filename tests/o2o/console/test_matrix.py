"""Each page × each role, generated from what is registered (S1): who may, who may not, and rows of others."""

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client, RequestFactory
from django.urls import reverse

from o2o.console.options import ConsoleModelAdmin
from o2o.console.pages import Page
from o2o.console.policy import EVERYBODY, OPERATORS, Demand
from o2o.console.sites import platform_site, site
from o2o.tenancy.capabilities import ROLE_CAPABILITIES, Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.o2o.console.conftest import SignIn
from tests.o2o.console.rows import KEYS, MAKERS, make_row

LISTS = list(site._registry.values())
PAGES = list(site.pages.values())
PLATFORM_LISTS = list(platform_site._registry.values())
names = {"ids": lambda thing: thing.__name__ if isinstance(thing, type) else type(thing).__name__}


def may(role: Role, demand: Demand | None) -> bool:
    """Say whether a role meets a demand, by the table and not by the code under test."""
    if demand is EVERYBODY:
        return True
    return isinstance(demand, Capability) and demand in ROLE_CAPABILITIES[role]


def list_url(admin: Any, view: str = "changelist", *args: Any) -> str:
    return reverse(admin.url_name(view), args=args)


def page_url(page: type[Page], merchant: Merchant) -> str:
    names = [part.split(":")[1].rstrip(">") for part in page.path.split("/") if part.startswith("<")]
    return reverse(page.url_name, kwargs={name: make_row(KEYS[name], merchant).pk for name in names})


def test_every_list_has_a_maker_of_rows() -> None:
    assert {admin.model for admin in [*LISTS, *PLATFORM_LISTS]} <= set(MAKERS)


@pytest.mark.parametrize("page", PAGES, **names)
def test_page_opens_to_whom_it_says(page: type[Page], sign_in: SignIn, merchant: Merchant) -> None:
    url = page_url(page, merchant)
    for role in Role:
        expected = 200 if may(role, page.demand("view")) else 403
        assert sign_in(role).get(url).status_code == expected, role


@pytest.mark.parametrize("admin", LISTS, **names)
def test_list_row_and_acts_open_to_whom_they_say(admin: ConsoleModelAdmin, sign_in: SignIn, merchant: Merchant) -> None:
    row = make_row(admin.model, merchant)
    for role in Role:
        browser = sign_in(role)
        expected = 200 if may(role, admin.policy.get("view")) else 403
        assert browser.get(list_url(admin)).status_code == expected, role
        assert browser.get(list_url(admin, "change", quote(row.pk))).status_code == expected, role
        if admin.export_columns:
            assert browser.get(list_url(admin, "export")).status_code == expected, role
        for act in admin.acts:
            allowed = may(role, act.demand) and expected == 200
            wanted = 404 if not act.fits(row) else 200 if allowed else 403
            url = list_url(admin, "act", quote(row.pk), act.name)
            assert browser.get(url).status_code == wanted, (role, act.name)


@pytest.mark.parametrize("admin", LISTS, **names)
def test_rows_of_another_merchant_do_not_exist(
    admin: ConsoleModelAdmin, owner: Client, other_merchant: Merchant
) -> None:
    theirs = make_row(admin.model, other_merchant)
    assert owner.get(list_url(admin, "change", quote(theirs.pk))).status_code == 404
    for act in admin.acts:
        assert owner.post(list_url(admin, "act", quote(theirs.pk), act.name)).status_code == 404
    assert str(theirs.pk) not in owner.get(list_url(admin)).content.decode()


@pytest.mark.parametrize("page", [page for page in PAGES if "<" in page.path], **names)
def test_pages_about_rows_of_another_merchant_do_not_exist(
    page: type[Page], owner: Client, other_merchant: Merchant
) -> None:
    url = page_url(page, other_merchant)
    assert owner.get(url).status_code == 404


@pytest.mark.parametrize("url", [list_url(admin) for admin in LISTS] + ["/"])
def test_strangers_are_sent_to_sign_in(url: str, db: None) -> None:
    answer = Client().get(url)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


@pytest.mark.parametrize("admin", PLATFORM_LISTS, **names)
def test_operators_see_all_and_owners_nothing_of_the_platform(
    admin: ConsoleModelAdmin, operator: Client, owner: Client, merchant: Merchant
) -> None:
    row = make_row(admin.model, merchant)
    for url in (list_url(admin), list_url(admin, "change", quote(row.pk))):
        assert operator.get(url).status_code == 200
        assert owner.get(url).status_code == 302


def test_operators_have_no_merchant_of_their_own(operator: Client) -> None:
    assert operator.get("/").status_code == 302


def test_a_class_without_policy_fails_the_check() -> None:
    """The control: the check does see what declares nothing, or nonsense."""
    from o2o.console.policy import faults_in

    assert faults_in(None) == ["declares no policy"]
    assert faults_in({}) == ["declares no policy"]
    assert faults_in({"change": Capability.STAFF_READ}) == ["does not say who may view it"]
    assert faults_in({"view": "staff:read"})
    assert not faults_in({"view": OPERATORS})


def test_nobody_meets_an_undeclared_demand(merchant: Merchant) -> None:
    from o2o.console.policy import is_allowed

    request = RequestFactory().get("/")
    request.is_platform = True
    assert not is_allowed(request, None)
