"""A retailer with 66 stores and an online channel goes in through the same imports as anybody's files.

Two years of it in ``make test``, all six in ``make faults``.
"""

from decimal import Decimal

import pytest
from django.db.models import Count, Sum
from django.db.models.functions import ExtractYear

from channels.catalog.models import ChannelListing, Variant
from channels.orders.models import Order, OrderLine
from channels.stores.models import StockLocation
from tests.channels.importing.samples import Electronics, needs
from tests.channels.importing.shop import Importer
from tests.channels.inventory.conftest import broken_invariants
from tests.trials import trials

pytestmark = [
    pytest.mark.usefixtures("committed_db"),
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.timeout(1200),
    needs("global_electronics", "Sales.csv.gz"),
]
YEARS = range(2016, 2016 + trials(2, long=6))
WHOLE = {("online", 5_580, 13_165), ("stores", 20_746, 49_719)}
"""Channels with their orders and lines in all six years, as the description of the data says."""


@pytest.fixture
def electronics():
    return Electronics(YEARS)


@pytest.fixture
def importer(electronics):
    importer = Importer(currency="USD", time_zone="America/New_York")
    electronics.open(importer)
    return importer


def in_database(importer):
    """Return what counts by channel and year, in the form of ``Electronics.totals``."""
    with importer.scope():
        by = ("channel__code", "year")
        orders = Order.objects.filter(state="completed").annotate(year=ExtractYear("placed_at")).order_by()
        found: dict[tuple[str, int, str], object] = {}
        for channel, year, count, total in orders.values_list(*by).annotate(Count("pk"), Sum("total")):
            found |= {(channel, year, "orders"): count, (channel, year, "total"): total}
        lines = OrderLine.objects.filter(order__state="completed").order_by()
        by_channel = lines.values_list("order__channel__code", ExtractYear("order__placed_at"))
        found |= {(channel, year, "lines"): count for channel, year, count in by_channel.annotate(Count("pk"))}
        return found


def test_the_retailer_goes_in_whole_and_its_totals_match(importer, electronics):
    products = importer.take_in("catalog.products", electronics.products_file, name="Products.csv")
    listings = importer.take_in("catalog.listings", electronics.listings_file())

    assert (products.applied_count, products.to_reject) == (len(electronics.products), 0)
    assert (listings.applied_count, listings.to_reject) == (2 * len(electronics.products), 0)
    with importer.scope():
        assert StockLocation.objects.count() == 66
        assert Variant.objects.get(sku="1").cost == Decimal("6.62")
        assert ChannelListing.objects.get(variant__sku="1", channel__code="online").price == Decimal("12.99")

    # The prices are in dollars, whatever the customer paid in: that column stays out.
    file, as_dollars = electronics.orders_file(), {"columns": {"currency": None}}
    orders = importer.take_in("orders.history", file, changes=as_dollars)

    assert orders.reading.found_date_order == "mdy"
    assert (orders.row_count, orders.applied_count, orders.to_reject) == (len(electronics.sales),) * 2 + (0,)
    expected = electronics.totals()
    assert in_database(importer) == expected
    if len(YEARS) == 6:
        assert {
            (channel, *(sum(expected[channel, year, what] for year in YEARS) for what in ("orders", "lines")))
            for channel in ("online", "stores")
        } == WHOLE
    with importer.scope():
        assert not OrderLine.objects.filter(variant=None).exists()
        assert Order.objects.filter(location=None).exclude(channel__code="online").count() == 0
        delivered = Order.objects.get(number="online-366001")
        assert (delivered.completed_at - delivered.placed_at).days == 12
    assert broken_invariants("orders.") == []

    again = importer.take_in("orders.history", file, changes=as_dollars)
    assert (again.to_create, again.to_change, again.to_leave, again.to_reject) == (0, 0, len(electronics.sales), 0)

    undone = importer.undo(orders)
    assert (undone.undone_count, undone.kept_count) == (len(electronics.sales), 0)
    assert in_database(importer) == {}
    assert broken_invariants("orders.") == []
