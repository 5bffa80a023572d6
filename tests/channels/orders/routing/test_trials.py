"""Rules tried on past orders, without a database: each order takes its units, and a trial can be put aside."""

import json
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from channels.orders.routing import route
from channels.orders.routing.trials import SAMPLES, Share, Side, Trial, trial_from_json, trial_to_json
from tests.channels.orders.routing.test_engine import AT, CHANNEL, SUZHOU, A, B, demand, place, rule

NEAR, FAR = place(1, {}), place(2, {}, coordinates=SUZHOU)
PLACES = {CHANNEL: [NEAR, FAR]}
FIRST, SECOND = NEAR.location_id, FAR.location_id


def an_order(number, *units, **fields):
    return replace(demand(*units, **fields), order_id=UUID(int=number))


def a_trial(before=(), after=(), moved=None):
    return Trial(Side(list(before), dict(moved or {})), Side(list(after), dict(moved or {})))


FARTHEST = rule(only={"locations": [str(SECOND)]})


def test_each_order_takes_its_units_out_of_what_the_next_one_sees():
    trial = a_trial(after=[FARTHEST])
    free = {(A, FIRST): 1, (A, SECOND): 2}

    trial.decide([an_order(number, (A, 1)) for number in range(1, 5)], PLACES, free, at=AT)

    before, after = trial.before.figures(), trial.after.figures()
    assert (trial.orders, before.parcels, before.unrouted, before.emptied) == (4, 3, 1, 2)
    assert (after.parcels, after.unrouted, after.emptied) == (2, 2, 1)
    # The second order goes to the far store on both sides, the fourth waits on both.
    assert (trial.changed, [change.order_id.int for change in trial.samples]) == (2, [1, 3])
    assert trial.samples[0].before == [Share(FIRST, "Store 1", 1)]
    assert trial.samples[0].after == [Share(SECOND, "Store 2", 1)]
    assert (trial.samples[1].after, trial.samples[1].waits_before, trial.samples[1].waits_after) == ([], 0, 1)


def test_what_the_orders_took_in_truth_is_there_again():
    trial = a_trial(moved={(A, FIRST): 3})
    trial.decide([an_order(1, (A, 3))], PLACES, {}, at=AT)
    assert (trial.before.figures().unrouted, trial.before.moved) == (0, {(A, FIRST): 0})
    # Control: without it nothing is there.
    bare = a_trial()
    bare.decide([an_order(1, (A, 3))], PLACES, {}, at=AT)
    assert bare.before.figures().unrouted == 1


def test_distances_are_those_of_the_parcels():
    trial = a_trial(after=[FARTHEST])
    free = {(A, FIRST): 20, (A, SECOND): 20}
    trial.decide([an_order(number, (A, 1)) for number in range(9)], PLACES, free, at=AT)
    trial.decide([an_order(9, (A, 1), coordinates=SUZHOU)], PLACES, free, at=AT)
    trial.decide([an_order(10, (A, 1), coordinates=None)], PLACES, free, at=AT)
    before, after = trial.before.figures(), trial.after.figures()
    assert (before.mean_km, before.p90_km) == (0.0, 0.0)
    assert (after.mean_km, after.p90_km) == (76.32, 84.8)
    assert a_trial().before.figures().p90_km is None


def test_a_split_order_counts_once_and_only_some_changes_are_kept():
    trial = a_trial(after=[rule(split="never")])
    free = {(A, FIRST): 1000, (B, SECOND): 1000}
    trial.decide([an_order(number, (A, 1), (B, 1)) for number in range(SAMPLES + 5)], PLACES, free, at=AT)
    assert (trial.before.figures().split, trial.after.figures().split) == (SAMPLES + 5, 0)
    assert (trial.changed, len(trial.samples)) == (SAMPLES + 5, SAMPLES)


@given(
    wanted=st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 3)), min_size=1, max_size=12),
    cut=st.integers(0, 12),
    free=st.tuples(*[st.integers(0, 6)] * 4),
)
def test_a_trial_that_was_put_aside_ends_like_one_in_one_go(wanted, cut, free):
    orders = [an_order(number, units) for number, units in enumerate(wanted)]
    rules = [rule(prefer=["most_stock"])]
    stock = dict(zip([(A, FIRST), (A, SECOND), (B, FIRST), (B, SECOND)], free, strict=True))
    moved = {(A, FIRST): 2, (B, SECOND): 1}
    whole, piece = a_trial(after=rules, moved=moved), a_trial(after=rules, moved=moved)
    whole.decide(orders, PLACES, stock, at=AT)
    piece.decide(orders[:cut], PLACES, stock, at=AT)
    piece = trial_from_json(json.loads(json.dumps(trial_to_json(piece))), [], rules)
    piece.decide(orders[cut:], PLACES, stock, at=AT)
    assert trial_to_json(piece) == trial_to_json(whole)


@given(
    wanted=st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 3)), min_size=1, max_size=10),
    free=st.tuples(*[st.integers(0, 6)] * 4),
    definition=st.sampled_from([{}, {"prefer": ["most_stock"]}, {"when": {"methods": ["pickup"]}}, {"split": "never"}]),
)
def test_what_is_left_out_for_speed_changes_nothing(wanted, free, definition):
    """Each side alone comes to what the bare router says, with every location and with verdicts."""
    orders = [an_order(number, units) for number, units in enumerate(wanted)]
    stock = dict(zip([(A, FIRST), (A, SECOND), (B, FIRST), (B, SECOND)], free, strict=True))
    trial = a_trial(after=[rule(**definition)])
    trial.decide(orders, PLACES, stock, at=AT)
    for side in (trial.before, trial.after):
        left, unrouted, parcels = dict(stock), 0, 0
        for order in orders:
            places = [
                replace(one, available={variant: left[variant, one.location_id] for variant in (A, B)})
                for one in (NEAR, FAR)
            ]
            decision = route(order, places, side.rules, at=AT)
            for part in decision.parts:
                left[order.lines[0].variant_id, part.location_id] -= sum(part.units.values())
            unrouted += bool(decision.unrouted)
            parcels += len(decision.parts)
        assert (side.unrouted, side.parcels) == (unrouted, parcels)
        assert {place: stock[place] + units for place, units in side.moved.items()}.items() <= left.items()


def test_another_channel_shares_the_shelves():
    other = UUID(int=98)
    trial = a_trial()
    places = {CHANNEL: [NEAR], other: [NEAR]}
    orders = [an_order(1, (A, 1)), replace(an_order(2, (A, 1)), channel_id=other)]
    trial.decide(orders, places, {(A, FIRST): 1}, at=AT)
    assert trial.before.figures().unrouted == 1
