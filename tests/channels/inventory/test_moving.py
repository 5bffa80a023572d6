"""The movements of some stores, in the console and in the API."""

import pytest
from django.urls import reverse

from channels.inventory.models import StockLevel, StockMovement
from channels.inventory.selectors import moving
from channels.inventory.selectors.moving import movements_of
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_transaction
from tests.channels.factories import StockLevelFactory, StockLocationFactory, VariantFactory
from tests.o2o.console.conftest import sign_in  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def levels(merchant):
    with tenant_transaction(merchant.pk):
        variant = VariantFactory(merchant=merchant, sku="TEA-1")
        return [
            StockLevelFactory(
                merchant=merchant, variant=variant, location=StockLocationFactory(merchant=merchant), on_hand=number
            )
            for number in (3, 4)
        ]


@pytest.mark.parametrize(("few", "many"), [(500, 0), (0, 500), (0, 0)])
def test_movements_are_those_of_the_levels(merchant, levels, monkeypatch, few, many):
    monkeypatch.setattr(moving, "FEW", few)
    monkeypatch.setattr(moving, "MANY", many)
    with tenant_transaction(merchant.pk):
        found = StockMovement.objects.filter(movements_of(StockLevel.objects.filter(pk=levels[0].pk)))
        assert {movement.level_id for movement in found} == {levels[0].pk}
        assert StockMovement.objects.filter(movements_of(StockLevel.objects.all())).count() >= 2


def test_the_list_is_cut_to_a_store_and_found_by_what_was_moved(merchant, levels, sign_in):  # noqa: F811
    owner, url = sign_in(Role.OWNER), reverse("console:inventory_stockmovement_changelist")
    mine, other = levels

    def places(browser, **asked):
        return {row.level_id for row in browser.get(url, asked).context_data["cl"].result_list}

    assert places(owner) == {mine.pk, other.pk}
    assert places(owner, location=str(mine.location_id)) == {mine.pk}
    assert places(owner, q="tea-1") == {mine.pk, other.pk}
    assert places(owner, q="NOPE") == set()
    clerk = sign_in(Role.CLERK, location_ids=[mine.location_id])
    assert places(clerk) == {mine.pk}
    assert places(clerk, location=str(other.location_id)) == {mine.pk}
