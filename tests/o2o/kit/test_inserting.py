"""Rows of several tables in one round trip."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.catalog.models import Product
from o2o.events.models import OutboxEvent
from o2o.kit.inserting import MANY, insert_all, new_row
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


# What PostgreSQL takes in a text: no NUL, no half of a surrogate pair.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
TRAPS = st.sampled_from(
    ["", "NULL", "null", "{}", "{a,b}", '"', "\\", '\\"', "a,b", "%s", "'; --", " x ", "\n\t", "茶"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT | TRAPS, lambda some: st.lists(some, max_size=3)
)
EVENT = st.fixed_dictionaries(
    {
        "event_type": TRAPS | TEXT,
        "request_id": TRAPS | TEXT,
        "payload": st.dictionaries(TEXT | TRAPS, JSON, max_size=3),
        "partition": st.integers(0, 60),
        "subscriber_count": st.none() | st.integers(0, 99),
        "published_at": st.none() | st.datetimes(datetime(1, 1, 2), timezones=st.just(UTC)),
    }
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENT, min_size=MANY, max_size=MANY + 4))
def test_many_rows_are_kept_as_they_are_told_and_in_their_order(scope, told):
    rows = [OutboxEvent(aggregate_type="thing", aggregate_id=uuid7(), **fields) for fields in told]

    insert_all(rows)

    found = list(OutboxEvent.objects.filter(pk__in=[row.pk for row in rows]).order_by("position"))
    assert [row.pk for row in found] == [row.pk for row in rows]
    assert [{name: getattr(row, name) for name in told[0]} for row in found] == told
    assert {row.merchant_id for row in found} == {scope.pk}


@pytest.mark.django_db
def test_many_rows_with_a_list_in_a_column(scope):
    members = [Membership(user=UserFactory(), role="owner", location_ids=[uuid7()] * number) for number in range(MANY)]

    insert_all(members)

    kept = dict(Membership.objects.values_list("pk", "location_ids"))
    assert kept == {member.pk: member.location_ids for member in members}


@pytest.mark.django_db
def test_many_rows_have_one_time(scope):
    rows = [Product(code=f"P{number}", name="Tea") for number in range(MANY)]

    insert_all(rows)

    times = set(Product.objects.values_list("created_at", flat=True))
    assert times == {rows[0].created_at}
    assert datetime.now(UTC) - rows[0].created_at < timedelta(minutes=1)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, MANY])
def test_text_that_is_too_long_is_refused_and_not_cut(scope, count):
    rows = [event(number) for number in range(count)]
    rows[-1].event_type = "x" * 81

    with pytest.raises(DataError), transaction.atomic():
        insert_all(rows)


@pytest.mark.django_db
@pytest.mark.parametrize("model", [OutboxEvent, Product, Membership])
def test_new_row_is_what_the_model_makes(scope, model):
    ours, theirs = new_row(model, id=scope.pk), model(id=scope.pk)

    values = [
        {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields} for row in (ours, theirs)
    ]
    for row in values:
        row.pop("occurred_at", None)
        row["position"] = type(row.get("position"))
    assert values[0] == values[1]
    assert (ours._state.adding, ours._state.db) == (True, None)
    assert ours.merchant == scope


def test_new_row_with_a_name_that_is_no_column():
    with pytest.raises(TypeError, match="no column aggregate, kind"):
        new_row(OutboxEvent, aggregate=uuid7(), kind="counted", payload={})


@pytest.mark.django_db
def test_new_rows_share_nothing_that_changes(scope):
    one, other = (new_row(Product, code="P", name="Tea") for _row in range(2))

    one.attributes["size"] = "L"

    assert (other.attributes, one.pk == other.pk) == ({}, False)
