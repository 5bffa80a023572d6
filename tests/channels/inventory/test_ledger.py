"""The ledger alone writes what it counts."""

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from channels.inventory.models import StockLevel, StockMovement
from o2o.kit import clock
from tests.channels.factories import StockLevelFactory, StockMovementFactory

pytestmark = pytest.mark.django_db


def test_movements_of_many_levels_are_summed_in_one_statement(scope):
    levels = [StockLevelFactory(merchant=scope) for _ in range(3)]
    rows = [
        StockMovement(level=level, kind="received", reason="purchase", on_hand_delta=delta, occurred_at=clock.now())
        for level in levels
        for delta in (4, 1)
    ]

    StockMovement.objects.bulk_create(rows)

    assert list(StockLevel.objects.values_list("on_hand", flat=True)) == [5, 5, 5]


def test_on_hand_cannot_be_updated_by_hand(scope):
    level = StockLevelFactory(merchant=scope, on_hand=10)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        StockLevel.objects.filter(pk=level.pk).update(on_hand=99)

    level.refresh_from_db()
    assert level.on_hand == 10


def test_level_begins_empty(scope):
    level = StockLevelFactory.build(merchant=scope)
    made = StockLevelFactory(merchant=scope)

    with pytest.raises(IntegrityError, match="begins empty"), transaction.atomic():
        StockLevel.objects.create(variant=made.variant, location=StockLevelFactory(merchant=scope).location, on_hand=1)

    assert level.on_hand == 0
    assert not StockLevel.objects.exclude(on_hand=0).exists()


def test_ledger_takes_no_change(scope):
    level = StockLevelFactory(merchant=scope, on_hand=10)

    for attempt in (
        lambda: StockMovement.objects.update(on_hand_delta=99),
        lambda: StockMovement.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            attempt()

    assert level.movements.get().on_hand_delta == 10


def test_promise_beyond_stock_is_refused_by_the_constraint(scope):
    level = StockLevelFactory(merchant=scope, on_hand=2)

    with pytest.raises(IntegrityError, match="level_promises_within_stock"), transaction.atomic():
        StockMovementFactory(merchant=scope, level=level, kind="allocated", on_hand_delta=0, allocated_delta=3)

    level.refresh_from_db()
    assert (level.on_hand, level.allocated) == (2, 0)


def test_promise_beyond_stock_is_kept_where_backorder_is_allowed(scope):
    level = StockLevelFactory(merchant=scope, on_hand=2, allows_backorder=True)

    StockMovementFactory(merchant=scope, level=level, kind="allocated", on_hand_delta=0, allocated_delta=3)

    level.refresh_from_db()
    assert (level.on_hand, level.allocated) == (2, 3)
