"""Rules tried on past orders: as a job that may be killed, in the API, and on the pages of a rule."""

import os
import signal
import subprocess
import sys
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.catalog.services.categories import create_category
from channels.orders.enums import ReplayStanding
from channels.orders.jobs import ReplayRule
from channels.orders.models import Order, RoutingRule, RuleReplay
from channels.orders.selectors import rules_of_now, standing_of
from channels.orders.services import replayed_orders
from channels.orders.services.replaying import ReplayOverError, replay_next, start_replay, stop_replay
from channels.orders.services.rules import save_rule
from channels.stores.models import SalesChannel
from o2o.kit import clock
from o2o.kit.errors import InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import Ran, run_job
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_scope, tenant_transaction
from tests.channels.factories import ChannelLocationFactory, StockLocationFactory
from tests.channels.orders.conftest import make_shop, place
from tests.channels.orders.test_fulfillment_api import clerk, program, send
from tests.o2o.console.conftest import SignIn

pytestmark = pytest.mark.django_db
REPLAY, REPLAYS = "/api/v1/routing_rules/replay", "/api/v1/rule_replays"


def to_second(shop: Any) -> dict[str, Any]:
    """Return the definition of a rule that sends all to the second store."""
    return {"only": {"locations": [str(shop.locations[1].pk)]}}


def begin(definition: dict[str, Any], **fields: Any) -> RuleReplay:
    return start_replay(**{"name": "on trial", "definition": definition, "position": 100, "at": clock.now(), **fields})


def finish(replay: RuleReplay, limit: int = 200) -> dict[str, Any]:
    """Do a trial piece by piece and return its result."""
    after, pieces = None, 0
    while pieces == 0 or after is not None:
        after = replay_next(replay_id=replay.pk, after=after, at=clock.now(), limit=limit).after
        pieces += 1
    replay.refresh_from_db()
    assert replay.progress is None
    result: dict[str, Any] = replay.result
    return result


def some_orders(shop: Any, count: int, **fields: Any) -> list[Order]:
    now = clock.now()
    return [place(shop, 1, at=now, placed_at=now - timedelta(hours=number), **fields) for number in range(1, count + 1)]


def test_result_is_the_same_in_one_piece_and_in_many(scope: Merchant) -> None:
    shop = make_shop(scope, on_hand=6)
    orders = some_orders(shop, 5)
    whole, pieces = begin(to_second(shop)), begin(to_second(shop))
    result = finish(whole)
    assert finish(pieces, limit=2) == result
    assert (result["orders"], result["changed"]) == (5, 5)
    assert (result["before"]["unrouted"], result["after"]["unrouted"]) == (0, 0)
    # The oldest stands first; both sides name the place.
    sample = result["samples"][0]
    assert (sample["number"], sample["before"][0]["name"], sample["after"][0]["name"]) == (
        orders[-1].number,
        shop.locations[0].name,
        shop.locations[1].name,
    )
    assert not RoutingRule.objects.exists()


def test_stock_that_the_orders_took_is_theirs_again(scope: Merchant) -> None:
    shop = make_shop(scope, on_hand=3)
    some_orders(shop, 3)
    result = finish(begin({}))
    assert (result["before"]["unrouted"], result["before"]["emptied"], result["changed"]) == (0, 1, 0)


def test_orders_outside_the_days_those_of_tills_and_unknown_goods_are_left_out(scope: Merchant) -> None:
    shop, now = make_shop(scope), clock.now()
    for days in (1, 8, 40, 100):
        place(shop, 1, at=now, placed_at=now - timedelta(days=days))
    place(shop, 1, at=now, placed_at=now, method="in_store", location_id=shop.locations[0].pk)
    assert [finish(begin({}, days=days))["orders"] for days in (7, 30, 90)] == [1, 2, 3]


