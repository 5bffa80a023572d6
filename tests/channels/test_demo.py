"""The demonstration of the channels: it loads, a second time adds nothing, and no page of it is empty."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from channels.orders.enums import FulfillmentState, ReturnState, UnroutedQueue
from channels.orders.models import FulfillmentOrder, Order, Return
from channels.orders.worklist import store_worklist
from o2o.accounts.models import User
from o2o.api.services import check_invariants
from o2o.console.admission import platform_rows
from o2o.console.demo import load_demo
from o2o.imports.models import ImportBatch
from o2o.tenancy.models import Membership, Merchant, TenantModel
from o2o.tenancy.scope import tenant_scope
from tests.o2o.console.conftest import signed_in

LABELS = ("stores", "catalog", "inventory", "orders", "imports")
# What only the clock, a fault or a person at work makes.
MAY_BE_EMPTY = {"PriceClock", "StockCheck", "Barcode", "PriceWithdrawal"}
PEOPLE = {"tea-isle": "owner@tea.example", "fenwick": "owner@fenwick.example"}
LISTS = (
    "orders_order", "orders_fulfillmentorder", "orders_return", "orders_routingrule", "orders_acceptancepolicy",
    "stores_saleschannel", "stores_stocklocation", "stores_specialday",
    "catalog_product", "catalog_category", "catalog_deviation", "catalog_pricechangerequest",
    "catalog_consistencypolicy",
    "inventory_stocklevel", "inventory_stockmovement", "inventory_hold", "inventory_channelquota",
    "inventory_transferorder", "inventory_cyclecount", "imports_importbatch",
)  # fmt: skip
EMPTY = 'class="o2o-empty'

# Loading takes half a minute, and on a busy machine much longer.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Merchant]]:
    """Load everything once, in a transaction that is undone after the last test of the file."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        override_settings(OUTBOUND_ALLOWED_HOSTS=["127.0.0.1:8099"]),
    ):
        load_demo()
        with platform_rows():
            merchants = {merchant.slug: merchant for merchant in Merchant.objects.all()}
        yield merchants
        transaction.set_rollback(True)


@pytest.fixture(params=sorted(PEOPLE))
def chain(request: Any, demo: dict[str, Merchant]) -> Iterator[Merchant]:
    """Work in the scope of each chain in turn."""
    merchant = demo[request.param]
    with tenant_scope(merchant.pk):
        yield merchant


@pytest.fixture
def browser(demo: dict[str, Merchant], chain: Merchant) -> Client:
    """The browser of the chain's owner."""
    return signed_in(User.objects.get(email=PEOPLE[chain.slug]), chain)


def counts(merchants: dict[str, Merchant]) -> dict[tuple[str, str], int]:
    """Return how many rows each chain has of each table."""
    found = {}
    for slug, merchant in merchants.items():
        with tenant_scope(merchant.pk):
            for label in LABELS:
                for model in apps.get_app_config(label).get_models():
                    # The history of the audit trail is not the merchant's own table.
                    if issubclass(model, TenantModel):
                        found[slug, model.__name__] = model.objects.count()
    return found


def test_a_second_time_adds_nothing(demo):
    before = counts(demo)

    lines = load_demo()

    assert counts(demo) == before
    assert sum("is there" in line for line in lines) == 4


def test_everything_that_must_hold_holds(demo):
    assert [result.invariant.name for result in check_invariants(names=None) if not result.holds] == []


def test_no_table_is_empty(demo):
    found = {name: count for (slug, name), count in counts(demo).items() if slug == "tea-isle"}
    assert {name for name, count in found.items() if not count} <= MAY_BE_EMPTY
    assert found["StockLocation"] == 25
    assert found["Variant"] == 90
    assert found["Order"] > 250


def test_orders_stand_at_every_step(demo):
    with tenant_scope(demo["tea-isle"].pk):
        states = set(FulfillmentOrder.objects.filter(location__isnull=False).values_list("state", flat=True))
        assert states >= set(FulfillmentState.values)
        queues = set(FulfillmentOrder.objects.filter(location=None, state="open").values_list("queue", flat=True))
        assert queues >= {
            UnroutedQueue.NO_STOCK, UnroutedQueue.TOO_FAR, UnroutedQueue.UNKNOWN_ITEM, UnroutedQueue.ALL_EXCLUDED,
            UnroutedQueue.CAPACITY,
        }  # fmt: skip
        assert set(Return.objects.values_list("state", flat=True)) == set(ReturnState.values)
        assert set(ImportBatch.objects.values_list("state", flat=True)) == {"planned", "applied"}
        assert ImportBatch.objects.get(state="applied").to_reject
        assert {order.state for order in Order.objects.all()} == {"open", "completed", "cancelled"}


def test_the_clerk_has_something_to_do(demo):
    with tenant_scope(demo["tea-isle"].pk):
        clerk = Membership.objects.get(user__email="clerk@tea.example")
        assert len(clerk.location_ids) == 1
        work = store_worklist(location_ids=clerk.location_ids)
        assert work.to_accept
        assert work.to_prepare
        assert work.to_hand_over


@pytest.mark.parametrize("name", LISTS)
def test_each_list_shows_something(browser, chain, name):
    page = browser.get(reverse(f"console:{name}_changelist")).content.decode()
    assert EMPTY not in page
    assert "<tbody" in page


def test_the_home_page_says_what_is_to_do(browser, chain):
    page = browser.get(reverse("console:index")).content.decode()
    assert page.count("o2o-panel o2o-card") >= 4
