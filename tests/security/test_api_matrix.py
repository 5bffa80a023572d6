"""Each route × caller × {own, another merchant's, no} thing (S1).

The routes come from the URL configuration and the expectations from the declared policies and the table of
capabilities, so that a new route is tested without being named here; only a route with an id needs a specimen.
"""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection

from o2o.api.policy import AUTHENTICATED, PUBLIC
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.security.callers import Caller, everybody, staff
from tests.security.routes import Route, api_routes
from tests.security.specimens import body_for, specimen_for

ROUTES = api_routes()
pytestmark = pytest.mark.django_db

# Kept by the session and the counters of tries, whatever the answer.
BOOKKEEPING = ("django_session", "usersessions_usersession", "axes_accessattempt", "axes_accesslog", "accounts_user")
WRITTEN = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL(%s)
"""


def written() -> set[tuple[str, int, int, int]]:
    """Return how many rows this transaction has written so far, by table."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [list(BOOKKEEPING)])
        return set(cursor.fetchall())


def call(caller: Caller, route: Route, pk: object = "") -> tuple[int, Any]:
    """Send a request with a fresh idempotency key; return the status and the answer."""
    send = getattr(caller.client, route.method)
    if route.method == "get":
        answer = send(route.address(pk))
    else:
        answer = send(route.address(pk), body_for(route), format="json", HTTP_IDEMPOTENCY_KEY=uuid.uuid4().hex)
    return answer.status_code, answer


def refused_without_effect(caller: Caller, route: Route, pk: object = "") -> tuple[int, Any]:
    """Call, and hold the route to its word: a refusal changes nothing."""
    before = written()
    status, answer = call(caller, route, pk)
    assert status >= 400, f"{route} let somebody in: {status}"
    left = {row for row in written() - before if row[0] != "events_storedanswer"}
    assert not left, f"{route} was refused with {status} and wrote {left}"
    return status, answer


def is_open_to(route: Route, caller: Caller) -> bool:
    if route.rule is PUBLIC:
        return True
    if caller.capabilities is None:
        return False
    return route.rule is AUTHENTICATED or caller.may(route.rule)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_only_those_with_the_capability_come_in(route: Route, merchant: Merchant) -> None:
    own = specimen_for(route, merchant) if route.is_detail else ""
    callers: Mapping[str, Caller] = everybody(merchant)
    assert any(not is_open_to(route, caller) for caller in callers.values()) or route.rule is PUBLIC
    for name, caller in callers.items():
        if is_open_to(route, caller):
            continue
        status, _answer = refused_without_effect(caller, route, own)
        assert status == (401 if caller.capabilities is None else 403), f"{name} got {status} from {route}"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_those_with_the_capability_are_not_turned_away(route: Route, merchant: Merchant) -> None:
    for name, caller in everybody(merchant).items():
        if is_open_to(route, caller):
            own = specimen_for(route, merchant) if route.is_detail else ""
            status, answer = call(caller, route, own)
            assert status not in {401, 403, 404, 405}, f"{name} got {status} from {route}: {answer.content!r}"
            assert status < 500, f"{name} got {status} from {route}: {answer.content!r}"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.is_detail], ids=str)
def test_another_merchants_thing_looks_like_none(route: Route, merchant: Merchant, other_merchant: Merchant) -> None:
    theirs = specimen_for(route, other_merchant)
    missing = uuid.uuid4()
    for caller in everybody(merchant).values():
        status, answer = refused_without_effect(caller, route, theirs)
        status_of_none, answer_of_none = refused_without_effect(caller, route, missing)
        assert status == status_of_none
        assert said(answer, theirs) == said(answer_of_none, missing)
        if is_open_to(route, caller):
            assert status == 404


def said(answer: Any, pk: object) -> dict[str, Any]:
    """Return the answer without what differs between any two requests."""
    return {
        name: str(value).replace(str(pk), "…") for name, value in answer.json().items() if name not in {"request_id"}
    }


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "get" and not route.is_detail], ids=str)
def test_lists_show_nothing_of_another_merchant(route: Route, merchant: Merchant, other_merchant: Merchant) -> None:
    theirs = {specimen_for(detail, other_merchant) for detail in ROUTES if detail.is_detail}
    owner = Caller(staff(merchant, Role.OWNER), None)
    _status, answer = call(owner, route)
    shown = answer.content.decode()
    assert not [pk for pk in (*theirs, other_merchant.pk) if str(pk) in shown]


def test_the_matrix_is_not_empty() -> None:
    """Control: the search for routes finds some with an id, some without, reading and writing."""
    assert {route.is_detail for route in ROUTES} == {True, False}
    assert {"get", "post"} <= {route.method for route in ROUTES}


def test_a_member_of_the_other_merchant_sees_the_other_things(other_merchant: Merchant) -> None:
    """Control: the specimens exist; it is the wall that hides them."""
    owner = Caller(staff(other_merchant, Role.OWNER), None)
    for route in ROUTES:
        if route.is_detail and route.method == "get":
            status, answer = call(owner, route, specimen_for(route, other_merchant))
            assert status == 200, f"{route}: {answer.content!r}"
