"""Stock follows what the catalog says of its variants."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.catalog.events import VariantChanged
from channels.inventory.models import StockLevel
from o2o.events import emit_all
from tests.channels.factories import StockLevelFactory


def changed(level, *, allows_backorder):
    return VariantChanged(
        aggregate_id=level.variant_id, sku=level.variant.sku, is_active=True, allows_backorder=allows_backorder
    )


def test_levels_follow_their_variants_and_no_others(scope):
    levels = [StockLevelFactory(merchant=scope, on_hand=2) for _number in range(3)]

    emit_all([changed(levels[0], allows_backorder=True), changed(levels[1], allows_backorder=False)])

    assert dict(StockLevel.objects.values_list("pk", "allows_backorder")) == {
        levels[0].pk: True, levels[1].pk: False, levels[2].pk: False,
    }  # fmt: skip


def test_many_variants_are_asked_about_at_once(scope):
    levels = [StockLevelFactory(merchant=scope, on_hand=2) for _number in range(12)]

    def queries(some):
        with CaptureQueriesContext(connection) as captured:
            emit_all([changed(level, allows_backorder=False) for level in some])
        return len(captured)

    assert queries(levels[:1]) == queries(levels)
