"""The Complete Journey: receipts of a grocer, with lines that are no sales. Nothing of it is lost without a word.

A file with each of its traps in ``make test``; in ``make faults`` the whole of it, where it is among the sample data.
"""

import csv
from collections import Counter, defaultdict
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from django.db.models import Sum
from django.db.models.functions import TruncMonth

from channels.orders.models import LineAdjustment, Order, OrderLine, Payment
from channels.stores.models import StockLocation
from o2o.imports.models import ImportRow
from o2o.imports.services.batches import apply_batch, start_plan
from o2o.imports.services.uploads import upload_file
from o2o.kit.clock import now
from tests.channels.factories import SalesChannelFactory, StockLocationFactory
from tests.channels.importing.samples import DATA, JOURNEY, needs
from tests.channels.importing.shop import Importer
from tests.channels.importing.worker import run_apart
from tests.channels.inventory.conftest import broken_invariants
from tests.trials import trials

pytestmark = pytest.mark.usefixtures("committed_db")

CENT = Decimal("0.01")
PRODUCTS = "product_id,name\n1,Milk\n2,Gasoline\n3,Coupon\n"
TRAPS = """900,330,100,1,2,2.78,0.80,0.0,0.0,1,2017-01-01 11:53:26
900,330,100,2,11290,16.13,0.0,0.0,0.0,1,2017-01-01 11:53:26
900,330,100,3,0,0.0,0.0,0.0,0.0,1,2017-01-01 11:53:26
900,330,100,3,0,0.0,0.0,1.5,0.0,1,2017-01-01 11:53:26
900,330,100,3,0,0.0,0.25,0.0,0.0,1,2017-01-01 11:53:26
900,330,100,1,0,2.61,0.0,0.0,0.0,1,2017-01-01 11:53:26
900,330,100,1,0,5.551115123125783e-17,0.0,0.0,0.0,1,2017-01-01 11:53:26
901,331,101,1,1,0.30000000000000004,0.19999999999999998,0.0,0.5,1,2017-01-31 23:59:59
901,331,101,77,1,3.49,0.0,0.0,0.0,1,2017-01-31 23:59:59
901,331,101,1,1,0.0,1.39,0.0,0.0,1,2017-01-31 23:59:59
901,331,101,1,1,1.39,0.0,1.0,0.0,1,2017-01-31 23:59:59
902,331,102,1,1,0.5,0.0,1.0,0.0,5,2017-02-01 00:00:01
902,331,103,1,-1,1.39,0.0,0.0,0.0,5,2017-02-01 00:00:02
902,331,103,1,1,-1.39,0.0,0.0,0.0,5,2017-02-01 00:00:02
902,331,103,1,1,1.395,0.0,0.0,0.0,5,2017-02-01 00:00:02
902,999,104,1,1,1.39,0.0,0.0,0.0,5,2017-02-01 00:00:03
902,330,105,1,1,1.39,0.0,0.0,0.0,5,2017-02-01 00:00:04
903,331,105,1,1,1.39,0.0,0.0,0.0,5,2017-02-01 00:00:04
904,331,106,1,1.5,1.39,0.0,0.0,0.0,5,2017-02-01 00:00:05
904,331,106,1,1,1.39,0.0,0.0,0.0,5,2017-02-01 00:00:05
"""
TOLD = {
    4: "neither units nor a value",
    5: "a discount without goods",
    6: "a discount without goods",
    8: "neither units nor a value",
    14: "a return, of 1 units",
    15: "takes 1.39 off",
    16: "1.395 is finer",
    17: "no location with the code “999”",
    18: "Rows 18 and 19 are of one order and differ in “Store”",
    19: "Rows 18 and 19 are of one order and differ in “Store”",
    20: "“1.5” is not a whole number",
    21: "Row 20, which belongs to the same, cannot be read",
}


@pytest.fixture
def grocer():
    grocer = Importer(currency="USD", time_zone="UTC")
    SalesChannelFactory(merchant=grocer.merchant, code="stores", kind="pos", currency="USD")
    return grocer


def with_channel(lines):
    """Return lines with the channel that the files lack, and a header."""
    return "".join([",".join(("channel", *JOURNEY)), "\n", *(f"stores,{line}" for line in lines)])


