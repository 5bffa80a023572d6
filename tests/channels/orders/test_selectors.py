"""Which orders concern a store, and which ones a text means."""

import pytest

from channels.orders.models import Order
from channels.orders.selectors import orders as selectors
from tests.channels.orders.conftest import place


@pytest.mark.parametrize("few", [0, 1000])
def test_orders_of_a_store_are_those_bought_there_and_those_made_ready_there(shop, monkeypatch, few):
    """The same, whether the store counts as one of few orders or of many."""
    monkeypatch.setattr(selectors, "FEW", few)
    first, second = shop.locations
    shipped = place(shop, 1)
    bought = place(shop, 1, method="in_store", location_id=second.pk)
    assert set(Order.objects.filter(selectors.orders_of_stores([first.pk]))) == {shipped}
    assert set(Order.objects.filter(selectors.orders_of_stores([second.pk]))) == {bought}
    assert set(Order.objects.filter(selectors.orders_of_stores([first.pk, second.pk]))) == {shipped, bought}
    assert not Order.objects.filter(selectors.orders_of_stores([])).exists()
    assert Order.objects.filter(selectors.orders_of_stores(None)).count() == 2


@pytest.mark.parametrize(("few", "many"), [(1000, 0), (0, 1000), (0, 0)])
def test_orders_are_found_by_the_beginning_of_what_names_them(shop, monkeypatch, few, many):
    monkeypatch.setattr(selectors, "FEW", few)
    monkeypatch.setattr(selectors, "MANY", many)
    order, other = place(shop, 1), place(shop, 1)
    Order.objects.filter(pk=order.pk).update(external_id="EXT-77", customer_reference="wx_openid_9")
    for text in (order.number, order.number.lower(), "EXT-77", "ext-7", "wx_open"):
        assert order in Order.objects.filter(selectors.orders_meant(text)), text
    assert other not in Order.objects.filter(selectors.orders_meant("EXT"))
    assert not Order.objects.filter(selectors.orders_meant("EX")).exists()
    assert not Order.objects.filter(selectors.orders_meant("openid")).exists()
    assert Order.objects.filter(selectors.orders_meant(" ")).count() == 2
