"""Which orders concern a store."""

import pytest

from channels.orders import selectors
from channels.orders.models import Order
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
