"""Transfers: what leaves, what arrives, what is missing, damaged or too much, and what the ledger tells of it."""

from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction

from channels.inventory import services
from channels.inventory.models import StockLevel, StockMovement, TransferLine, TransferOrder
from channels.inventory.selectors.transit import in_transit
from channels.inventory.services import transferring
from channels.inventory.services.transferring import TransferStateError
from o2o.kit.errors import InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.models import uuid7
from tests.channels.factories import StockLevelFactory, StockLocationFactory, VariantFactory
from tests.channels.inventory.conftest import AT, LATER, allocate, broken_invariants, counters, hold, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def ends(scope):
    """A source with 10 of one variant and 20 of another, and an empty destination."""
    source = make_shop(scope)
    second = StockLevelFactory(merchant=scope, location=source.location, on_hand=20).variant
    return SimpleNamespace(
        merchant=scope, source=source, first=source.variant, second=second,
        destination=StockLocationFactory(merchant=scope),
    )  # fmt: skip


def request(ends, first=4, second=6):
    return transferring.request_transfer(
        source_id=ends.source.location.pk, destination_id=ends.destination.pk,
        units={ends.first.pk: first, ends.second.pk: second}, at=AT,
    )  # fmt: skip


def shipped(ends, **options):
    transfer = request(ends, **options)
    return transferring.ship_transfer(transfer_id=transfer.pk, at=AT)


def on_hand(ends, location):
    levels = dict(StockLevel.objects.filter(location=location).values_list("variant_id", "on_hand"))
    return levels.get(ends.first.pk, 0), levels.get(ends.second.pk, 0)


def both(ends):
    return on_hand(ends, ends.source.location), on_hand(ends, ends.destination)


def the_line(transfer, variant):
    return TransferLine.objects.get(transfer=transfer, variant=variant)


def test_complete_transfer_moves_goods_from_end_to_end(ends):
    transfer = request(ends)
    assert both(ends) == ((10, 20), (0, 0))
    transferring.ship_transfer(transfer_id=transfer.pk, at=AT)
    assert both(ends) == ((6, 14), (0, 0))

    done = transferring.receive_transfer(transfer_id=transfer.pk, at=LATER)

    assert both(ends) == ((6, 14), (4, 6))
    assert (done.state, done.shipped_at, done.received_at) == ("received", AT, LATER)
    assert {line.difference for line in done.lines.all()} == {0}
    assert set(StockMovement.objects.filter(reference_id=transfer.pk).values_list("kind", flat=True)) == {"transferred"}
    assert broken_invariants() == []


def test_source_may_ship_fewer_than_asked_and_nothing_of_what_it_does_not_name(ends):
    transfer = request(ends)

    transferring.ship_transfer(transfer_id=transfer.pk, units={ends.first.pk: 3}, at=AT)

    assert both(ends) == ((7, 20), (0, 0))
    assert [the_line(transfer, one).shipped for one in (ends.first, ends.second)] == [3, 0]


def test_shipping_nothing_is_refused(ends):
    transfer = request(ends)

    with pytest.raises(InvalidError, match="cancel the transfer"):
        transferring.ship_transfer(transfer_id=transfer.pk, units={ends.first.pk: 0}, at=AT)

    transfer.refresh_from_db()
    assert transfer.state == "requested"
    assert both(ends) == ((10, 20), (0, 0))


def test_what_the_source_has_promised_stays_there(ends):
    allocate(ends.source, 8)
    transfer = request(ends)

    with pytest.raises(services.PromisedStockError, match=ends.first.sku):
        transferring.ship_transfer(transfer_id=transfer.pk, at=AT)

    assert both(ends) == ((10, 20), (0, 0))
    assert the_line(transfer, ends.first).shipped is None
    transferring.ship_transfer(transfer_id=transfer.pk, units={ends.first.pk: 2, ends.second.pk: 6}, at=AT)
    assert counters(ends.source) == (8, 8, 0)


def test_expired_hold_at_the_source_stands_in_nobodys_way(ends):
    hold(ends.source, 10, expires_at=LATER)
    transfer = request(ends)

    transferring.ship_transfer(transfer_id=transfer.pk, at=LATER)

    assert both(ends)[0] == (6, 14)


