"""Products, listings, stock and past orders out of files: as a diff, applied, again, and undone."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.catalog.models import Category, ChannelListing, PriceChangeRequest, Product, Variant
from channels.inventory.models import StockLevel, StockMovement
from channels.orders.models import Order, OrderLine
from o2o.tenancy.scope import tenant_transaction
from tests.channels.inventory.conftest import broken_invariants

pytestmark = pytest.mark.usefixtures("committed_db")

PRODUCTS = """sku,product,name,variant,category,brand,gtin,cost
TEA-L,TEA,茉莉绿茶,大杯,茶饮,茶屿,5901234123457,6.50
TEA-M,TEA,茉莉绿茶,中杯,茶饮,茶屿,,5
BAD,,坏码,,茶饮,,5901234123450,1
"""
LISTINGS = """channel,sku,price,is_visible
mini,TEA-L,"￥1,018.00",yes
mini,TEA-M,16,no
mini,NONE,16,yes
gone,TEA-M,16,yes
"""
STOCK = "location,sku,on_hand,safety_stock\nS1,TEA-L,24,2\nS1,TEA-M,8,\nS9,TEA-M,8,\n"
ORDERS = """order,channel,placed_at,location,sku,quantity,unit_price,discount,customer
1,pos,2026-01-31 18:30,S1,TEA-L,2,18,1.50,C1
2,pos,2026-01-31 18:31,S1,TEA-M,1,16,,C2
1,pos,2026-01-31 18:30,S1,TEA-M,3,16,,C1
3,pos,2026-01-31 18:32,S1,TEA-M,0,,0.50,C3
4,pos,2026-01-31 18:33,S1,TEA-M,-1,16,,C3
5,pos,2026-01-31 18:34,S9,TEA-M,1,16,,C3
6,pos,2026-01-31 18:35,S1,TEA-M,1,16,99,C3
"""


def test_products_come_in_again_and_go(shop):
    batch = shop.take_in("catalog.products", PRODUCTS)

    assert (batch.state, batch.to_create, batch.to_reject) == ("applied", 2, 1)
    assert "must be 7" in shop.reasons(batch)[4]
    with tenant_transaction(shop.merchant.pk):
        assert set(Variant.objects.values_list("sku", "gtin", "cost")) == {
            ("TEA-L", "05901234123457", Decimal("6.5")), ("TEA-M", "", Decimal(5)),
        }  # fmt: skip
        assert Product.objects.get().name == "茉莉绿茶"
        assert Category.objects.get().name == "茶饮"

    again = shop.take_in("catalog.products", PRODUCTS.replace(",5\n", ",5.20\n"))
    assert (again.to_change, again.to_leave) == (1, 1)

    shop.undo(again)
    with tenant_transaction(shop.merchant.pk):
        assert Variant.objects.get(sku="TEA-M").cost == 5


def test_listings_come_with_their_prices_and_a_slip_is_held(shop):
    shop.take_in("catalog.products", PRODUCTS)

    batch = shop.take_in("catalog.listings", LISTINGS)

    assert (batch.to_create, batch.to_reject) == (2, 2)
    shop.take_in("catalog.listings", "channel,sku,price\nmini,TEA-M,1.6\nmini,TEA-L,1000\n")
    with tenant_transaction(shop.merchant.pk):
        assert PriceChangeRequest.objects.get().price == Decimal("1.6")
        assert dict(ChannelListing.objects.values_list("variant__sku", "price")) == {"TEA-L": 1000, "TEA-M": 16}
        assert not ChannelListing.objects.get(variant__sku="TEA-M").is_visible
    assert broken_invariants("catalog.") == []


def test_first_price_of_a_file_far_from_the_other_channels_waits_hidden(shop):
    shop.take_in("catalog.products", PRODUCTS)
    shop.take_in("catalog.listings", "channel,sku,price,is_visible\npos,TEA-M,16,yes\n")

    shop.take_in("catalog.listings", "channel,sku,price,is_visible\nmini,TEA-M,1.60,yes\nmini,TEA-L,20,yes\n")

    with tenant_transaction(shop.merchant.pk):
        slip = ChannelListing.objects.get(variant__sku="TEA-M", channel__code="mini")
        assert (slip.awaits_price, slip.is_visible) == (True, False)
        assert PriceChangeRequest.objects.get().listing_id == slip.pk
        assert ChannelListing.objects.get(variant__sku="TEA-L").is_visible
    # the same file again does not show it either
    shop.take_in("catalog.listings", "channel,sku,price,is_visible\nmini,TEA-M,1.60,yes\n")
    with tenant_transaction(shop.merchant.pk):
        assert not ChannelListing.objects.get(pk=slip.pk).is_visible


def test_compare_at_price_alone_comes_and_goes(shop):
    shop.take_in("catalog.products", PRODUCTS)
    shop.take_in("catalog.listings", LISTINGS)
    batch = shop.take_in("catalog.listings", "channel,sku,price,compare_at_price\nmini,TEA-M,16,20\n")
    with tenant_transaction(shop.merchant.pk):
        assert ChannelListing.objects.get(variant__sku="TEA-M").compare_at_price == 20

    shop.undo(batch)

    with tenant_transaction(shop.merchant.pk):
        assert ChannelListing.objects.get(variant__sku="TEA-M").compare_at_price is None


def test_stock_is_posted_as_movements_and_undone_by_others(shop):
    shop.take_in("catalog.products", PRODUCTS)

    batch = shop.take_in("inventory.stock", STOCK)

    assert (batch.to_create, batch.to_reject) == (2, 1)
    with tenant_transaction(shop.merchant.pk):
        assert dict(StockLevel.objects.values_list("variant__sku", "on_hand")) == {"TEA-L": 24, "TEA-M": 8}
        assert StockMovement.objects.filter(reason="import", reference_id=batch.pk).count() == 2
    assert shop.take_in("inventory.stock", STOCK).to_leave == 2

    shop.undo(batch)

    with tenant_transaction(shop.merchant.pk):
        assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {0}
        assert StockMovement.objects.filter(reason="import").count() == 4
    assert broken_invariants() == []


def test_past_orders_come_in_whole_and_nothing_is_dropped_without_a_word(shop):
    shop.take_in("catalog.products", PRODUCTS)

    batch = shop.take_in("orders.history", ORDERS)

    assert (batch.to_create, batch.to_reject) == (3, 4)
    told = shop.reasons(batch)
    assert "discount without goods" in told[5]
    assert "return" in told[6]
    assert "S9" in told[7]
    assert "discounts" in told[8]
    with tenant_transaction(shop.merchant.pk):
        first = Order.objects.get(external_id="1")
        assert (first.total, first.state, first.payment_state, first.is_historical) == (
            Decimal("82.50"), "completed", "paid", True,
        )  # fmt: skip
        assert OrderLine.objects.count() == 3
        assert not StockMovement.objects.exists()
    assert broken_invariants("orders.") == []
    assert shop.take_in("orders.history", ORDERS).to_leave == 3

    shop.undo(batch)
    with tenant_transaction(shop.merchant.pk):
        assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}
    shop.take_in("orders.history", ORDERS)
    with tenant_transaction(shop.merchant.pk):
        assert set(Order.objects.values_list("state", "cancelled_total")) == {("completed", 0)}
        assert Order.objects.count() == 2
    assert broken_invariants("orders.") == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("catalog.products", "N-{0},N-{0},Tea\n"),
        ("catalog.listings", "mini,N-{0},16\n"),
        ("inventory.stock", "S1,N-{0},5\n"),
        ("orders.history", "{0},pos,2026-01-31 18:30,S1,N-{0},1,16\n"),
    ],
)
def test_a_kind_asks_the_same_for_one_row_and_for_many(shop, kind, line):
    headers = {
        "catalog.products": "sku,product,name\n",
        "catalog.listings": "channel,sku,price\n",
        "inventory.stock": "location,sku,on_hand\n",
        "orders.history": "order,channel,placed_at,location,sku,quantity,unit_price\n",
    }
    if kind != "catalog.products":
        rows = "".join(f"N-{number},N-{number},Tea\n" for number in range(60))
        shop.take_in("catalog.products", headers["catalog.products"] + rows)

    def queries(numbers):
        with CaptureQueriesContext(connection) as captured:
            done = shop.take_in(kind, headers[kind] + "".join(line.format(number) for number in numbers))
            assert done.applied_count == len(numbers)
            shop.undo(done)
        return len(captured)

    queries([59])
    assert queries(range(1)) == queries(range(1, 50))


def test_amounts_with_the_sign_of_another_currency_come_back(shop):
    shop.take_in("catalog.products", PRODUCTS)
    files = {
        "catalog.products": "sku,name,cost\nN-1,Tea,$6.62 \nN-2,Tea,¥6.62\n",
        "catalog.listings": "channel,sku,price,compare_at_price\nmini,TEA-L,16,€20\nmini,TEA-M,CNY 16,20 元\n",
        "orders.history": """order,channel,placed_at,sku,quantity,unit_price,total,currency
1,mini,2026-01-31,TEA-L,1,$16,,\n2,mini,2026-01-31,TEA-L,1,,$16.00 ,CNY\n3,mini,2026-01-31,TEA-L,1,$16,,USD\n""",
    }
    told = {kind: shop.reasons(shop.compare(kind, text)) for kind, text in files.items()}

    assert {kind: list(reasons) for kind, reasons in told.items()} == {
        "catalog.products": [2], "catalog.listings": [2], "orders.history": [2, 3],
    }  # fmt: skip
    assert all("in another currency than CNY" in reason for reasons in told.values() for reason in reasons.values())
