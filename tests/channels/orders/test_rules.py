"""Rules: kept in order, tried on past orders before they are saved, explained in sentences."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from channels.orders.explaining import SENTENCES, sentence
from channels.orders.jobs import ROWS, ReplayRules
from channels.orders.models import FulfillmentOrder, RoutingDecision, RoutingRule
from channels.orders.services import rules
from channels.orders.services.replaying import Tally, first_decisions, replay_rules, rules_on_trial
from channels.orders.services.routing import route_order
from channels.orders.services.routing_plans import Outcome
from o2o.events.models import OutboxEvent
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.tenancy.models import Merchant
from tests.channels.orders.shop import AT, Shop, fulfillments, make_order, make_shop

pytestmark = pytest.mark.django_db

SINCE, UNTIL = AT - timedelta(days=1), AT + timedelta(days=1)


def names() -> list[str]:
    return list(RoutingRule.objects.order_by("position", "pk").values_list("name", flat=True))


def test_new_rules_come_last_and_change_places(scope: Merchant) -> None:
    first, second, third = (rules.create_rule(name=name, definition={}) for name in "abc")
    assert names() == ["a", "b", "c"]
    rules.move_rule(rule_id=third.pk, is_up=True)
    assert names() == ["a", "c", "b"]
    rules.move_rule(rule_id=first.pk, is_up=True)
    rules.move_rule(rule_id=second.pk, is_up=False)
    assert names() == ["a", "c", "b"]
    rules.reorder_rules(rule_ids=[second.pk, first.pk, third.pk])
    assert names() == ["b", "a", "c"]


def test_refused_changes_leave_the_rules_as_they_were(scope: Merchant) -> None:
    first = rules.create_rule(name="a", definition={})
    rules.create_rule(name="b", definition={})
    before = list(RoutingRule.objects.order_by("pk").values())
    for error, change in (
        (rules.RuleExistsError, lambda: rules.update_rule(rule_id=first.pk, name="b")),
        (InvalidError, lambda: rules.update_rule(rule_id=first.pk, definition={"luck": 1})),
        (InvalidError, lambda: rules.create_rule(name="c", definition={"luck": 1})),
        (InvalidError, lambda: rules.reorder_rules(rule_ids=[first.pk, first.pk])),
        (NotFoundError, lambda: rules.update_rule(rule_id=uuid.uuid4(), name="c")),
        (NotFoundError, lambda: rules.delete_rule(rule_id=uuid.uuid4())),
    ):
        with pytest.raises(error):
            change()
    assert list(RoutingRule.objects.order_by("pk").values()) == before


def test_there_are_not_more_rules_than_can_be_asked(scope: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 1)
    rules.create_rule(name="a", definition={})
    with pytest.raises(rules.TooManyRulesError):
        rules.create_rule(name="b", definition={})


def test_a_rule_that_cannot_be_read_any_more_stops_no_order(scope: Merchant) -> None:
    shop = make_shop(scope)
    RoutingRule.objects.create(name="broken", definition={"luck": 1})
    order = make_order(shop)
    assert route_order(order_id=order.pk, at=AT, cause="placed") is not None
    assert fulfillments(shop, order)[0].location_id == shop.stores[0].pk


def test_the_first_rule_that_applies_decides_and_is_named(scope: Merchant) -> None:
    shop = make_shop(scope)
    rules.create_rule(name="pickups", definition={"conditions": {"methods": ["pickup"]}})
    only = {"filters": {"locations": [str(shop.stores[1].pk)]}}
    rules.create_rule(name="second store", definition=only)
    order = make_order(shop)
    decision = route_order(order_id=order.pk, at=AT, cause="placed")
    assert decision is not None
    assert decision.rule_name == "second store"
    assert fulfillments(shop, order)[0].location_id == shop.stores[1].pk


# --- replay


def past(scope: Merchant, *, orders: int = 3) -> Shop:
    """Return a shop whose orders of two units went to the nearest store, which lies at some distance."""
    shop = make_shop(scope, stock=((2 * orders,), (2 * orders,)))
    for _order in range(orders):
        route_order(order_id=make_order(shop, (2,)).pk, at=AT, cause="placed")
    return shop


def replayed(*tried: dict[str, Any], batches: int = 1) -> dict[str, Any]:
    parameters = {
        "rules": [{"name": f"rule {number}", "definition": definition} for number, definition in enumerate(tried)],
        "since": SINCE.isoformat(),
        "until": UNTIL.isoformat(),
    }
    kind, cursor, count = ReplayRules(), None, 0
    while True:
        batch = kind.batch(parameters=parameters, cursor=cursor, at=AT)
        count += 1
        if batch.cursor is None:
            assert count == batches
            return dict(batch.result)
        cursor = batch.cursor


def test_the_same_rules_do_the_same(scope: Merchant) -> None:
    past(scope)
    report = replayed()
    assert report["before"] == report["after"]
    assert (report["changed"], report["changes"], report["skipped"]) == (0, [], 0)
    assert report["before"] | {"mean_distance_km": 0, "p90_distance_km": 0} == {
        "orders": 3,
        "split_rate": 0.0,
        "unroutable": 0,
        "mean_distance_km": 0,
        "p90_distance_km": 0,
        "stores_emptied": 1,
    }


def test_other_rules_are_compared_with_the_stock_that_orders_saw(scope: Merchant) -> None:
    shop = past(scope)
    before = (FulfillmentOrder.objects.count(), RoutingDecision.objects.count(), OutboxEvent.objects.count())
    report = replayed({"filters": {"locations": [str(shop.stores[1].pk)]}})
    assert report["changed"] == 3
    assert report["changes"][0]["before"] == [shop.stores[0].name]
    assert report["changes"][0]["after"] == [shop.stores[1].name]
    assert report["after"]["mean_distance_km"] > report["before"]["mean_distance_km"]
    assert report["after"]["stores_emptied"] == 0
    nobody = replayed({"filters": {"max_distance_km": 0.001}})
    assert (nobody["after"]["unroutable"], nobody["after"]["mean_distance_km"]) == (3, None)
    after = (FulfillmentOrder.objects.count(), RoutingDecision.objects.count(), OutboxEvent.objects.count())
    assert after == before


def test_a_replay_in_batches_ends_like_one_in_one_go(scope: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = past(scope, orders=5)
    tried = {"filters": {"locations": [str(shop.stores[1].pk)]}}
    whole = replayed(tried)
    monkeypatch.setattr("channels.orders.jobs.ROWS", 2)
    assert replayed(tried, batches=3) == whole
    assert ROWS == 200


def test_decisions_that_kept_too_little_are_counted_and_skipped(scope: Merchant) -> None:
    shop = past(scope, orders=1)
    order = make_order(shop)
    RoutingDecision.objects.create(order=order, decision={"gave_up_after": 3}, decided_at=AT)
    report = replayed()
    assert (report["before"]["orders"], report["skipped"]) == (1, 1)


def test_only_the_first_decision_of_an_order_counts(scope: Merchant) -> None:
    past(scope, orders=1)
    first = RoutingDecision.objects.get()
    RoutingDecision.objects.create(order=first.order, decision=first.decision, decided_at=AT)
    assert list(first_decisions(since=SINCE, until=UNTIL)) == [first]
    assert ReplayRules().total(parameters={"since": SINCE.isoformat(), "until": UNTIL.isoformat()}) == 1
    assert not first_decisions(since=UNTIL, until=UNTIL + timedelta(days=1)).exists()


def test_where_a_customer_lives_is_not_kept_in_a_decision(scope: Merchant) -> None:
    past(scope, orders=1)
    assert "121.39" not in str(RoutingDecision.objects.get().decision)


def test_the_rule_being_edited_takes_its_place_among_the_others(scope: Merchant) -> None:
    first = rules.create_rule(name="a", definition={})
    rules.create_rule(name="off", definition={}, is_active=False)
    second = rules.create_rule(name="b", definition={})
    changed = {"goals": ["priority"]}
    assert [rule["name"] for rule in rules_on_trial(rule_id=first.pk, name="A", definition=changed)] == ["A", "b"]
    assert [rule["name"] for rule in rules_on_trial(rule_id=None, name="new", definition={})] == ["a", "b", "new"]
    without = rules_on_trial(rule_id=second.pk, name="b", definition={}, is_active=False)
    assert [rule["name"] for rule in without] == ["a"]


@pytest.mark.parametrize(("since", "until"), [(AT, AT), (AT, AT - timedelta(days=1)), (AT - timedelta(days=200), AT)])
def test_a_replay_has_bounds(scope: Merchant, since: Any, until: Any) -> None:
    with pytest.raises(InvalidError):
        replay_rules(rules=[], since=since, until=until, at=AT)


def test_a_tally_knows_its_percentile() -> None:
    tally = Tally()
    for distance in range(1, 11):
        tally.add(Outcome({}, {"a": "A", "b": "B"} if distance == 1 else {"a": "A"}, [distance], distance > 8, 0))
    report = tally.report()
    assert (report["mean_distance_km"], report["p90_distance_km"]) == (5.5, 9)
    assert (report["split_rate"], report["unroutable"]) == (0.1, 2)
    assert Tally.from_json(tally.to_json()) == tally
    assert Tally().report()["split_rate"] is None


# --- sentences

FIGURES = {
    "distance_km": 3.14,
    "limit_km": 2,
    "units": 1,
    "goal": "distance",
    "method": "ship",
    "opens_at": "2026-05-05T01:00:00+00:00",
}


@pytest.mark.parametrize("code", SENTENCES)
@pytest.mark.parametrize("figures", [{}, FIGURES])
def test_every_reason_is_a_sentence(code: str, figures: dict[str, Any]) -> None:
    text = sentence({"code": code, **figures})
    assert text.endswith(".")
    assert code not in text


def test_unknown_reasons_are_shown_as_they_are() -> None:
    assert sentence({"code": "strange"}) == "strange"
    assert sentence({}) == "No reason was kept."


def test_figures_stand_in_the_sentence() -> None:
    with translation.override("en"):
        text = sentence({"code": "too_far", "distance_km": 7.26, "limit_km": 5})
    assert text == "It is 7.3 km away; the rule allows 5.0 km."
