"""The router itself.

It chooses the fewest locations that together have everything, and among these sets the one that is best by the criteria
of the rule, read from the left, where the figures of a set are the sums of those of its locations. That is exact for up
to ``SEARCHED_VARIANTS`` variants (a walk over the subsets that are covered, with one best location for each set of
variants that it has); beyond that it takes the location that covers most, again and again, and says so.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from operator import sub
from typing import Any
from uuid import UUID

from channels.orders.routing.rules import DEFAULT_RULE, Criterion, Rule, When
from channels.orders.routing.types import Candidate, Decision, Demand, DemandLine, Part, Unrouted, Verdict, distance_km

SEARCHED_VARIANTS = 12
FAR_KM = 40_000.0
NEVER_MINUTES = 1e9

Score = tuple[float, ...]
Wanted = Mapping[UUID, int]
"""Units by variant, in the order in which the figures and bits of a runner speak of variants."""


@dataclass(slots=True, eq=False)
class _Runner:
    """A candidate that is in the race: its figures, its units of each variant, and of which it has enough (as bits).

    ``order`` is what the better of two has less of; the id decides at last, so that the answer is always the same.
    """

    candidate: Candidate
    km: float | None
    score: Score
    mask: int
    units: Sequence[int]
    order: tuple[Score, int]


def rule_for(demand: Demand, rules: Sequence[Rule]) -> Rule:
    """Return the rule that decides about an order: the first that applies, else the default one."""
    return next((rule for rule in rules if _applies(rule.when, demand)), DEFAULT_RULE)


def route(
    demand: Demand,
    candidates: Sequence[Candidate],
    rules: Sequence[Rule] = (),
    *,
    at: datetime,
    explains: bool = True,
) -> Decision:
    """Decide which locations get which units of an order.

    The first rule that applies decides, else the default one. Never more units go to a location than it has, and none
    to a location without capacity. The same input gives the same answer, in whatever order the candidates come.
    Unless it ``explains``, the decision has no verdicts, which takes a third less.
    """
    rule = rule_for(demand, rules)
    wanted = _by_variant(demand.lines)
    runners, out = [], []
    for candidate in sorted(candidates, key=lambda one: one.location_id.int):
        km = _km(demand, candidate)
        if refusal := _refusal(demand, candidate, rule, km, at):
            out.append(Verdict(candidate.location_id, candidate.name, "out", *refusal))
        else:
            runners.append(_runner(candidate, km, wanted, rule, at))
    chosen, is_exact = _choose(runners, len(wanted), rule)
    parts, left = _share(demand.lines, wanted, chosen, runners, rule)
    if rule.split == "never" and left:
        parts, left = [], {line.line_id: line.quantity for line in demand.lines}
    queue = _queue(out, runners, candidates)
    unrouted = [Unrouted(line_id, units, queue) for line_id, units in left.items()]
    verdicts = [*_judged(runners, parts, wanted, demand.lines, rule), *out] if explains else []
    return Decision(rule.name, parts, unrouted, verdicts, is_exact)


# --- whether a rule applies, and who may take part


def _applies(when: When, demand: Demand) -> bool:
    categories = {category for line in demand.lines for category in line.categories}
    return (
        (not when.channels or demand.channel_id in when.channels)
        and (not when.methods or demand.method in when.methods)
        and (not when.categories or bool(when.categories & categories))
        and (not when.weekdays or demand.local.weekday() in when.weekdays)
        and _within(demand.local.time(), when.begins, when.ends)
        and (when.min_total is None or demand.total >= when.min_total)
        and (when.max_total is None or demand.total <= when.max_total)
    )


def _within(now: time, begins: time | None, ends: time | None) -> bool:
    if begins is None or ends is None:
        return True
    return begins <= now < ends if begins < ends else now >= begins or now < ends


def _refusal(
    demand: Demand, candidate: Candidate, rule: Rule, km: float | None, at: datetime
) -> tuple[str, dict[str, Any]] | None:
    """Return why a candidate is out, as a code and figures, or None where it is in the race."""
    only = rule.only
    if candidate.excluded:
        return candidate.excluded, {}
    if demand.location_id is not None and candidate.location_id != demand.location_id:
        return "not_the_chosen_store", {}
    if demand.method not in candidate.methods:
        return "method_not_offered", {"method": demand.method}
    if (
        (only.kinds and candidate.kind not in only.kinds)
        or (only.locations and candidate.location_id not in only.locations)
        or candidate.location_id in only.not_locations
    ):
        return "not_allowed_by_rule", {"rule": rule.name}
    if only.max_km is not None and (km is None or km > only.max_km):
        return "too_far", {"km": _rounded(km), "max_km": only.max_km}
    latest = None if only.opens_within_minutes is None else at + timedelta(minutes=only.opens_within_minutes)
    if candidate.opens_at is None or (latest is not None and candidate.opens_at > latest):
        return "closed", {"opens_at": candidate.opens_at and candidate.opens_at.isoformat()}
    if candidate.capacity_left is not None and candidate.capacity_left <= 0:
        return "no_capacity", {}
    return None


# --- the figures of a candidate


def _runner(candidate: Candidate, km: float | None, wanted: Wanted, rule: Rule, at: datetime) -> _Runner:
    keep, has = rule.only.keep_units, candidate.available.get
    units = [max(has(variant, 0) - keep, 0) for variant in wanted]
    mask, bit = 0, 1
    for there, quantity in zip(units, wanted.values(), strict=True):
        if there >= quantity:
            mask |= bit
        bit <<= 1
    score = tuple([_figure(criterion, candidate, km, units, wanted, at) for criterion in rule.prefer])
    return _Runner(candidate, km, score, mask, units, (score, candidate.location_id.int))


def _figure(
    criterion: Criterion,
    candidate: Candidate,
    km: float | None,
    units: Sequence[int],
    wanted: Wanted,
    at: datetime,
) -> float:
    """Return the figure of a criterion, of which less is better."""
    match criterion.by:
        case "nearest":
            distance = FAR_KM if km is None else km
            return math.floor(distance / criterion.band_km) if criterion.band_km else distance
        case "priority":
            return candidate.priority
        case "most_stock":
            # What would be left of the scarcest variant.
            return -min(map(sub, units, wanted.values()))
        case "least_loaded":
            return -NEVER_MINUTES if candidate.capacity_left is None else -candidate.capacity_left
        case _soonest_ready:
            opens_at = candidate.opens_at or at
            return max((opens_at - at).total_seconds() / 60, 0) + candidate.preparation_minutes


def _km(demand: Demand, candidate: Candidate) -> float | None:
    if demand.coordinates is None or candidate.coordinates is None:
        return None
    return distance_km(demand.coordinates, candidate.coordinates)


# --- the choice of locations


def _choose(runners: Sequence[_Runner], count: int, rule: Rule) -> tuple[list[_Runner], bool]:
    best: dict[int, _Runner] = {}
    for runner in runners:
        if runner.mask and (runner.mask not in best or runner.order < best[runner.mask].order):
            best[runner.mask] = runner
    whole = (1 << count) - 1
    if whole in best:
        return [best[whole]], True
    if rule.max_parts == 1:
        return ([min(best.values(), key=lambda one: (-one.mask.bit_count(), one.order))] if best else []), True
    if count > SEARCHED_VARIANTS:
        return _greedy(list(best.values()), rule.max_parts), False
    return _cover(list(best.values()), rule.max_parts), True


def _cover(runners: Sequence[_Runner], most: int) -> list[_Runner]:
    """Return the smallest, then best set of locations that covers as many variants as any set can."""
    zero: Score = (0.0,) * (len(runners[0].score) if runners else 0)
    # For each set of covered variants the best way to it with the fewest parts, layer by layer.
    reached: dict[int, tuple[Score, tuple[int, ...], tuple[_Runner, ...]]] = {0: (zero, (), ())}
    layer = dict(reached)
    for _part in range(most):
        following: dict[int, tuple[Score, tuple[int, ...], tuple[_Runner, ...]]] = {}
        for covered, (score, _ids, chosen) in layer.items():
            for runner in runners:
                union = covered | runner.mask
                if union == covered or union in reached:
                    continue
                total = tuple(map(sum, zip(score, runner.score, strict=True)))
                picked = (*chosen, runner)
                step = (total, tuple(sorted(one.candidate.location_id.int for one in picked)), picked)
                if union not in following or step[:2] < following[union][:2]:
                    following[union] = step
        if not following:
            break
        reached |= following
        layer = following
    most_covered = max(reached, key=lambda covered: (covered.bit_count(), -len(reached[covered][2])))
    ties = [covered for covered in reached if covered.bit_count() == most_covered.bit_count()]
    winner = min(ties, key=lambda covered: (len(reached[covered][2]), reached[covered][:2]))
    return sorted(reached[winner][2], key=lambda one: one.order)


def _greedy(runners: list[_Runner], most: int) -> list[_Runner]:
    covered = 0
    chosen: list[_Runner] = []
    while len(chosen) < most:
        gains = [(-(runner.mask & ~covered).bit_count(), runner.order, runner) for runner in runners]
        gain, _order, runner = min(gains, key=lambda entry: entry[:2], default=(0, ((), 0), None))
        if not gain or runner is None:
            break
        covered |= runner.mask
        chosen.append(runner)
    return sorted(chosen, key=lambda one: one.order)


# --- who gets what


def _share(
    lines: Sequence[DemandLine], wanted: Wanted, chosen: Sequence[_Runner], runners: Sequence[_Runner], rule: Rule
) -> tuple[list[Part], dict[UUID, int]]:
    """Give whole variants to the best chosen location that has enough, then (``units``) the rest in pieces."""
    takers: dict[UUID, list[_Runner]] = {}
    for place, (variant, quantity) in enumerate(wanted.items()):
        able = next((one for one in chosen if one.units[place] >= quantity), None)
        takers[variant] = [able] if able else []
    if rule.split == "units":
        _add_pieces(takers, wanted, chosen, runners, rule)
    places = {variant: place for place, variant in enumerate(wanted)}
    stock: dict[_Runner, list[int]] = {runner: list(runner.units) for some in takers.values() for runner in some}
    given: dict[_Runner, dict[UUID, int]] = defaultdict(dict)
    left: dict[UUID, int] = {}
    for line in lines:
        remaining, place = line.quantity, places[line.variant_id]
        for runner in takers[line.variant_id]:
            units = min(remaining, stock[runner][place])
            if units:
                given[runner][line.line_id] = units
                stock[runner][place] -= units
                remaining -= units
        if remaining:
            left[line.line_id] = remaining
    parts = [Part(one.candidate.location_id, given[one]) for one in sorted(given, key=lambda one: one.order)]
    return parts, left


def _add_pieces(
    takers: dict[UUID, list[_Runner]],
    wanted: Wanted,
    chosen: Sequence[_Runner],
    runners: Sequence[_Runner],
    rule: Rule,
) -> None:
    """Let variants of which no location has enough come from several: those chosen already first, then the best."""
    used = set(chosen)
    ordered = sorted(runners, key=lambda one: one.order)
    for place, (variant, quantity) in enumerate(wanted.items()):
        if takers[variant]:
            continue
        missing = quantity
        for runner in sorted(ordered, key=lambda one: one not in used):
            if missing <= 0 or (runner not in used and len(used) >= rule.max_parts):
                continue
            if runner.units[place]:
                takers[variant].append(runner)
                used.add(runner)
                missing -= runner.units[place]


def _by_variant(lines: Sequence[DemandLine]) -> dict[UUID, int]:
    wanted: dict[UUID, int] = defaultdict(int)
    for line in sorted(lines, key=lambda one: str(one.variant_id)):
        wanted[line.variant_id] += line.quantity
    return dict(wanted)


# --- why


def _queue(out: Sequence[Verdict], runners: Sequence[_Runner], candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "no_location_serves"
    if runners:
        return "no_stock"
    codes = {verdict.code for verdict in out}
    for code, queue in (("no_capacity", "capacity"), ("closed", "closed"), ("too_far", "too_far")):
        if code in codes:
            return queue
    return "all_excluded" if codes & {"rejected_before", "took_too_long"} else "no_location_serves"


def _judged(
    runners: Sequence[_Runner],
    parts: Sequence[Part],
    wanted: Wanted,
    lines: Sequence[DemandLine],
    rule: Rule,
) -> list[Verdict]:
    skus = {line.variant_id: line.sku for line in lines}
    needs = [(skus[variant], quantity) for variant, quantity in wanted.items()]
    won = {part.location_id.int: sum(part.units.values()) for part in parts}
    ordered = sorted(runners, key=lambda one: one.order)
    winners = [runner for runner in ordered if runner.candidate.location_id.int in won]
    verdicts = []
    for runner in winners:
        candidate = runner.candidate
        figures = {"units": won[candidate.location_id.int], "km": _rounded(runner.km), "parts": len(parts)}
        verdicts.append(Verdict(candidate.location_id, candidate.name, "won", "won", figures))
    best = winners[0] if winners else None
    for runner in ordered:
        candidate = runner.candidate
        if candidate.location_id.int not in won:
            code, figures = _loss(runner, best, needs, len(parts), rule)
            verdicts.append(Verdict(candidate.location_id, candidate.name, "lost", code, figures))
    return verdicts


def _loss(
    runner: _Runner, winner: _Runner | None, needs: Sequence[tuple[str, int]], parts: int, rule: Rule
) -> tuple[str, dict[str, Any]]:
    """Return why a runner lost, as a code and figures; ``needs`` are SKU and units of each variant."""
    missing = len(needs) - runner.mask.bit_count()
    if missing:
        # The lowest bit that is not set names the first variant of which it has too little.
        place = (~runner.mask & (runner.mask + 1)).bit_length() - 1
        sku, quantity = needs[place]
        figures = {"sku": sku, "wanted": quantity, "has": runner.units[place], "missing": missing}
        if winner is None or missing == len(needs) or parts > 1:
            return "out_of_stock", figures
        return "would_split", figures
    if winner is None:
        return "not_needed", {}
    for criterion, mine, best in zip(rule.prefer, runner.score, winner.score, strict=True):
        if mine > best:
            return _worse(criterion, runner, winner)
    return "equal", {}


def _worse(criterion: Criterion, runner: _Runner, winner: _Runner) -> tuple[str, dict[str, Any]]:
    mine, best = runner.candidate, winner.candidate
    match criterion.by:
        case "nearest":
            return "farther", {"km": _rounded(runner.km), "best_km": _rounded(winner.km)}
        case "priority":
            return "lower_priority", {"priority": mine.priority, "best_priority": best.priority}
        case "most_stock":
            return "less_stock", {}
        case "least_loaded":
            return "busier", {"capacity_left": mine.capacity_left, "best_capacity_left": best.capacity_left}
        case _soonest_ready:
            return "later", {"minutes": mine.preparation_minutes, "best_minutes": best.preparation_minutes}


def _rounded(km: float | None) -> float | None:
    return None if km is None else round(km, 1)