def test_each_line_is_a_sale_an_adjustment_or_told_of(grocer):
    for code in ("330", "331"):
        StockLocationFactory(merchant=grocer.merchant, code=code)
    grocer.take_in("catalog.products", PRODUCTS)
    file = with_channel(TRAPS.splitlines(keepends=True))

    batch = grocer.take_in("orders.history", file)

    told = grocer.reasons(batch)
    assert set(told) == set(TOLD)
    assert [number for number, words in TOLD.items() if words not in told[number]] == []
    assert (batch.row_count, batch.applied_count, batch.to_reject) == (20, 8, 12)
    with grocer.scope():
        lines = {line.pk: line for line in OrderLine.objects.select_related("order")}
        fuel = OrderLine.objects.get(sku="2")
        assert (fuel.quantity, fuel.unit_price, fuel.subtotal) == (11290, Decimal("0.001429"), Decimal("16.13"))
        adjustment = OrderLine.objects.get(name="Adjustment")
        assert (adjustment.quantity, adjustment.total, adjustment.order.external_id) == (1, Decimal("2.61"), "100")
        assert ImportRow.objects.get(changes__name__1="Adjustment").row_number == 7
        unknown = OrderLine.objects.get(sku="77")
        assert (unknown.variant, unknown.total) == (None, Decimal("3.49"))
        assert {(part.kind, part.amount) for part in LineAdjustment.objects.filter(line__order__external_id="101")} == {
            ("promotion", Decimal("0.20")), ("voucher", Decimal("0.50")), ("promotion", Decimal("1.39")),
        }  # fmt: skip
        # A maker's coupon is money, and no more of it than the order costs.
        assert set(Payment.objects.values_list("order__external_id", "method", "amount")) == {
            ("100", "unknown", Decimal("21.52")), ("101", "unknown", Decimal("4.18")),
            ("101", "coupon", Decimal("1.00")), ("102", "coupon", Decimal("0.50")),
        }  # fmt: skip
        assert sum(line.total for line in lines.values()) == Decimal("27.20")
    assert broken_invariants("orders.") == []
    assert grocer.take_in("orders.history", file).to_leave == 8


def test_an_order_that_differs_is_told_of_and_comes_in_once_the_wrong_one_is_undone(grocer):
    StockLocationFactory(merchant=grocer.merchant, code="330")
    right = with_channel(["900,330,100,1,2,2.78,0,0,0,1,2017-01-01 11:53:26\n"])
    wrong = right.replace("2.78", "27.80")
    first = grocer.take_in("orders.history", wrong)

    told = grocer.reasons(grocer.compare("orders.history", right))

    assert "differs in: list total, total." in told[2]
    grocer.undo(first)
    assert grocer.take_in("orders.history", right).applied_count == 1
    with grocer.scope():
        assert dict(Order.objects.values_list("state", "total")) == {
            "completed": Decimal("2.78"), "cancelled": Decimal("27.80"),
        }  # fmt: skip
    assert grocer.take_in("orders.history", right).to_leave == 1
    assert broken_invariants("orders.") == []


def test_an_order_that_was_refunded_since_is_not_undone(grocer):
    StockLocationFactory(merchant=grocer.merchant, code="330")
    lines = [f"900,330,{order},1,2,2.78,0,0,0,1,2017-01-01 11:53:26\n" for order in (100, 101)]
    batch = grocer.take_in("orders.history", with_channel(lines))
    with grocer.scope():
        Order.objects.filter(external_id="101").update(refunded_total=1)

    undone = grocer.undo(batch)

    assert (undone.undone_count, undone.kept_count) == (1, 1)
    assert grocer.reasons(undone) == {3: "It was changed since."}
    with grocer.scope():
        assert dict(Order.objects.values_list("external_id", "state")) == {"100": "cancelled", "101": "completed"}


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(7200)
@needs("complete_journey", "transactions.csv")
@pytest.mark.skipif(trials(0, long=1) == 0, reason="a million and a half lines take minutes; `make faults` takes them")
def test_the_whole_of_it_goes_in(grocer, tmp_path):
    source = DATA / "complete_journey" / "transactions.csv"
    file = tmp_path / "transactions.csv"
    turnover: defaultdict[str, Decimal] = defaultdict(Decimal)
    stores, count = set(), 0
    with source.open() as lines, file.open("w") as prepared:
        assert tuple(next(lines).strip().split(",")) == JOURNEY
        prepared.write(with_channel([]))
        for line in lines:
            prepared.write(f"stores,{line}")
            cells = line.rstrip("\n").split(",")
            turnover[cells[10][:7]] += Decimal(cells[5]).quantize(CENT, ROUND_HALF_EVEN)
            stores.add(cells[1])
            count += 1
    with grocer.scope():
        StockLocation.objects.bulk_create(
            StockLocation(code=code, name=code, kind="store", time_zone="UTC") for code in sorted(stores)
        )
    with (DATA / "complete_journey" / "products.csv").open() as lines:
        rows = [f"{row['product_id']},{row['product_id']}\n" for row in csv.DictReader(lines)]
    assert grocer.take_in("catalog.products", "product_id,name\n" + "".join(rows)).applied_count == len(rows)

    with file.open("rb") as content, grocer.scope():
        batch = upload_file(kind="orders.history", file_name="x.csv", file=content, actor=grocer.owner, at=now())
    figures = [run_apart(grocer, batch.pk, service) for service in (start_plan, apply_batch)]
    batch = grocer.batch(batch.pk)

    assert batch.row_count == count
    assert batch.applied_count + batch.left_count + batch.rejected_count + batch.to_reject == count
    assert batch.rejected_count == 0
    with grocer.scope():
        months = Order.objects.order_by().values_list(TruncMonth("placed_at")).annotate(Sum("total"))
        assert {f"{month:%Y-%m}": total for month, total in months} == turnover
        rejected = ImportRow.objects.filter(batch=batch, action="reject").order_by()
        told = Counter(rejected.values_list("reason", flat=True))
        assert set(told) == {"It is a discount without goods.", "It has neither units nor a value."}
        print(count, batch.applied_count, told, OrderLine.objects.filter(name="Adjustment").count(), figures)
    assert broken_invariants("orders.totals") == []
