"""Exports: all rows of the filtered list, and nothing that a spreadsheet would run (S10)."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from o2o.console import export
from o2o.console.export import inert
from o2o.console.sites import site
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.console.rows import make_row
from tests.o2o.console.test_matrix import list_url


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", " =", "＝"])
def test_text_that_looks_like_a_formula_is_inert(start: str) -> None:
    assert inert(f"{start}HYPERLINK(1)").startswith("'")


def test_numbers_stay_numbers() -> None:
    assert inert(Decimal("-5.50")) == "-5.50"
    assert inert(-3) == "-3"
    assert inert(None) == ""


def rows_of(owner: Client, **query: str) -> list[list[str]]:
    admin: Any = site._registry[WebhookEndpoint]
    answer = owner.get(list_url(admin, "export"), query)
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:])))


def test_the_filtered_list_is_exported_whole(
    owner: Client, merchant: Merchant, other_merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_PER_QUERY", 2)
    made = [make_row(WebhookEndpoint, merchant) for _number in range(5)]
    make_row(WebhookEndpoint, other_merchant)
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(pk=made[0].pk).update(description="=cmd|' /C calc'!A0")
    header, *rows = rows_of(owner)
    assert [row[1] for row in rows] == [endpoint.url for endpoint in reversed(made)]
    assert rows[-1][0] == "'=cmd|' /C calc'!A0"
    assert len(header) == len(rows[0])
    assert len(rows_of(owner, q=made[0].url)) == 2


def workbook(answer: Any) -> list[tuple[Any, ...]]:
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)), data_only=False)
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    return list(book.active.iter_rows(values_only=True))


def test_the_filtered_list_is_a_workbook_as_well(
    owner: Client, merchant: Merchant, other_merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_PER_QUERY", 2)
    made = [make_row(WebhookEndpoint, merchant) for _number in range(3)]
    make_row(WebhookEndpoint, other_merchant)
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(pk=made[0].pk).update(description="=cmd|' /C calc'!A0")
    address = list_url(site._registry[WebhookEndpoint], "export_xlsx")
    header, *rows = workbook(owner.get(address))
    assert [row[1] for row in rows] == [endpoint.url for endpoint in reversed(made)]
    assert rows[-1][0] == "'=cmd|' /C calc'!A0"
    assert [list(header)] == rows_of(owner)[:1]
    assert len(workbook(owner.get(address, {"q": made[0].url}))) == 2


def test_a_list_that_is_too_long_for_a_workbook_says_so(
    owner: Client, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROWS_OF_WORKBOOK", 1)
    address = list_url(site._registry[WebhookEndpoint], "export_xlsx")
    make_row(WebhookEndpoint, merchant)
    assert owner.get(address).status_code == 200
    make_row(WebhookEndpoint, merchant)
    answer = owner.get(address)
    assert (answer.status_code, "more than 1 rows" in answer.content.decode()) == (409, True)
    assert len(rows_of(owner)) == 3


def test_a_workbook_is_for_those_who_may_see_the_list(sign_in: Any) -> None:
    address = list_url(site._registry[WebhookEndpoint], "export_xlsx")
    assert sign_in(Role.CLERK).get(address).status_code == 403


def test_cells_of_a_workbook_keep_what_they_are() -> None:
    assert export._cell(Decimal("-5.50")) == Decimal("-5.50")
    assert (export._cell(None), export._cell(True), export._cell(["a", "b"])) == (None, True, "a, b")
    assert export._cell(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)).tzinfo is None
