"""Stock counts: opened, counted blindly, counted again, reviewed, and posted relative to what moved meanwhile."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from channels.catalog.models import Category
from channels.inventory import services
from channels.inventory.lines import StockLine
from channels.inventory.models import CountLine, CycleCount, StockMovement
from channels.inventory.selectors.counts import differences, preview
from channels.inventory.services import counting, opening_counts
from channels.inventory.services.counting import CountedElsewhereError, CountStateError
from o2o.kit.errors import InvalidError, UnknownReferenceError
from o2o.kit.models import uuid7
from tests.channels.factories import StockLevelFactory, StockLocationFactory, VariantFactory
from tests.channels.inventory.conftest import AT, LATER, allocate, broken_invariants, counters, hold, line, make_shop

pytestmark = pytest.mark.django_db


def open_count(shop, **options):
    return counting.open_count(location_id=shop.location.pk, at=AT, **options)


def record(count, units, at=AT):
    return counting.record_count(count_id=count.pk, units={one.pk: found for one, found in units.items()}, at=at)


def the_line(count, variant):
    return CountLine.objects.get(count=count, variant=variant)


def reviewed(shop, found, *, is_accepted=True):
    """Return a count in review in which so many units of the shop's variant were found."""
    count = open_count(shop, variant_ids=[shop.variant.pk], recount_above=1000)
    record(count, {shop.variant: found})
    counting.submit_count(count_id=count.pk, at=AT)
    judge(count, is_accepted=is_accepted)
    return count


def judge(count, *, is_accepted=True):
    ids = list(count.lines.values_list("pk", flat=True))
    return counting.review_lines(count_id=count.pk, line_ids=ids, is_accepted=is_accepted, at=AT)


def post(count, at=LATER):
    return counting.post_count(count_id=count.pk, at=at)


def take(shop, units, reason="loss"):
    services.adjust_stock(changes=[(shop.variant.pk, shop.location.pk, -units)], reason=reason, at=AT)


def test_count_from_beginning_to_end(shop):
    other = StockLevelFactory(merchant=shop.merchant, location=shop.location, on_hand=5).variant
    count = open_count(shop, recount_above=1)
    record(count, {shop.variant: 9})
    record(count, {other: 2})

    handed_in = counting.submit_count(count_id=count.pk, at=AT)

    assert handed_in.state == "open"
    assert [the_line(count, one).needs_recount for one in (shop.variant, other)] == [False, True]
    record(count, {other: 7})
    assert counting.submit_count(count_id=count.pk, at=AT).state == "review"
    assert (the_line(count, other).counted, the_line(count, other).recounted) == (2, 7)
    judge(count)
    assert post(count) == 3
    entries = StockMovement.objects.filter(reference_id=count.pk).values_list("level__variant", "on_hand_delta")
    assert dict(entries) == {shop.variant.pk: -1, other.pk: 2}
    assert set(StockMovement.objects.filter(reference_id=count.pk).values_list("kind", "reason")) == {
        ("adjusted", "count")
    }
    assert broken_invariants() == []


@pytest.mark.parametrize("found", [7, 10, 14])
@pytest.mark.parametrize("sold", [0, 2])
def test_sale_between_counting_and_posting_is_not_undone(shop, found, sold):
    count = reviewed(shop, found)
    if sold:
        services.ship_allocations(lines={allocate(shop, sold): None}, at=AT)
    services.receive_stock(lines=[line(shop, 5)], at=AT)

    post(count)

    assert counters(shop) == (found - sold + 5, 0, 0)


def test_shortage_that_was_counted_and_then_written_off_is_taken_away_once(shop):
    count = reviewed(shop, 8)
    take(shop, 2)

    with pytest.raises(InvalidError, match=f"{shop.variant.sku} was adjusted after it was counted"):
        post(count)

    assert counters(shop) == (8, 0, 0)
    [row] = differences(count=count, at=LATER)
    assert row.is_void
    counting.request_recount(count_id=count.pk, line_ids=[row.line.pk], at=LATER)
    record(count, {shop.variant: 8}, at=LATER)
    counting.submit_count(count_id=count.pk, at=LATER)
    post(count)
    assert counters(shop) == (8, 0, 0)


def test_control_without_looking_at_adjustments_the_shortage_is_taken_away_twice(shop, monkeypatch):
    count = reviewed(shop, 8)
    take(shop, 2)
    monkeypatch.setattr(counting, "_refuse_void", lambda _count, _lines: None)

    post(count)

    assert counters(shop) == (6, 0, 0)


def test_void_difference_may_be_refused(shop):
    count = reviewed(shop, 8)
    take(shop, 2)
    judge(count, is_accepted=False)

    assert post(count) == 0
    assert counters(shop) == (8, 0, 0)


def test_recount_shows_what_was_written_off_before_it(shop):
    """An adjustment before the last counting is in its figure, and no reason to refuse it."""
    take(shop, 1)
    count = reviewed(shop, 7)

    assert post(count) == 2
    assert counters(shop) == (7, 0, 0)


