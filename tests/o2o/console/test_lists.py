"""Lists: as many queries for three rows as for one, pages without counting, search, filters, empty states."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from o2o.accounts.models import Invitation
from o2o.console.keyset import BadCursorError, beyond, decode, encode, keys_of, page_of
from o2o.console.options import ConsoleModelAdmin
from o2o.console.sites import platform_site, site
from o2o.events.models import OutboxEvent
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.console.rows import make_row
from tests.o2o.console.test_matrix import list_url, names

MOST_QUERIES = 20


def queries_of(browser: Client, url: str) -> list[str]:
    browser.get(url)  # what is cached for good is cached now
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(url).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("admin", site._registry.values(), **names)
def test_three_rows_cost_what_one_costs(admin: ConsoleModelAdmin, owner: Client, merchant: Merchant) -> None:
    make_row(admin.model, merchant)
    one = queries_of(owner, list_url(admin))
    for _number in range(2):
        make_row(admin.model, merchant)
    three = queries_of(owner, list_url(admin))
    assert len(three) == len(one) <= MOST_QUERIES
    assert not [sql for sql in three if "COUNT(" in sql.upper()], "a list never counts the world"


@pytest.mark.parametrize("admin", platform_site._registry.values(), **names)
def test_platform_lists_cost_the_same_for_many_rows(
    admin: ConsoleModelAdmin, operator: Client, merchant: Merchant, other_merchant: Merchant
) -> None:
    make_row(admin.model, merchant)
    one = queries_of(operator, list_url(admin))
    make_row(admin.model, merchant)
    make_row(admin.model, other_merchant)
    assert len(queries_of(operator, list_url(admin))) == len(one) <= MOST_QUERIES


@pytest.mark.parametrize("admin", site._registry.values(), **names)
def test_an_empty_list_says_what_to_do(admin: ConsoleModelAdmin, owner: Client) -> None:
    page = owner.get(list_url(admin), {"q": "nothing is called this"} if admin.search_fields else {}).content.decode()
    assert "o2o-empty" in page
    if admin.empty and not admin.search_fields:
        assert escape(str(admin.empty.title)) in page


def test_pages_forth_and_back_show_each_row_once(owner: Client, merchant: Merchant) -> None:
    admin: Any = site._registry[OutboxEvent]
    made = [str(make_row(OutboxEvent, merchant).aggregate_id) for _number in range(7)]
    size, admin.list_per_page = admin.list_per_page, 3
    try:
        seen, pages = [], []
        context: Any = None
        url = list_url(admin)
        while url:
            context = owner.get(url).context["cl"]
            seen += [str(row.aggregate_id) for row in context.result_list]
            pages.append([row.pk for row in context.result_list])
            url = list_url(admin) + context.next_url if context.next_url else ""
        assert seen == made[::-1]
        back = owner.get(list_url(admin) + context.previous_url).context["cl"]
        assert [row.pk for row in back.result_list] == pages[-2]
        first = owner.get(list_url(admin) + back.previous_url).context["cl"]
        assert first.previous_url is None
    finally:
        admin.list_per_page = size


def test_nulls_are_neither_lost_nor_doubled(merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        for number in range(6):
            endpoint = make_row(WebhookEndpoint, merchant)
            if number % 2:
                WebhookEndpoint.objects.filter(pk=endpoint.pk).update(last_success_at=endpoint.created_at)
        for ordering in (["last_success_at"], ["-last_success_at"]):
            keys = keys_of(WebhookEndpoint, ordering)
            whole = page_of(WebhookEndpoint.objects.all(), keys, size=10).rows
            walked, after = [], None
            while True:
                page = page_of(WebhookEndpoint.objects.all(), keys, size=2, after=after)
                walked += page.rows
                if (after := page.after) is None:
                    break
            assert walked == whole
            backwards: list[WebhookEndpoint] = []
            before = encode(whole[-1], keys)
            while before:
                page = page_of(WebhookEndpoint.objects.all(), keys, size=2, before=before)
                backwards = page.rows + backwards
                before = page.before  # type: ignore[assignment]
            assert backwards == whole[:-1]


def test_a_page_deep_inside_begins_at_its_place_in_an_index(merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        row = make_row(WebhookEndpoint, merchant)
        for ordering, comparison in ((["created_at"], ">="), (["-created_at"], "<=")):
            keys = keys_of(WebhookEndpoint, ordering)
            condition = beyond(keys, [key.value_of(row) for key in keys])
            assert f'"created_at" {comparison} ' in str(WebhookEndpoint.objects.filter(condition).query)


def test_a_cursor_of_another_order_is_refused(merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        row = make_row(WebhookEndpoint, merchant)
        cursor = encode(row, keys_of(WebhookEndpoint, ["created_at"]))
        with pytest.raises(BadCursorError):
            decode(cursor, keys_of(WebhookEndpoint, ["-pk"]))
        with pytest.raises(BadCursorError):
            decode("nonsense", keys_of(WebhookEndpoint, ["-pk"]))


def test_a_broken_cursor_shows_the_first_page(owner: Client, merchant: Merchant) -> None:
    admin: Any = site._registry[OutboxEvent]
    assert owner.get(list_url(admin), {"after": "nonsense"}, follow=True).status_code == 200


def test_search_finds_and_filters_cut(owner: Client, merchant: Merchant) -> None:
    admin: Any = site._registry[Invitation]
    wanted, other = make_row(Invitation, merchant), make_row(Invitation, merchant)
    page = owner.get(list_url(admin), {"q": wanted.email}).content.decode()
    assert wanted.email in page
    assert other.email not in page
    assert "o2o-empty" in owner.get(list_url(admin), {"role__exact": "owner"}).content.decode()


def test_lookups_that_the_list_does_not_offer_are_refused(owner: Client) -> None:
    admin: Any = site._registry[Invitation]
    assert owner.get(list_url(admin), {"token_checksum__startswith": "a"}).status_code == 400
