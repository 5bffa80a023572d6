"""Routing rules and times to accept on screen: form, trial, saving."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels.orders.console.rule_forms import RuleForm, definition_of, initial_of
from channels.orders.models import AcceptancePolicy, RoutingRule
from channels.orders.services import rules
from channels.orders.services.routing import route_order
from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.kit import clock
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import run_job
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.channels.orders.shop import Shop, make_order, make_shop
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def browser(merchant: Merchant, role: Role = Role.OPERATIONS, shop: Shop | None = None) -> Client:
    places = [shop.stores[0].pk] if shop else []
    membership = MembershipFactory(merchant=merchant, role=role, location_ids=places)
    client = Client()
    client.force_login(membership.user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_MERCHANT] = str(merchant.pk)
    session.save()
    return client


def filled(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {
        "name": "second store",
        "locations": [str(shop.stores[1].pk)],
        "goal_1": "distance",
        "splitting": "never",
        "is_active": "on",
        **changes,
    }


def test_a_definition_survives_the_form(scope: Merchant) -> None:
    shop = make_shop(scope)
    data = filled(
        shop,
        channels=[str(shop.channel.pk)],
        methods=["pickup", "ship"],
        weekdays=["0", "6"],
        hours_from="09:00",
        hours_until="18:30",
        total_min="10",
        total_max="99.5",
        kinds=["store"],
        max_distance_km="7.5",
        open_only="on",
        goal_2="priority",
    )
    form = RuleForm(data)
    assert form.is_valid(), form.errors
    definition = definition_of(form.cleaned_data)
    again = RuleForm({**initial_of(definition), "name": "x"})
    assert again.is_valid(), again.errors
    assert definition_of(again.cleaned_data) == definition
    empty = RuleForm({"name": "x", "goal_1": "distance", "splitting": "allowed"})
    assert empty.is_valid(), empty.errors
    assert definition_of(empty.cleaned_data) == {
        "conditions": {}, "filters": {}, "goals": ["distance"], "splitting": "allowed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("total_max", {"total_min": "5", "total_max": "4"}),
        ("hours_until", {"hours_from": "09:00"}),
        ("goal_2", {"goal_2": "distance"}),
        ("name", {"name": ""}),
    ],
)
def test_contradictions_are_shown_at_the_field(scope: Merchant, field: str, changes: dict[str, str]) -> None:
    form = RuleForm(filled(make_shop(scope), **changes))
    assert not form.is_valid()
    assert field in form.errors


def test_a_rule_is_tried_compared_and_saved(merchant: Merchant) -> None:
    shop, client = make_shop(merchant), browser(merchant)
    at = clock.now()
    order = make_order(shop)
    with tenant_transaction(merchant.pk):
        route_order(order_id=order.pk, at=at, cause="placed")
    new = reverse("console:new_routing_rule")
    assert client.get(new).status_code == 200
    tried = client.post(new, {**filled(shop), "replay": "1"})
    assert tried.status_code == 302, tried.content.decode()[:3000]
    with tenant_transaction(merchant.pk):
        assert not RoutingRule.objects.exists()
        job = Job.objects.get()
    waiting = client.get(tried.url).content.decode()
    assert "Save the rule" not in waiting
    run_job(merchant_id=merchant.pk, job_id=job.pk)
    shown = client.get(tried.url).content.decode()
    for text in (order.number, shop.stores[0].name, shop.stores[1].name, "Save the rule"):
        assert text in shown
    further = client.get(f"{new}?trial={job.pk}").content.decode()
    assert "second store" in further
    assert client.post(tried.url).status_code == 302
    with tenant_transaction(merchant.pk):
        rule = RoutingRule.objects.get()
    assert rule.definition["filters"] == {"locations": [str(shop.stores[1].pk)]}
    assert "already" not in shown
    again = client.post(tried.url)  # the name is taken now
    assert again.status_code == 200
    with tenant_transaction(merchant.pk):
        assert RoutingRule.objects.count() == 1


def test_a_rule_is_changed_without_a_trial(merchant: Merchant) -> None:
    shop, client = make_shop(merchant), browser(merchant)
    with tenant_transaction(merchant.pk):
        rule = rules.create_rule(name="near", definition={"goals": ["priority"]})
    change = reverse("console:change_routing_rule", args=(rule.pk,))
    assert 'value="near"' in client.get(change).content.decode()
    assert client.post(change, filled(shop)).status_code == 302
    with tenant_transaction(merchant.pk):
        assert RoutingRule.objects.get(pk=rule.pk).name == "second store"


def test_those_of_one_store_change_no_rules(merchant: Merchant) -> None:
    shop = make_shop(merchant)
    client = browser(merchant, Role.STORE_MANAGER, shop)
    with tenant_transaction(merchant.pk):
        rule = rules.create_rule(name="near", definition={})
    for path, data in (
        (reverse("console:new_routing_rule"), filled(shop)),
        (reverse("console:orders_routingrule_act", args=(rule.pk, "off")), {}),
        (reverse("console:orders_routingrule_act", args=(rule.pk, "remove")), {}),
    ):
        client.post(path, data)
    with tenant_transaction(merchant.pk):
        assert list(RoutingRule.objects.values_list("name", "is_active")) == [("near", True)]


def test_times_to_accept_are_set_and_changed(merchant: Merchant) -> None:
    shop, client = make_shop(merchant), browser(merchant)
    add = reverse("console:orders_acceptancepolicy_add")
    assert client.get(add).status_code == 200
    data = {"channel": str(shop.channel.pk), "accept_minutes": "30", "remind_minutes": "10"}
    assert client.post(add, data).status_code == 302
    with tenant_transaction(merchant.pk):
        policy = AcceptancePolicy.objects.get()
    change = reverse("console:orders_acceptancepolicy_change", args=(policy.pk,))
    wrong = client.post(change, {"accept_minutes": "30", "remind_minutes": "40"})
    assert wrong.status_code == 200
    right = client.post(change, {"accept_minutes": "45", "remind_minutes": "40"})
    assert right.status_code == 302, right.content.decode()[:2000]
    with tenant_transaction(merchant.pk):
        assert AcceptancePolicy.objects.get().accept_minutes == 45
