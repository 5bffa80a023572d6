"""The table of a list: what its cells say, and that nothing of a row becomes markup."""

import re

import pytest
from django.test import Client
from django.test.utils import override_settings

from o2o.accounts.models import Invitation
from o2o.console import rows as rows_module
from o2o.console.sites import site
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.console.rows import make_row
from tests.o2o.console.test_matrix import list_url


def cells(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", body, re.DOTALL)]


def test_a_row_leads_to_its_page_and_back_to_the_filtered_list(owner: Client, merchant: Merchant) -> None:
    row = make_row(Invitation, merchant)
    page = owner.get(list_url(site._registry[Invitation]), {"q": row.email}).content.decode()
    assert f"{row.pk}/change/?_changelist_filters=q%3D" in page
    assert row.email in cells(page)


def test_text_of_a_row_is_escaped(owner: Client, merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        row = make_row(WebhookEndpoint, merchant)
        WebhookEndpoint.objects.filter(pk=row.pk).update(description="<script>alert(1)</script>")
    page = owner.get(list_url(site._registry[WebhookEndpoint])).content.decode()
    assert "<script>alert(1)" not in page


def test_a_truth_is_a_word_and_an_unknown_one_a_dash() -> None:
    assert ">yes<" in rows_module._yes_or_no(True)
    assert ">no<" in rows_module._yes_or_no(False)
    assert rows_module._yes_or_no(None) == "–"


@override_settings(DEBUG=False)
def test_columns_are_found_out_once_for_all_rows(
    owner: Client, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    find = rows_module.result_headers
    monkeypatch.setattr(rows_module, "result_headers", lambda changelist: asked.append(1) or find(changelist))
    for _number in range(3):
        make_row(Invitation, merchant)
    owner.get(list_url(site._registry[Invitation]))
    assert asked == [1]