def test_only_the_newest_orders_are_tried_where_there_are_too_many(
    scope: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(scope)
    orders = some_orders(shop, 4)
    monkeypatch.setattr(replayed_orders, "MOST_ORDERS", 2)
    replay = begin(to_second(shop))
    assert replay.since == orders[1].placed_at
    assert {sample["number"] for sample in finish(replay)["samples"]} == {order.number for order in orders[:2]}


def test_rules_that_look_at_the_clock_and_at_categories_apply_as_they_did(scope: Merchant) -> None:
    shop = make_shop(scope)
    [order] = some_orders(shop, 1)
    drinks = create_category(code="drinks", name="Drinks", at=clock.now())
    tea = create_category(code="tea", name="Tea", parent_id=drinks.pk, at=clock.now())
    shop.variants[0].product.category = tea
    shop.variants[0].product.save()
    only = to_second(shop)["only"]
    assert finish(begin({"when": {"categories": [str(drinks.pk)]}, "only": only}))["changed"] == 1
    assert finish(begin({"when": {"categories": [str(uuid.uuid4())]}, "only": only}))["changed"] == 0
    scope.time_zone = "Asia/Shanghai"
    local = order.placed_at + timedelta(hours=8)
    hours = {"from": f"{local:%H}:00", "until": f"{local + timedelta(hours=1):%H}:00"}
    assert finish(begin({"when": hours, "only": only}))["changed"] == 1
    utc = {"from": f"{order.placed_at:%H}:00", "until": f"{order.placed_at + timedelta(hours=1):%H}:00"}
    assert finish(begin({"when": utc, "only": only}))["changed"] == 0


def test_a_trial_compares_with_the_rules_of_its_beginning(scope: Merchant) -> None:
    shop = make_shop(scope)
    some_orders(shop, 1)
    replay = begin(to_second(shop))
    save_rule(name="everything to the second", definition=to_second(shop), at=clock.now())
    assert finish(replay)["changed"] == 1
    assert finish(begin(to_second(shop)))["changed"] == 0


def test_a_changed_rule_is_tried_in_its_own_place(scope: Merchant) -> None:
    shop = make_shop(scope)
    some_orders(shop, 1)
    rule = save_rule(name="first", definition=to_second(shop), position=1, at=clock.now())
    behind = begin({}, position=2)
    assert finish(behind)["changed"] == 0
    assert finish(begin({}, rule_id=rule.pk, position=2))["changed"] == 1
    assert finish(begin(to_second(shop), rule_id=rule.pk, position=1, is_active=False))["changed"] == 1


def test_queries_do_not_grow_with_orders_and_locations(scope: Merchant) -> None:
    shop = make_shop(scope)
    counts = []
    for more in (1, 6):
        some_orders(shop, more)
        replay = begin({"when": {"weekdays": [0, 1, 2, 3, 4, 5, 6]}})
        with CaptureQueriesContext(connection) as queries:
            replay_next(replay_id=replay.pk, after=None, at=clock.now())
        counts.append(len(queries))
        location = StockLocationFactory(merchant=scope)
        ChannelLocationFactory(merchant=scope, channel=SalesChannel.objects.get(), location=location)
    # savepoint and its end included
    assert counts == [10, 10]


def test_what_is_no_rule_or_no_rule_of_the_merchant_begins_nothing(scope: Merchant, other_merchant: Merchant) -> None:
    with tenant_scope(other_merchant.pk):
        theirs = save_rule(name="theirs", definition={}, at=clock.now())
    with pytest.raises(InvalidError):
        begin({"luck": 1})
    with pytest.raises(UnknownReferenceError):
        begin({}, rule_id=theirs.pk)
    with pytest.raises(NotFoundError):
        stop_replay(replay_id=uuid.uuid4(), at=clock.now())
    assert not RuleReplay.objects.exists()
    assert not Job.objects.exists()


def test_a_trial_says_which_rule_it_speaks_of(scope: Merchant) -> None:
    rule = save_rule(name="one", definition={"prefer": ["nearest"]}, position=5, at=clock.now())

    def standing() -> ReplayStanding:
        return standing_of(RuleReplay.objects.select_related("rule").get(pk=replay.pk), rules_of_now())

    replay = begin({"prefer": ["nearest"]}, rule_id=rule.pk, position=5)
    assert standing() == ReplayStanding.CURRENT
    other = save_rule(name="two", definition={}, position=1, at=clock.now())
    assert standing() == ReplayStanding.OTHERS_CHANGED
    other.delete()
    assert standing() == ReplayStanding.CURRENT
    save_rule(rule_id=rule.pk, name="one", definition={"prefer": ["priority"]}, position=5, at=clock.now())
    assert standing() == ReplayStanding.CHANGED
    replay = begin({"prefer": ["most_stock"]}, rule_id=rule.pk, position=5)
    assert standing() == ReplayStanding.UNSAVED


def test_a_stopped_trial_has_no_result_and_is_stopped_once(scope: Merchant) -> None:
    replay = begin({})
    assert stop_replay(replay_id=replay.pk, at=clock.now()).job.state == "cancelled"
    with pytest.raises(ReplayOverError):
        stop_replay(replay_id=replay.pk, at=clock.now())
    replay.refresh_from_db()
    assert (replay.result, replay.finished_at) == (None, None)


# Dies by -9 in its third batch, when the work is done and not yet committed.
WORKER = """
import os, signal, sys, uuid
import django
django.setup()
from channels.orders.jobs import ReplayRule
from o2o.kit.jobs.running import Ran, run_job
ReplayRule.at_once = 2
whole, begun = ReplayRule.batch, []
def batch(self, **places):
    done = whole(self, **places)
    begun.append(done)
    if len(begun) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
ReplayRule.batch = batch
run_job(merchant_id=uuid.UUID(sys.argv[1]), job_id=uuid.UUID(sys.argv[2]))
"""


@pytest.mark.usefixtures("committed_db")
def test_a_killed_trial_goes_on_and_comes_to_the_same_result(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_transaction(merchant.pk):
        shop = make_shop(merchant, on_hand=7)
        some_orders(shop, 9)
        killed, undisturbed = begin(to_second(shop)), begin(to_second(shop))
        expected = finish(undisturbed)
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    worker = subprocess.run(
        [sys.executable, "-c", WORKER, str(merchant.pk), str(killed.job_id)],
        env={**os.environ, "DATABASE_URL": urlunsplit(database)}, check=False,
    )  # fmt: skip
    assert worker.returncode == -signal.SIGKILL
    with tenant_transaction(merchant.pk):
        job = Job.objects.get(pk=killed.job_id)
        assert (job.state, job.total, job.done) == ("running", 9, 4)
        assert RuleReplay.objects.get(pk=killed.pk).progress
        Job.objects.update(leased_until=clock.now())
    monkeypatch.setattr(ReplayRule, "at_once", 2)
    assert run_job(merchant_id=merchant.pk, job_id=killed.job_id) is Ran.OVER
    with tenant_transaction(merchant.pk):
        killed.refresh_from_db()
        assert killed.result == expected
        assert set(Job.objects.filter(pk=killed.job_id).values_list("state", "done")) == {("succeeded", 9)}


# --- the API


def test_a_rule_is_tried_before_it_is_saved(merchant: Merchant) -> None:
    shop, client = make_shop_of(merchant), program(merchant)
    with tenant_transaction(merchant.pk):
        [order] = some_orders(shop, 1)
    body, key = {"name": "second", "definition": to_second(shop), "days": 7}, uuid.uuid4().hex
    answer = send(client, "POST", REPLAY, body, key)
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"{REPLAYS}/{answer.json()['id']}"
    assert (answer.json()["result"], answer.json()["job"]["state"], answer.json()["standing"]) == (
        None,
        "queued",
        "unsaved",
    )
    again = send(client, "POST", REPLAY, body, key)
    assert (again.content, again["Location"], again["Idempotent-Replayed"]) == (
        answer.content,
        answer["Location"],
        "true",
    )
    run_job(merchant_id=merchant.pk, job_id=uuid.UUID(answer.json()["job"]["id"]))
    found = client.get(answer["Location"]).json()
    assert (found["job"]["state"], found["result"]["orders"], found["result"]["changed"]) == ("succeeded", 1, 1)
    [sample] = found["result"]["samples"]
    assert (sample["number"], sample["order_id"]) == (order.number, str(order.pk))
    assert [share["name"] for share in (*sample["before"], *sample["after"])] == [
        shop.locations[0].name,
        shop.locations[1].name,
    ]
    [line] = client.get(REPLAYS).json()["results"]
    assert "result" not in line
    assert send(client, "POST", f"{answer['Location']}/cancel").json()["code"] == "replay_over"
    with tenant_transaction(merchant.pk):
        assert not RoutingRule.objects.exists()
        assert RuleReplay.objects.count() == 1


def test_what_cannot_be_tried_is_refused(merchant: Merchant) -> None:
    shop, client = make_shop_of(merchant), program(merchant)
    for wrong in (
        {"definition": {"a": 1}},
        {"definition": {}, "days": 8},
        {"definition": {}, "rule_id": str(uuid.uuid4())},
    ):
        assert send(client, "POST", REPLAY, {"name": "x", **wrong}).status_code == 422, wrong
    manager = clerk(merchant, shop, 0, role=Role.STORE_MANAGER)
    assert send(manager, "POST", REPLAY, {"name": "x", "definition": {}}).status_code == 403
    with tenant_transaction(merchant.pk):
        assert not RuleReplay.objects.exists()
        replay = begin({})
    assert manager.get(REPLAYS).json()["results"] == []
    assert manager.get(f"{REPLAYS}/{replay.pk}").status_code == 404
    assert send(manager, "POST", f"{REPLAYS}/{replay.pk}/cancel").status_code == 404


# --- the pages of a rule


def test_the_form_tries_what_stands_in_it_and_saves_it_later(sign_in: SignIn, merchant: Merchant) -> None:
    shop, browser = make_shop_of(merchant), sign_in(Role.OPERATIONS, user__language="en")
    with tenant_transaction(merchant.pk):
        [order] = some_orders(shop, 1)
    form = {
        "name": "second", "position": "100", "is_active": "on", "aim_1": "nearest", "split": "lines",
        "locations": [str(shop.locations[1].pk)], "days": "7",
    }  # fmt: skip
    answer = browser.post(reverse("console:new_rule"), {**form, "replay": "1"})
    with tenant_transaction(merchant.pk):
        replay = RuleReplay.objects.select_related("job").get()
        assert (replay.rule, replay.days, RoutingRule.objects.exists()) == (None, 7, False)
    assert answer["Location"] == f"{reverse('console:new_rule')}?replay={replay.pk}"
    page = browser.get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 1s"' in page
    run_job(merchant_id=merchant.pk, job_id=replay.job_id)
    page = browser.get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 1s"' not in page
    assert 'value="second"' in page
    for text in (order.number, reverse("console:orders_order_change", args=(order.pk,)), "100.0%", "not saved"):
        assert text in page
    assert browser.post(answer["Location"], form).status_code == 302
    with tenant_transaction(merchant.pk):
        rule = RoutingRule.objects.get()
        assert RuleReplay.objects.get().rule_id == rule.pk
    detail = reverse("console:orders_routingrule_change", args=(rule.pk,))
    assert "as it is saved now" in browser.get(detail).content.decode()
    with tenant_transaction(merchant.pk):
        save_rule(rule_id=rule.pk, name="second", definition={}, at=clock.now())
    assert "tried before the last change of the rule" in browser.get(detail).content.decode()


def test_a_saved_rule_is_tried_and_the_trial_stopped(sign_in: SignIn, merchant: Merchant) -> None:
    browser = sign_in(Role.OPERATIONS, user__language="en")
    with tenant_transaction(merchant.pk):
        rule = save_rule(name="one", definition={}, at=clock.now())
    answer = browser.post(reverse("console:try_rule", args=(rule.pk,)), {"days": "90"})
    with tenant_transaction(merchant.pk):
        replay = RuleReplay.objects.get()
    assert (replay.rule_id, replay.days) == (rule.pk, 90)
    page = browser.get(answer["Location"]).content.decode()
    stop = reverse("console:stop_replay", args=(replay.pk,))
    assert stop in page
    assert browser.get(stop).status_code == 200
    assert browser.post(stop)["Location"] == answer["Location"]
    assert "It was stopped" in browser.get(answer["Location"]).content.decode()


def test_those_of_one_store_see_no_trials_and_change_no_rules(sign_in: SignIn, merchant: Merchant) -> None:
    shop = make_shop_of(merchant)
    with tenant_transaction(merchant.pk):
        rule = save_rule(name="one", definition={}, at=clock.now())
        replay = begin({}, rule_id=rule.pk)
    bound = sign_in(Role.STORE_MANAGER, user__language="en", location_ids=[shop.locations[0].pk])
    detail = bound.get(reverse("console:orders_routingrule_change", args=(rule.pk,)))
    assert (detail.status_code, "Tried on past orders" in detail.content.decode()) == (200, False)
    assert bound.get(reverse("console:rule_replay", args=(replay.pk,))).status_code == 404
    bound.post(reverse("console:try_rule", args=(rule.pk,)), {"days": "7"})
    bound.post(reverse("console:orders_routingrule_act", args=(rule.pk, "delete")))
    form = {"name": "other", "position": "1", "aim_1": "nearest", "split": "lines"}
    bound.post(reverse("console:change_rule", args=(rule.pk,)), form)
    with tenant_transaction(merchant.pk):
        assert RuleReplay.objects.count() == 1
        assert list(RoutingRule.objects.values_list("name", flat=True)) == ["one"]


def make_shop_of(merchant: Merchant) -> Any:
    with tenant_transaction(merchant.pk):
        return make_shop(merchant)
