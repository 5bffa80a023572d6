"""The router: the best decision, and why each candidate won or lost."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.orders.routing import Candidate, Demand, DemandLine, RuleError, parse_rule, route
from channels.orders.routing.reasons import REASONS
from channels.orders.routing.types import distance_km

AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
SHANGHAI = (31.2304, 121.4737)
SUZHOU = (31.2990, 120.5853)
A, B, C, D = (UUID(int=number) for number in range(1, 5))
CHANNEL = UUID(int=99)


def demand(*units, method="ship", **fields):
    lines = [
        DemandLine(UUID(int=100 + n), variant, f"SKU-{variant.int}", count) for n, (variant, count) in enumerate(units)
    ]
    return Demand(UUID(int=1), CHANNEL, method, lines, AT, **{"coordinates": SHANGHAI, **fields})


def place(number, stock, **fields):
    return Candidate(
        UUID(int=1000 + number), f"Store {number}", fields.pop("kind", "store"), stock,
        frozenset({"ship", "pickup"}), fields.pop("opens_at", AT), **{"coordinates": SHANGHAI, **fields},
    )  # fmt: skip


def rule(**definition):
    return parse_rule("rule", definition)


def codes(decision):
    return {verdict.name: verdict.code for verdict in decision.verdicts}


def winners(decision):
    return [verdict.name for verdict in decision.verdicts if verdict.outcome == "won"]


def test_nearest_wins_and_the_other_is_told_how_far():
    near, far = place(1, {A: 5}), place(2, {A: 5}, coordinates=SUZHOU)

    decision = route(demand((A, 1)), [far, near], [rule(prefer=["nearest"])], at=AT)

    assert winners(decision) == ["Store 1"]
    assert codes(decision)["Store 2"] == "farther"
    assert decision.verdicts[1].figures == {"km": 84.8, "best_km": 0.0}


def test_one_location_goes_before_two_nearer_ones():
    decision = route(
        demand((A, 1), (B, 1)),
        [place(1, {A: 5}), place(2, {B: 5}), place(3, {A: 1, B: 1}, coordinates=SUZHOU)],
        [rule(prefer=["nearest"])],
        at=AT,
    )

    assert winners(decision) == ["Store 3"]
    assert codes(decision)["Store 1"] == "would_split"


def test_rule_that_never_splits_leaves_everything_waiting():
    candidates = [place(1, {A: 5}), place(2, {B: 5})]

    decision = route(demand((A, 1), (B, 1)), candidates, [rule(split="never")], at=AT)

    assert decision.parts == []
    assert [(row.quantity, row.queue) for row in decision.unrouted] == [(1, "no_stock"), (1, "no_stock")]
    assert len(route(demand((A, 1), (B, 1)), candidates, [rule()], at=AT).parts) == 2


def test_what_nobody_has_waits_and_the_rest_goes():
    decision = route(demand((A, 1), (B, 1)), [place(1, {A: 5})], at=AT)

    assert winners(decision) == ["Store 1"]
    assert [row.queue for row in decision.unrouted] == ["no_stock"]


def test_units_come_from_several_places_where_the_rule_says_so():
    candidates = [place(1, {A: 2}), place(2, {A: 2}, coordinates=SUZHOU)]

    decision = route(demand((A, 3)), candidates, [rule(split="units", prefer=["nearest"])], at=AT)

    assert [sum(part.units.values()) for part in decision.parts] == [2, 1]
    assert route(demand((A, 3)), candidates, [rule(split="lines")], at=AT).parts == []


@pytest.mark.parametrize(
    ("fields", "definition", "code", "queue"),
    [
        ({"excluded": "rejected_before"}, {}, "rejected_before", "all_excluded"),
        ({"opens_at": None}, {}, "closed", "closed"),
        ({"opens_at": AT + timedelta(hours=3)}, {"only": {"opens_within_minutes": 60}}, "closed", "closed"),
        ({"capacity_left": 0}, {}, "no_capacity", "capacity"),
        ({"kind": "warehouse"}, {"only": {"kinds": ["store"]}}, "not_allowed_by_rule", "no_location_serves"),
        ({"coordinates": SUZHOU}, {"only": {"max_km": 10}}, "too_far", "too_far"),
        ({"coordinates": None}, {"only": {"max_km": 10}}, "too_far", "too_far"),
    ],
)
def test_candidates_that_are_out_say_why(fields, definition, code, queue):
    decision = route(demand((A, 1)), [place(1, {A: 9}, **fields)], [rule(**definition)], at=AT)

    assert codes(decision) == {"Store 1": code}
    assert [row.queue for row in decision.unrouted] == [queue]


def test_pickup_goes_to_the_chosen_store_alone():
    chosen, other = place(1, {A: 1}, coordinates=SUZHOU), place(2, {A: 9})

    decision = route(demand((A, 1), method="pickup", location_id=chosen.location_id), [chosen, other], at=AT)

    assert winners(decision) == ["Store 1"]
    assert codes(decision)["Store 2"] == "not_the_chosen_store"


def test_equal_bands_of_distance_let_the_next_criterion_speak():
    near = place(1, {A: 9}, coordinates=(31.2350, 121.4737), priority=5)
    nearest = place(2, {A: 9}, priority=9)

    exact = route(demand((A, 1)), [near, nearest], [rule(prefer=["nearest", "priority"])], at=AT)
    banded = route(demand((A, 1)), [near, nearest], [rule(prefer=[{"by": "nearest", "band_km": 3}, "priority"])], at=AT)

    assert (winners(exact), winners(banded)) == (["Store 2"], ["Store 1"])
    assert codes(banded)["Store 2"] == "lower_priority"


@pytest.mark.parametrize(
    ("criterion", "better", "worse", "code"),
    [
        ("most_stock", {}, {}, "less_stock"),
        ("least_loaded", {"capacity_left": 50}, {"capacity_left": 3}, "busier"),
        ("soonest_ready", {"preparation_minutes": 5}, {"preparation_minutes": 60}, "later"),
        ("soonest_ready", {}, {"opens_at": AT + timedelta(hours=1)}, "later"),
    ],
)
def test_each_criterion_decides(criterion, better, worse, code):
    decision = route(
        demand((A, 1)), [place(2, {A: 3}, **worse), place(1, {A: 9}, **better)], [rule(prefer=[criterion])], at=AT
    )

    assert winners(decision) == ["Store 1"]
    assert codes(decision)["Store 2"] == code


def test_units_that_a_rule_keeps_are_not_taken():
    decision = route(demand((A, 3)), [place(1, {A: 4})], [rule(only={"keep_units": 2})], at=AT)

    assert codes(decision) == {"Store 1": "out_of_stock"}


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({}, True),
        ({"channels": [str(CHANNEL)]}, True),
        ({"channels": [str(A)]}, False),
        ({"methods": ["pickup"]}, False),
        ({"weekdays": [2]}, True),
        ({"weekdays": [5, 6]}, False),
        ({"from": "03:00", "until": "05:00"}, True),
        ({"from": "22:00", "until": "05:00"}, True),
        ({"from": "05:00", "until": "22:00"}, False),
        ({"min_total": "99"}, False),
        ({"max_total": "99.00"}, True),
        ({"categories": [str(D)]}, True),
        ({"categories": [str(C)]}, False),
    ],
)
def test_first_rule_that_applies_decides(when, fits):
    line = DemandLine(UUID(int=7), A, "A", 1, frozenset({D}))
    order = Demand(UUID(int=1), CHANNEL, "ship", [line], AT, Decimal(50), SHANGHAI)

    decision = route(order, [place(1, {A: 1})], [parse_rule("special", {"when": when}), parse_rule("rest", {})], at=AT)

    assert decision.rule == ("special" if fits else "rest")


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ([], "rule"),
        ({"whenn": {}}, "whenn"),
        ({"when": {"from": "9"}}, "when.from"),
        ({"when": {"from": "09:00"}}, "when.until"),
        ({"when": {"channels": ["x"]}}, "when.channels"),
        ({"when": {"weekdays": [7]}}, "when.weekdays"),
        ({"only": {"max_km": "NaN"}}, "only.max_km"),
        ({"only": {"keep_units": True}}, "only.keep_units"),
        ({"prefer": ["luck"]}, "prefer[0].by"),
        ({"split": "maybe"}, "split"),
        ({"max_parts": 0}, "max_parts"),
    ],
)
def test_wrong_definition_says_where(definition, path):
    with pytest.raises(RuleError) as refusal:
        parse_rule("x", definition)

    assert refusal.value.path == path


def test_distance_is_that_of_the_sphere():
    # A quarter of the equator of a sphere with the mean radius of the earth.
    assert distance_km((0, 0), (0, 90)) == pytest.approx(10_007.5, abs=0.1)


PLACES = st.lists(
    st.tuples(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(0, 3), st.integers(0, 3)), max_size=5
)
WANTED = st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(any)


def small_world(places, wanted):
    units = [(variant, count) for variant, count in zip((A, B, C, D), wanted, strict=True) if count]
    candidates = [
        place(number, dict(zip((A, B, C, D), stock, strict=True)), priority=priority, preparation_minutes=minutes)
        for number, (stock, priority, minutes) in enumerate(places)
    ]
    return demand(*units), candidates


def brute_force(order, candidates):
    """Return (variants covered, parts, sums of the criteria) of the best set of locations, by trying every set."""
    best = None
    for size in range(len(candidates) + 1):
        for chosen in itertools.combinations(candidates, size):
            covered = sum(
                any(one.available[line.variant_id] >= line.quantity for one in chosen) for line in order.lines
            )
            score = tuple(
                sum(figure) for figure in zip(*((one.priority, one.preparation_minutes) for one in chosen), strict=True)
            ) or (0, 0)
            value = (-covered, size, score)
            best = value if best is None else min(best, value)
    return best


def value_of(decision, order, candidates):
    by_id = {one.location_id: one for one in candidates}
    chosen = [by_id[part.location_id] for part in decision.parts]
    left = {row.line_id for row in decision.unrouted}
    score = (sum(one.priority for one in chosen), sum(one.preparation_minutes for one in chosen))
    return (-sum(line.line_id not in left for line in order.lines), len(chosen), score)


BY_FIGURES = {"prefer": ["priority", "soonest_ready"]}


@settings(deadline=None)
@given(PLACES, WANTED)
def test_decision_is_as_good_as_the_best_of_all(places, wanted):
    order, candidates = small_world(places, wanted)

    decision = route(order, candidates, [rule(**BY_FIGURES)], at=AT)

    assert value_of(decision, order, candidates) == brute_force(order, candidates)


def test_control_first_fit_is_not_as_good_as_the_best_of_all():
    order, candidates = small_world([([1, 0, 0, 0], 0, 0), ([0, 1, 0, 0], 0, 0), ([1, 1, 0, 0], 3, 3)], [1, 1, 0, 0])
    first_fit = route(order, candidates[:2], [rule(**BY_FIGURES)], at=AT)

    assert value_of(first_fit, order, candidates) > brute_force(order, candidates)


@settings(deadline=None)
@given(PLACES, WANTED, st.sampled_from(["never", "lines", "units"]), st.randoms())
def test_units_add_up_and_the_order_of_candidates_does_not_matter(places, wanted, split, dice):
    order, candidates = small_world(places, wanted)
    rules = [rule(split=split, **BY_FIGURES)]

    decision = route(order, candidates, rules, at=AT)

    shuffled = dice.sample(candidates, len(candidates))
    assert route(order, shuffled, rules, at=AT) == decision
    assert sorted(verdict.name for verdict in decision.verdicts) == sorted(one.name for one in candidates)
    assert {verdict.code for verdict in decision.verdicts} <= set(REASONS)
    given_units = {line.line_id: 0 for line in order.lines}
    by_id = {one.location_id: one for one in candidates}
    for part in decision.parts:
        for line in order.lines:
            units = part.units.get(line.line_id, 0)
            assert units <= by_id[part.location_id].available[line.variant_id]
            given_units[line.line_id] += units
    for row in decision.unrouted:
        given_units[row.line_id] += row.quantity
    assert given_units == {line.line_id: line.quantity for line in order.lines}


def test_many_variants_are_covered_greedily_and_it_says_so():
    variants = [UUID(int=5000 + number) for number in range(14)]
    order = demand(*((variant, 1) for variant in variants))
    candidates = [place(1, dict.fromkeys(variants[:7], 1)), place(2, dict.fromkeys(variants[7:], 1))]

    decision = route(order, candidates, at=AT)

    assert not decision.is_exact
    assert len(decision.parts) == 2
    assert not decision.unrouted