def test_receipt_with_missing_damaged_and_too_many_units(ends):
    transfer = shipped(ends)

    transferring.receive_transfer(
        transfer_id=transfer.pk, received={ends.first.pk: 1, ends.second.pk: 9}, damaged={ends.first.pk: 2},
        damage_reasons={ends.first.pk: "Crushed box"}, at=LATER,
    )  # fmt: skip

    assert both(ends) == ((6, 14), (1, 9))
    assert [the_line(transfer, one).difference for one in (ends.first, ends.second)] == [-1, 3]
    entries = StockMovement.objects.filter(level__location=ends.destination, level__variant=ends.first)
    assert sorted(entries.values_list("kind", "on_hand_delta", "reason", "note")) == [
        ("adjusted", -2, "damage", "Crushed box"), ("transferred", 3, "transfer", ""),
    ]  # fmt: skip
    assert broken_invariants() == []


def test_all_good_is_what_was_shipped_and_is_not_damaged(ends):
    transfer = shipped(ends)

    transferring.receive_transfer(
        transfer_id=transfer.pk, damaged={ends.first.pk: 1}, damage_reasons={ends.first.pk: "Wet"}, at=AT
    )

    assert both(ends)[1] == (3, 6)
    assert the_line(transfer, ends.first).difference == 0


@pytest.mark.parametrize("reason", ["", "  "])
def test_damage_needs_a_reason(ends, reason):
    transfer = shipped(ends)

    with pytest.raises(InvalidError, match=ends.first.sku):
        transferring.receive_transfer(
            transfer_id=transfer.pk, damaged={ends.first.pk: 1}, damage_reasons={ends.first.pk: reason}, at=AT
        )

    assert both(ends)[1] == (0, 0)


@pytest.mark.parametrize("step", ["ship", "receive", "damaged", "take_back"])
def test_variant_that_the_transfer_does_not_have_is_refused_by_name(ends, step):
    stranger = VariantFactory(merchant=ends.merchant)
    transfer = request(ends) if step == "ship" else shipped(ends)
    before = both(ends)
    act = {
        "ship": lambda: transferring.ship_transfer(transfer_id=transfer.pk, units={stranger.pk: 1}, at=AT),
        "receive": lambda: transferring.receive_transfer(transfer_id=transfer.pk, received={stranger.pk: 1}, at=AT),
        "damaged": lambda: transferring.receive_transfer(transfer_id=transfer.pk, damaged={stranger.pk: 1}, at=AT),
        "take_back": lambda: transferring.take_back(transfer_id=transfer.pk, units={stranger.pk: 1}, at=AT),
    }[step]

    with pytest.raises(InvalidError, match=str(stranger.sku)):
        act()

    assert both(ends) == before


def test_goods_that_never_arrive_are_taken_back(ends):
    transfer = shipped(ends)

    back = transferring.take_back(transfer_id=transfer.pk, at=LATER)

    assert (back.state, back.returned_at) == ("returned", LATER)
    assert both(ends) == ((10, 20), (0, 0))
    with pytest.raises(TransferStateError):
        transferring.receive_transfer(transfer_id=transfer.pk, at=LATER)
    assert broken_invariants() == []


def test_a_part_is_taken_back_and_the_rest_is_missing(ends):
    transfer = shipped(ends)

    transferring.take_back(transfer_id=transfer.pk, units={ends.first.pk: 3}, at=LATER)

    assert both(ends)[0] == (9, 14)
    assert [the_line(transfer, one).difference for one in (ends.first, ends.second)] == [-1, -6]
    with pytest.raises(TransferStateError):
        transferring.take_back(transfer_id=transfer.pk, at=LATER)


def test_what_is_missing_after_a_receipt_comes_back_in_parts_and_no_more(ends):
    transfer = shipped(ends)
    transferring.receive_transfer(transfer_id=transfer.pk, received={ends.first.pk: 1, ends.second.pk: 6}, at=AT)
    with pytest.raises(InvalidError, match=f"{ends.first.sku} 3 units"):
        transferring.take_back(transfer_id=transfer.pk, units={ends.first.pk: 4}, at=LATER)

    transferring.take_back(transfer_id=transfer.pk, units={ends.first.pk: 2}, at=LATER)
    transferring.take_back(transfer_id=transfer.pk, at=LATER)

    transfer.refresh_from_db()
    assert transfer.state == "received"
    assert both(ends) == ((9, 14), (1, 6))
    with pytest.raises(InvalidError, match="No unit"):
        transferring.take_back(transfer_id=transfer.pk, at=LATER)
    assert broken_invariants() == []