def test_units_that_arrive_damaged_do_not_void_a_figure(shop):
    from channels.inventory.services import transferring

    source = make_shop(shop.merchant)
    services.receive_stock(lines=[StockLine(shop.variant.pk, source.location.pk, 5)], at=AT)
    count = reviewed(shop, 8)
    transfer = transferring.request_transfer(
        source_id=source.location.pk, destination_id=shop.location.pk, units={shop.variant.pk: 3}, at=AT
    )
    transferring.ship_transfer(transfer_id=transfer.pk, at=AT)
    transferring.receive_transfer(
        transfer_id=transfer.pk, damaged={shop.variant.pk: 1}, damage_reasons={shop.variant.pk: "Wet"}, at=AT
    )

    post(count)

    assert counters(shop) == (10, 0, 0)


def test_posting_leaves_what_is_promised_and_names_it(shop):
    count = reviewed(shop, 3)
    allocate(shop, 5)

    with pytest.raises(services.PromisedStockError, match=shop.variant.sku):
        post(count)

    [row] = differences(count=count, at=LATER)
    assert (row.after, row.promised, row.lacking) == (3, 5, 2)
    assert counters(shop) == (10, 5, 0)
    count.refresh_from_db()
    assert count.state == "review"


def test_expired_hold_does_not_stop_posting(shop):
    count = reviewed(shop, 3)
    hold(shop, 10, expires_at=LATER)
    [row] = differences(count=count, at=LATER)

    post(count)

    assert (row.promised, row.lacking) == (0, 0)
    assert counters(shop) == (3, 0, 0)


def test_typing_mistake_is_put_right_without_a_recount(shop):
    count = open_count(shop)
    record(count, {shop.variant: 100})
    record(count, {shop.variant: 10})

    assert (the_line(count, shop.variant).counted, the_line(count, shop.variant).recounted) == (10, None)
    assert counting.submit_count(count_id=count.pk, at=AT).state == "review"


def test_page_that_is_sent_twice_is_no_recount(shop):
    count = open_count(shop, recount_above=0)
    record(count, {shop.variant: 8})
    record(count, {shop.variant: 8})
    counting.submit_count(count_id=count.pk, at=AT)
    assert the_line(count, shop.variant).needs_recount

    record(count, {shop.variant: 9})
    record(count, {shop.variant: 9})

    assert (the_line(count, shop.variant).counted, the_line(count, shop.variant).recounted) == (8, 9)
    assert counting.submit_count(count_id=count.pk, at=AT).state == "review"


def test_count_is_handed_in_when_every_line_has_a_figure(shop):
    StockLevelFactory(merchant=shop.merchant, location=shop.location, on_hand=5)
    count = open_count(shop)
    record(count, {shop.variant: 10})

    with pytest.raises(InvalidError, match="1 of 2 lines"):
        counting.submit_count(count_id=count.pk, at=AT)


def test_unjudged_difference_stops_posting(shop):
    count = reviewed(shop, 8, is_accepted=None)

    with pytest.raises(InvalidError, match="1 differences wait"):
        post(count)

    assert counters(shop) == (10, 0, 0)


def test_figure_that_is_noted_anew_must_be_judged_anew(shop):
    count = reviewed(shop, 8)
    counting.reopen_count(count_id=count.pk, at=AT)
    record(count, {shop.variant: 4})
    counting.submit_count(count_id=count.pk, at=AT)

    with pytest.raises(InvalidError, match="wait for a word"):
        post(count)


def test_ended_count_takes_nothing_more(shop):
    posted, cancelled = reviewed(shop, 8), None
    post(posted)
    cancelled = open_count(shop)
    counting.cancel_count(count_id=cancelled.pk, at=AT)

    for count in (posted, cancelled):
        for act in (counting.post_count, counting.cancel_count, counting.submit_count, counting.reopen_count):
            with pytest.raises(CountStateError):
                act(count_id=count.pk, at=AT)
        with pytest.raises(CountStateError):
            record(count, {shop.variant: 1})
    assert counters(shop) == (8, 0, 0)


def test_variant_of_no_part_of_the_count_is_refused_by_name(shop):
    stranger = StockLevelFactory(merchant=shop.merchant, location=shop.location).variant
    count = open_count(shop, variant_ids=[shop.variant.pk])

    with pytest.raises(InvalidError, match=stranger.sku):
        record(count, {shop.variant: 3, stranger: 1})

    assert the_line(count, shop.variant).counted is None
    for nonsense in ({}, {shop.variant: -1}):
        with pytest.raises(InvalidError):
            record(count, nonsense)


def test_count_of_a_category_has_what_lies_below_it(shop):
    drinks = Category.objects.create(name="Drinks", code="drinks", path="drinks/")
    tea = Category.objects.create(name="Tea", code="tea", parent=drinks, path="drinks/tea/")
    shop.variant.product.category = tea
    shop.variant.product.save()
    StockLevelFactory(merchant=shop.merchant, location=shop.location)

    count = open_count(shop, category_id=drinks.pk)

    assert list(count.lines.values_list("variant_id", flat=True)) == [shop.variant.pk]
    with pytest.raises(UnknownReferenceError):
        open_count(shop, category_id=uuid7())


