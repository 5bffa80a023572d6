"""Orders decided one after another: none is given what one before it was given."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from channels.orders.routing import route, route_in_turn
from tests.channels.orders.routing.test_engine import AT, A, B, demand, place, rule

UNITS = st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 4)), min_size=1, max_size=3)
STOCK = st.fixed_dictionaries({A: st.integers(0, 6), B: st.integers(0, 6)})
PLACES = st.lists(st.tuples(STOCK, st.none() | st.integers(0, 3)), min_size=1, max_size=4)


def test_second_order_sees_what_the_first_has_taken():
    near, far = place(1, {A: 3}, priority=1), place(2, {A: 3}, priority=2)

    decisions = route_in_turn([demand((A, 2)), demand((A, 2)), demand((A, 2))], [near, far], at=AT)

    taken = [[part.location_id for part in decision.parts] for decision in decisions]
    assert taken == [[near.location_id], [far.location_id], []]
    assert decisions[2].unrouted[0].queue == "no_stock"
    assert near.available == {A: 3}


def test_each_order_takes_a_place_of_those_of_the_day():
    busy, idle = place(1, {A: 9}, priority=1, capacity_left=1), place(2, {A: 9}, priority=2)

    decisions = route_in_turn([demand((A, 1), (A, 1)), demand((A, 1))], [busy, idle], at=AT)

    assert [decision.parts[0].location_id for decision in decisions] == [busy.location_id, idle.location_id]


@given(st.lists(UNITS, min_size=1, max_size=6), PLACES, st.sampled_from(["never", "lines", "units"]))
def test_decided_in_turn_is_decided_on_what_is_left(orders, places, split):
    rules = [rule(split=split)]
    candidates = [place(n, stock, capacity_left=room) for n, (stock, room) in enumerate(places)]
    demands = [replace(demand(*units), order_id=UUID(int=n)) for n, units in enumerate(orders)]

    decisions = route_in_turn(demands, candidates, rules, at=AT)

    taken: Counter[tuple[UUID, UUID]] = Counter()
    orders_there: Counter[UUID] = Counter()
    for wanted, decision in zip(demands, decisions, strict=True):
        left = [
            replace(
                one,
                available={v: units - taken[v, one.location_id] for v, units in one.available.items()},
                capacity_left=None if one.capacity_left is None else one.capacity_left - orders_there[one.location_id],
            )
            for one in candidates
        ]
        assert decision == route(wanted, left, rules, at=AT)
        variants = {line.line_id: line.variant_id for line in wanted.lines}
        for part in decision.parts:
            orders_there[part.location_id] += 1
            for line_id, units in part.units.items():
                taken[variants[line_id], part.location_id] += units
    for one in candidates:
        assert all(taken[v, one.location_id] <= units for v, units in one.available.items())
        assert one.capacity_left is None or orders_there[one.location_id] <= one.capacity_left
