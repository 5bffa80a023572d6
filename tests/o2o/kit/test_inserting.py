"""Rows of several tables in one round trip."""

import pytest
from django.db import IntegrityError, transaction

from o2o.events.models import OutboxEvent
from o2o.kit.inserting import insert_all
from o2o.kit.models import uuid7
from o2o.tenancy.models import Membership
from tests.factories import MembershipFactory, UserFactory


def event(number: int) -> OutboxEvent:
    payload = {"number": number, "text": "é'\"%s"}
    return OutboxEvent(partition=0, event_type="counted", aggregate_type="thing", aggregate_id=uuid7(), payload=payload)


def test_rows_of_all_tables_go_in_one_round_trip(scope, django_assert_num_queries):
    user = UserFactory()
    members = [Membership(user=user, role="owner")]
    events = [event(number) for number in range(3)]

    with django_assert_num_queries(1):
        insert_all([events[0], *members, *events[1:]])

    found = list(OutboxEvent.objects.order_by("position"))
    assert [row.pk for row in found] == [row.pk for row in events]
    assert [row.payload["number"] for row in found] == [0, 1, 2]
    assert found[0].payload["text"] == "é'\"%s"
    member = Membership.objects.get()
    assert (member.merchant_id, member.location_ids) == (scope.pk, [])
    assert member.created_at == members[0].created_at
    assert not members[0]._state.adding


def test_nothing_asks_nothing(scope, django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_all([])


def test_one_bad_row_takes_all_with_it(scope):
    first = MembershipFactory(merchant=scope)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all([event(1), Membership(user=first.user, role="owner")])

    assert not OutboxEvent.objects.exists()
