import json
import uuid

import pytest
from django.db import IntegrityError

from o2o.events.registry import fan_outs
from o2o.events.webhooks.enums import DisabledReason, WebhookState
from o2o.events.webhooks.fanout import deliver_to_endpoints, fan_out_to_webhooks
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.kit import clock
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.events.webhooks.conftest import deliver, make_endpoint, make_events

URL = "http://127.0.0.1:9/hook"


def test_relay_knows_the_fan_out():
    assert fan_out_to_webhooks in fan_outs()


def test_every_wanted_event_makes_a_delivery_per_endpoint(merchant):
    for _number in range(2):
        make_endpoint(merchant, URL)
    made = deliver(merchant, 3)
    assert len(made) == 6
    assert {each.state for each in made} == {WebhookState.PENDING}
    assert all(each.id.version == 7 for each in made)
    assert [each.sequence for each in made] == sorted(each.sequence for each in made)


@pytest.mark.parametrize(
    ("wanted", "event_type", "expected"),
    [
        ([], "order.placed", 1),
        (["order.placed"], "order.placed", 1),
        (["order.placed"], "order.placed_late", 0),
        (["order.*"], "order.placed", 1),
        (["order.*"], "order.line.added", 1),
        (["order.*"], "order", 0),
        (["order.*"], "orders.placed", 0),
        (["order.line.*", "stock.*"], "stock.moved", 1),
        (["order.line.*"], "order.placed", 0),
        (["order"], "order.placed", 0),
        (["order_.*"], "orders.placed", 0),
    ],
)
def test_types_and_prefixes_choose_events(merchant, wanted, event_type, expected):
    make_endpoint(merchant, URL, event_types=wanted)
    assert len(deliver(merchant, event_type=event_type)) == expected


def test_endpoint_that_is_off_gets_nothing(merchant):
    make_endpoint(merchant, URL, is_enabled=False, disabled_reason=DisabledReason.BY_STAFF, disabled_at=clock.now())
    assert deliver(merchant) == []


def test_events_go_to_the_merchants_own_endpoints_only(merchant, other_merchant):
    ours, theirs = make_endpoint(merchant, URL), make_endpoint(other_merchant, URL)
    made = deliver(merchant)
    assert [each.endpoint_id for each in made] == [ours.pk]
    with tenant_transaction(other_merchant.pk):
        assert not WebhookDelivery.objects.exists()
        assert list(WebhookEndpoint.objects.all()) == [theirs]


def test_event_that_is_published_twice_is_delivered_once(merchant):
    make_endpoint(merchant, URL)
    events = make_events(merchant, 2)
    with tenant_transaction(merchant.pk):
        assert deliver_to_endpoints(merchant_id=merchant.pk, events=events, at=clock.now()) == 2
        assert deliver_to_endpoints(merchant_id=merchant.pk, events=events, at=clock.now()) == 0


def test_control_without_the_constraints_help_a_second_row_is_refused(merchant):
    endpoint = make_endpoint(merchant, URL)
    (first,) = deliver(merchant)
    with pytest.raises(IntegrityError), tenant_transaction(merchant.pk):
        WebhookDelivery.objects.create(endpoint=endpoint, event_id=first.event_id, event_type="x", body="{}")


def test_message_is_thin_and_says_version_position_and_ids(merchant):
    make_endpoint(merchant, URL)
    (event,) = make_events(merchant, 1)
    with tenant_transaction(merchant.pk):
        deliver_to_endpoints(merchant_id=merchant.pk, events=[event], at=clock.now())
        delivery = WebhookDelivery.objects.get()
    content = json.loads(delivery.body)
    assert content.pop("timestamp").endswith("Z")
    assert content == {
        "id": str(event.pk),
        "type": "order.placed",
        "version": 1,
        "api_version": "v1",
        "sequence": event.position,
        "merchant_id": str(merchant.pk),
        "data": {"object": "order", "id": str(event.aggregate_id), "order_number": "A0", "store": "上海"},
    }
    assert delivery.message_id == f"msg_{delivery.pk.hex}"


def test_merchant_without_endpoints_costs_one_query(merchant, django_assert_num_queries):
    events = make_events(merchant, 3)
    with tenant_transaction(merchant.pk), django_assert_num_queries(1):
        assert deliver_to_endpoints(merchant_id=merchant.pk, events=events, at=clock.now()) == 0


def test_deliveries_of_many_events_cost_two_queries(merchant, django_assert_num_queries):
    for _number in range(3):
        make_endpoint(merchant, URL)
    events = make_events(merchant, 20)
    with tenant_transaction(merchant.pk), django_assert_num_queries(2):
        assert deliver_to_endpoints(merchant_id=merchant.pk, events=events, at=clock.now()) == 60


def test_message_id_of_one_event_differs_between_endpoints(merchant):
    for _number in range(2):
        make_endpoint(merchant, URL)
    assert len({each.message_id for each in deliver(merchant)}) == 2
    assert isinstance(deliver(merchant)[0].pk, uuid.UUID)