def test_cancelling_ends_what_has_not_been_shipped(ends):
    transfer = request(ends)

    transferring.cancel_transfer(transfer_id=transfer.pk, at=AT)

    with pytest.raises(TransferStateError):
        transferring.ship_transfer(transfer_id=transfer.pk, at=AT)
    on_its_way = shipped(ends)
    with pytest.raises(TransferStateError):
        transferring.cancel_transfer(transfer_id=on_its_way.pk, at=AT)


def test_second_receipt_books_nothing(ends):
    transfer = shipped(ends)
    transferring.receive_transfer(transfer_id=transfer.pk, at=AT)

    with pytest.raises(TransferStateError, match=transfer.number):
        transferring.receive_transfer(transfer_id=transfer.pk, at=LATER)

    assert both(ends)[1] == (4, 6)


def test_units_on_their_way_are_seen_at_both_ends(ends):
    transfer = shipped(ends)
    other = request(ends)  # not shipped

    ways = {
        name: in_transit(location_ids=[place.pk])
        for name, place in (("from", ends.source.location), ("to", ends.destination))
    }

    for rows in ways.values():
        assert {(row.transfer_id, row.variant_id, row.shipped) for row in rows} == {
            (transfer.pk, ends.first.pk, 4), (transfer.pk, ends.second.pk, 6)
        }  # fmt: skip
    assert not in_transit(location_ids=[StockLocationFactory(merchant=ends.merchant).pk])
    transferring.receive_transfer(transfer_id=transfer.pk, at=AT)
    assert not in_transit(location_ids=[ends.destination.pk])
    assert other.state == "requested"


def test_requests_that_make_no_sense_are_refused(ends):
    places = {"source_id": ends.source.location.pk, "destination_id": ends.destination.pk}
    for fault, error in (
        ({"destination_id": ends.source.location.pk}, InvalidError),
        ({"source_id": uuid7()}, UnknownReferenceError),
        ({"units": {}}, InvalidError),
        ({"units": {ends.first.pk: 0}}, InvalidError),
    ):
        with pytest.raises(error):
            transferring.request_transfer(**{**places, "units": {ends.first.pk: 1}, "at": AT, **fault})

    assert not TransferOrder.objects.exists()
    with pytest.raises(NotFoundError):
        transferring.ship_transfer(transfer_id=uuid7(), at=AT)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "shipped"},
        {"state": "requested", "shipped_at": AT},
        {"state": "received", "received_at": AT},
        {"state": "cancelled", "cancelled_at": AT, "shipped_at": AT},
        {"state": "returned", "returned_at": AT},
    ],
)
def test_times_fit_the_state(ends, change):
    transfer = request(ends)

    with pytest.raises(IntegrityError, match="transfer_times_fit_state"), transaction.atomic():
        TransferOrder.objects.filter(pk=transfer.pk).update(**change)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"received": 1, "shipped": None}, "transferline_shipped_first"),
        ({"received": 1, "damaged": 1}, "transferline_damage_has_reason"),
        ({"received": 3, "returned": 2}, "transferline_only_missing_returns"),
    ],
)
def test_lines_hold_together(ends, change, constraint):
    transfer = shipped(ends)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        TransferLine.objects.filter(transfer=transfer, variant=ends.first).update(**change)


def test_control_invariant_sees_units_that_left_no_trace(ends):
    transfer = shipped(ends)
    TransferLine.objects.filter(transfer=transfer, variant=ends.first).update(shipped=5)

    assert [name for name, _rows in broken_invariants()] == ["stock.transfers_add_up"]


@pytest.mark.parametrize("count", [1, 50])
def test_transfers_of_any_length_take_as_many_queries(scope, count, django_assert_num_queries):
    source, destination = make_shop(scope).location, StockLocationFactory(merchant=scope)
    levels = [StockLevelFactory(merchant=scope, location=source, on_hand=9) for _ in range(count)]
    for level in levels:
        StockLevelFactory(merchant=scope, location=destination, variant=level.variant)
    units = {level.variant_id: 5 for level in levels}
    transfer = transferring.request_transfer(source_id=source.pk, destination_id=destination.pk, units=units, at=AT)
    damaged = dict.fromkeys(units, 1)
    with django_assert_num_queries(13):
        transferring.ship_transfer(transfer_id=transfer.pk, units=units, at=AT)
    with django_assert_num_queries(14):
        transferring.receive_transfer(
            transfer_id=transfer.pk, received=dict.fromkeys(units, 3), damaged=damaged,
            damage_reasons=dict.fromkeys(units, "Wet"), at=AT,
        )  # fmt: skip
    with django_assert_num_queries(12):
        transferring.take_back(transfer_id=transfer.pk, at=AT)
