"""What is exported comes back as it is: nothing to change, as CSV and as XLSX, and nothing that a spreadsheet runs."""

import csv
import io
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.catalog import importers as catalog
from channels.inventory import importers as inventory
from channels.orders import importers as orders
from channels.orders.models import Order
from o2o.imports import ImportContext
from o2o.imports.downloads import as_csv, export_rows
from o2o.imports.kinds import find_kind
from o2o.imports.parsing import Formats
from o2o.kit.clock import now
from o2o.kit.workbooks import as_workbook
from tests.channels.importing.shop import Shop

pytestmark = pytest.mark.usefixtures("committed_db")

FORMULA = '=HYPERLINK("http://a.example","x")'
ROWS = {
    "catalog.products": [
        ("sku", "product", "name", "variant", "category", "brand", "gtin", "cost", "description"),
        ("TEA-L", "TEA", FORMULA, "大杯", "+茶饮", "@茶屿", "5901234123457", 6.5, "-1\n+2"),
        ("TEA-M", "TEA", FORMULA, "中杯", "+茶饮", "@茶屿", None, Decimal("0.5"), "-1\n+2"),
        ("007", None, "Milk, “fresh”", None, None, None, None, None, None),
    ],
    "catalog.listings": [
        ("channel", "sku", "price", "compare_at_price", "is_visible", "title", "external_id"),
        ("mini", "TEA-L", 1018, 1200.5, True, "=1+1", "0012"),
        ("mini", "TEA-M", 16, None, False, None, None),
        ("pos", "TEA-M", 16.05, None, True, None, None),
    ],
    "inventory.stock": [
        ("location", "sku", "on_hand", "safety_stock"),
        ("S1", "TEA-L", 24, 2),
        ("S1", "TEA-M", 8, None),
        ("S1", "007", 0, 3),
    ],
    "orders.history": [
        ("order", "channel", "placed_at", "location", "sku", "name", "quantity", "unit_price", "total", "discount",
         "coupon", "customer", "paid_by", "paid_by_coupon"),
        ("1", "pos", datetime(2026, 1, 31, 18, 30), "S1", "TEA-L", None, 2, 18, None, 1.5, None, "=C1", "cash", None),
        ("1", "pos", datetime(2026, 1, 31, 18, 30), "S1", "TEA-M", "-T", 3, None, 47.99, None, 0.01, "=C1", "cash", 2),
        ("1", "pos", datetime(2026, 1, 31, 18, 30), "S1", "TEA-M", None, 0, None, 0.5, None, None, "=C1", "cash", None),
        ("2", "mini", datetime(2026, 1, 31), None, "GAS", None, 11290, None, 16.13, None, None, None, None, None),
        ("3", "mini", datetime(2026, 2, 1), None, "TEA-M", None, 1, 0, None, None, None, None, None, None),
    ],
}  # fmt: skip


def workbook(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for line in book.active.iter_rows():
        for cell in line:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text_file(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def exported(shop, kind):
    """Return everything of a kind as a CSV and as a workbook."""
    context = ImportContext(
        at=now(), batch_id=shop.merchant.pk, merchant_id=shop.merchant.pk, actor_id=None, actor_label="",
        location_ids=None, formats=Formats(currency=shop.merchant.currency),
    )  # fmt: skip
    text = "".join(as_csv(export_rows(find_kind(kind), context)))
    with as_workbook(export_rows(find_kind(kind), context)) as file:
        return text, file.read()


@pytest.mark.parametrize("write", [text_file, workbook])
def test_each_kind_goes_out_and_comes_back_with_nothing_to_change(shop, write, monkeypatch):
    for module in (catalog, inventory, orders):
        monkeypatch.setattr(module, "PAGE", 2)
    name = "file.xlsx" if write is workbook else "file.csv"
    for kind, rows in ROWS.items():
        batch = shop.take_in(kind, write(rows), name=name)
        assert (batch.applied_count, shop.reasons(batch)) == (len(rows) - 1, {}), kind

    for kind, rows in ROWS.items():
        text, book = exported(shop, kind)
        for content, file_name in ((text, "back.csv"), (book, "back.xlsx")):
            back = shop.compare(kind, content, name=file_name)
            assert shop.reasons(back) == {}
            assert (back.to_create, back.to_change, back.to_leave) == (0, 0, len(rows) - 1), (kind, file_name)
        cells = [cell for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in line]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
        sheet = openpyxl.load_workbook(io.BytesIO(book)).active
        assert "f" not in {cell.data_type for line in sheet.iter_rows() for cell in line}

    other = Shop()
    for kind in ROWS:
        assert other.take_in(kind, exported(shop, kind)[0]).to_reject == 0
    figures = ("number", "subtotal", "discount_total", "total", "paid_total", "customer_reference", "placed_at")
    with shop.scope():
        wanted = set(Order.objects.values_list(*figures))
    with other.scope():
        assert set(Order.objects.values_list(*figures)) == wanted
    assert exported(other, "orders.history")[0] == exported(shop, "orders.history")[0]


def test_an_export_of_orders_asks_the_same_for_one_and_for_many(shop):
    shop.take_in("orders.history", text_file(ROWS["orders.history"][:2]))
    few = _queries(shop)
    shop.take_in("orders.history", text_file(ROWS["orders.history"][:1] + ROWS["orders.history"][4:]))
    assert _queries(shop) == few


def test_an_export_of_orders_leaves_out_those_that_were_taken_back(shop):
    batch = shop.take_in("orders.history", text_file(ROWS["orders.history"]))
    shop.undo(batch)
    assert len(exported(shop, "orders.history")[0].splitlines()) == 1


def _queries(shop):
    with CaptureQueriesContext(connection) as captured:
        exported(shop, "orders.history")
    return len(captured)
