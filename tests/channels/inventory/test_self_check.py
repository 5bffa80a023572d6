"""The daily self-check finds counters that disagree with what they count, puts them right and says so."""

import pytest
from django.db import connection

from channels.inventory import services
from channels.inventory.models import StockCheck, StockLevel
from channels.inventory.tasks import self_check
from o2o.events.models import OutboxEvent
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import StockLevelFactory
from tests.channels.inventory.conftest import AT, allocate, broken_invariants, hold, make_shop
from tests.database import as_owner
from tests.factories import MerchantFactory

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def merchant(committed_db):
    return MerchantFactory()


def corrupt(statement, *parameters):
    """Change what nobody but the owner of the tables can change, past row-level security."""
    with as_owner(connection.settings_dict["NAME"]) as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stocklevel NO FORCE ROW LEVEL SECURITY")
        try:
            cursor.execute(statement, [str(parameter) for parameter in parameters])
        finally:
            cursor.execute("ALTER TABLE inventory_stocklevel FORCE ROW LEVEL SECURITY")


def check(merchant, **options):
    with tenant_transaction(merchant.pk):
        return services.check_levels(after=None, at=AT, **options)


def state(level):
    with tenant_transaction(level.merchant_id):
        return tuple(StockLevel.objects.values_list("on_hand", "allocated", "held").get(pk=level.pk))


def seen(checks):
    return sorted((one.counter, one.found, one.expected, one.is_repaired) for one in checks)


def test_counters_are_repaired_reported_and_told(merchant):
    shop = make_shop(merchant)
    with tenant_transaction(merchant.pk):
        allocate(shop, 2)
        hold(shop, 1)
    corrupt("UPDATE inventory_stocklevel SET on_hand = 99, allocated = 5, held = 7 WHERE id = %s", shop.level.pk)
    assert broken_invariants()

    found, _last = check(merchant)

    expected = [("allocated", 5, 2, True), ("held", 7, 1, True), ("on_hand", 99, 10, True)]
    assert seen(found) == expected
    assert state(shop.level) == (10, 2, 1)
    assert broken_invariants() == []
    with tenant_transaction(merchant.pk):
        assert seen(StockCheck.objects.all()) == expected
        told = OutboxEvent.objects.filter(event_type="stock.counter_checked").order_by("pk")
        assert [event.payload["counter"] for event in told] == ["on_hand", "allocated", "held"]
    assert check(merchant) == ([], None)


def test_what_the_rules_do_not_let_be_repaired_is_reported_and_the_rest_goes_on(merchant):
    oversold, other = make_shop(merchant), make_shop(merchant)
    corrupt("UPDATE inventory_stocklevel SET on_hand = 20 WHERE id = %s", oversold.level.pk)
    with tenant_transaction(merchant.pk):
        allocate(oversold, 15)
    corrupt("UPDATE inventory_stocklevel SET held = 3 WHERE id = %s", other.level.pk)

    found, _last = check(merchant)

    assert seen(found) == [("held", 3, 0, True), ("on_hand", 20, 10, False)]
    assert (state(oversold.level), state(other.level)) == ((20, 15, 0), (10, 0, 0))
    assert seen(check(merchant)[0]) == [("on_hand", 20, 10, False)]


def test_levels_are_looked_at_in_batches(merchant):
    shop = make_shop(merchant)
    levels = [shop.level, *(StockLevelFactory(merchant=merchant, location=shop.location) for _ in range(4))]
    corrupt("UPDATE inventory_stocklevel SET on_hand = on_hand + 1 WHERE merchant_id = %s", merchant.pk)

    found: list[StockCheck] = []
    last, rounds = None, 0
    while last is not None or not rounds:
        with tenant_transaction(merchant.pk):
            more, last = services.check_levels(after=last, at=AT, limit=2)
        found, rounds = [*found, *more], rounds + 1

    assert (len(found), rounds) == (len(levels), 3)


def test_task_looks_at_every_merchant(merchant):
    shops = [make_shop(merchant), make_shop(MerchantFactory())]
    for shop in shops:
        corrupt("UPDATE inventory_stocklevel SET on_hand = 3 WHERE id = %s", shop.level.pk)

    self_check()

    assert [state(shop.level) for shop in shops] == [(10, 0, 0), (10, 0, 0)]


def test_control_what_agrees_is_left_alone(merchant):
    shop = make_shop(merchant)
    with tenant_transaction(merchant.pk):
        allocate(shop, 3)
        hold(shop, 2)

    assert check(merchant) == ([], None)
    assert state(shop.level) == (10, 3, 2)
