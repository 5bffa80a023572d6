"""Sold out today: nothing is promised at once, and it comes back by itself at the store's next business day."""

from datetime import UTC, datetime, time, timedelta

import pytest

from channels.inventory import services
from channels.inventory.models import StockLevel
from channels.inventory.selectors import available_to_promise
from channels.inventory.services.reserving import OutOfStockError
from channels.inventory.tasks import sweep_sold_out
from o2o.events.models import OutboxEvent
from o2o.kit.errors import UnknownReferenceError
from o2o.kit.models import uuid7
from tests.channels.factories import StockLevelFactory
from tests.channels.inventory.conftest import AT, counters, hold, make_shop

TWICE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def mark(shop, at=AT):
    return services.mark_sold_out(location_id=shop.location.pk, variant_ids=[shop.variant.pk], at=at)


def promise(shop, at):
    [row] = available_to_promise(channel_ids=[shop.channel.pk], variant_ids=[shop.variant.pk], at=at)
    return row.quantity


def told(event_type):
    return OutboxEvent.objects.filter(event_type=event_type).count()


def test_nothing_is_promised_until_the_day_ends_and_nothing_has_to_run(shop):
    until = mark(shop)

    assert promise(shop, AT) == 0
    assert promise(shop, until - timedelta(microseconds=1)) == 0
    assert promise(shop, until) == 10
    assert counters(shop) == (10, 0, 0)


def test_what_may_be_sold_beyond_stock_is_sold_out_too(scope):
    shop = make_shop(scope, allows_backorder=True)
    mark(shop)

    with pytest.raises(OutOfStockError):
        hold(shop, 1)


@pytest.mark.parametrize(
    ("zone", "day_starts_at", "at", "until"),
    [
        # an ordinary evening
        ("Asia/Shanghai", time(4), datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 20, tzinfo=UTC)),
        # half past one at night still belongs to the day before
        ("Asia/Shanghai", time(4), datetime(2026, 11, 25, 17, 30, tzinfo=UTC), datetime(2026, 11, 25, 20, tzinfo=UTC)),
        # the instant in which a day begins is the day's own
        ("Asia/Shanghai", time(4), datetime(2026, 11, 25, 20, tzinfo=UTC), datetime(2026, 11, 26, 20, tzinfo=UTC)),
        # clocks go back in the night: the day has an hour more
        ("Europe/Berlin", time(4), datetime(2026, 10, 24, 18, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)),
        # clocks go forward in the night: it has an hour less
        ("Europe/Berlin", time(4), datetime(2026, 3, 28, 18, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC)),
        # half past two happens twice, and the day ends at the first of them
        ("Europe/Berlin", time(2, 30), datetime(2026, 10, 24, 18, tzinfo=UTC), TWICE),
        # a day that begins at midnight
        ("America/New_York", time(0), datetime(2026, 11, 25, 23, tzinfo=UTC), datetime(2026, 11, 26, 5, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_day_ends_by_the_clock_of_the_store(scope, zone, day_starts_at, at, until):
    shop = make_shop(scope)
    shop.location.time_zone, shop.location.day_starts_at = zone, day_starts_at
    shop.location.save()

    assert mark(shop, at=at) == until
    assert (promise(shop, until - timedelta(seconds=1)), promise(shop, until)) == (0, 10)


def test_end_is_told_once(shop):
    until = mark(shop)
    assert services.end_sold_out(at=until - timedelta(seconds=1)) == 0

    assert services.end_sold_out(at=until) == 1
    assert services.end_sold_out(at=until) == 0

    assert (told("stock.sold_out"), told("stock.sold_out_ended")) == (1, 1)
    shop.level.refresh_from_db()
    assert shop.level.sold_out_until is None


def test_second_tap_changes_nothing(shop):
    assert mark(shop) == mark(shop, at=AT + timedelta(minutes=1))

    assert told("stock.sold_out") == 1


def test_restored_by_hand_it_is_promised_at_once(shop):
    other = StockLevelFactory(merchant=shop.merchant, location=shop.location)
    mark(shop)

    assert services.restore(location_id=shop.location.pk, variant_ids=[shop.variant.pk, other.variant_id], at=AT) == 1

    assert promise(shop, AT) == 10
    assert (told("stock.sold_out_ended"), services.end_sold_out(at=AT + timedelta(days=2))) == (1, 0)


def test_marked_anew_after_its_end_it_is_told_anew(shop):
    until = mark(shop)

    mark(shop, at=until)

    assert told("stock.sold_out") == 2
    assert promise(shop, until) == 0


def test_place_without_a_level_is_sold_out_when_goods_come(shop):
    stranger = make_shop(shop.merchant)
    services.mark_sold_out(location_id=shop.location.pk, variant_ids=[stranger.variant.pk], at=AT)

    assert StockLevel.objects.get(location=shop.location, variant=stranger.variant).sold_out_until
    with pytest.raises(UnknownReferenceError):
        services.mark_sold_out(location_id=uuid7(), variant_ids=[shop.variant.pk], at=AT)


@pytest.mark.parametrize("count", [1, 50])
def test_any_number_takes_as_many_queries(scope, count, django_assert_num_queries):
    shop = make_shop(scope)
    ids = [StockLevelFactory(merchant=scope, location=shop.location).variant_id for _ in range(count)]
    with django_assert_num_queries(7):
        until = services.mark_sold_out(location_id=shop.location.pk, variant_ids=ids, at=AT)
    with django_assert_num_queries(6):
        services.end_sold_out(at=until)


def test_task_ends_what_is_due_of_every_merchant(committed_db):
    from o2o.tenancy.scope import tenant_transaction
    from tests.factories import MerchantFactory

    shops = []
    for _ in range(2):
        merchant = MerchantFactory()
        shops.append(make_shop(merchant))
        with tenant_transaction(merchant.pk):
            mark(shops[-1], at=datetime(2020, 1, 1, tzinfo=UTC))

    sweep_sold_out()

    for shop in shops:
        with tenant_transaction(shop.merchant.pk):
            assert StockLevel.objects.get(pk=shop.level.pk).sold_out_until is None