def test_nothing_to_count_is_refused(shop):
    empty = StockLocationFactory(merchant=shop.merchant)
    for fault in ({"location_id": empty.pk}, {"location_id": shop.location.pk, "variant_ids": []}):
        with pytest.raises(InvalidError, match="nothing to count"):
            counting.open_count(at=AT, **fault)
    with pytest.raises(UnknownReferenceError):
        counting.open_count(location_id=uuid7(), at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        counting.open_count(location_id=shop.location.pk, variant_ids=[uuid7()], at=AT)
        transaction.get_connection().check_constraints()
    assert not CycleCount.objects.exists()


def test_variant_is_in_one_undecided_count_of_a_location(shop):
    other = StockLevelFactory(merchant=shop.merchant, location=shop.location).variant
    first = open_count(shop, variant_ids=[shop.variant.pk])

    with pytest.raises(CountedElsewhereError, match=f"{shop.variant.sku} .{first.number}"):
        open_count(shop, variant_ids=[shop.variant.pk, other.pk])
    rest = open_count(shop)
    with pytest.raises(CountedElsewhereError):
        open_count(shop)

    assert list(rest.lines.values_list("variant_id", flat=True)) == [other.pk]
    assert CycleCount.objects.count() == 2
    counting.cancel_count(count_id=first.pk, at=AT)
    assert open_count(shop, variant_ids=[shop.variant.pk]).lines.count() == 1


def test_count_that_ends_while_another_begins_is_told_as_that(shop, monkeypatch):
    """The constraint saw the other count, and whoever looks for its name comes too late."""
    monkeypatch.setattr(opening_counts, "_add_lines", lambda _count, _variants: None)

    with pytest.raises(CountedElsewhereError, match="begin again"):
        open_count(shop, variant_ids=[shop.variant.pk])

    unknown = uuid7()
    with pytest.raises(UnknownReferenceError, match=str(unknown)):
        open_count(shop, variant_ids=[shop.variant.pk, unknown])
    assert not CycleCount.objects.exists()


def test_same_variant_may_be_counted_at_two_locations(shop):
    other = StockLevelFactory(merchant=shop.merchant, variant=shop.variant)
    open_count(shop)

    assert counting.open_count(location_id=other.location_id, at=AT).lines.count() == 1


def test_differences_are_sorted_by_their_value(shop):
    variants: list[Any] = [VariantFactory(merchant=shop.merchant, cost=cost) for cost in (100, 1, None)]
    for variant in variants:
        StockLevelFactory(merchant=shop.merchant, location=shop.location, on_hand=10, variant=variant)
    dear, cheap, unknown = variants
    count = open_count(shop, recount_above=100)
    record(count, {shop.variant: 10, dear: 9, cheap: 15, unknown: 1})
    counting.submit_count(count_id=count.pk, at=AT)
    rows = differences(count=count, at=AT)

    assert [row.line.variant for row in rows] == [dear, cheap, unknown]
    assert [row.value for row in rows] == [-100, 5, None]
    judge(count)
    seen = preview(differences(count=count, at=AT))
    assert (seen.found, seen.missing, seen.value, seen.unjudged, seen.blocked) == (5, 10, Decimal(-95), 0, 0)


class TestAskedCounts:
    """A store found nothing for an order, and asks for a count."""

    def ask(self, shop, *variants):
        return counting.ask_for_count(
            location_id=shop.location.pk, variant_ids=[one.pk for one in variants], reason="Not found", at=AT
        )

    def test_one_open_count_takes_all_that_is_asked(self, shop):
        other = StockLevelFactory(merchant=shop.merchant, location=shop.location).variant

        first, again, more = self.ask(shop, shop.variant), self.ask(shop, shop.variant), self.ask(shop, other)

        assert first == again == more
        assert first.lines.count() == 2

    def test_what_people_count_already_is_not_asked_twice(self, shop):
        count = open_count(shop)

        assert self.ask(shop, shop.variant) == count
        assert CycleCount.objects.count() == 1

    def test_what_was_counted_is_counted_again(self, shop):
        count = reviewed(shop, 8)

        self.ask(shop, shop.variant)

        with pytest.raises(InvalidError, match="1 lines wait to be counted"):
            post(count)
        assert counters(shop) == (10, 0, 0)


@pytest.mark.parametrize("count", [1, 50])
def test_counts_of_any_length_take_as_many_queries(scope, count, django_assert_num_queries):
    shop = make_shop(scope)
    levels = [StockLevelFactory(merchant=scope, location=shop.location, on_hand=5) for _ in range(count)]
    made = SimpleNamespace(ids=[level.variant_id for level in levels])
    with django_assert_num_queries(7):
        session = open_count(shop, variant_ids=made.ids, recount_above=9)
    with django_assert_num_queries(8):
        counting.record_count(count_id=session.pk, units=dict.fromkeys(made.ids, 3), at=AT)
    counting.submit_count(count_id=session.pk, at=AT)
    judge(session)
    with django_assert_num_queries(4):
        differences(count=session, at=AT)
    with django_assert_num_queries(17):
        post(session)
