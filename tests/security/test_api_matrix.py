"""Each route × caller × {own, another merchant's, no} thing (S1).

The routes come from the URL configuration and the expectations from the declared policies and the table of
capabilities, so that a new route is tested without being named here; only a route with an id needs a specimen.
"""

import uuid
from typing import Any

import pytest
from django.db import connection

from o2o.api.policy import AUTHENTICATED, PUBLIC
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.security.callers import EVERYBODY, NOBODY, Caller, caller
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


def call(who: Caller, route: Route, pk: object = "") -> Any:
    """Send a request with a fresh idempotency key and return the answer."""
    send = getattr(who.client, route.method)
    if route.method == "get":
        return send(route.address(pk))
    return send(route.address(pk), body_for(route), format="json", HTTP_IDEMPOTENCY_KEY=uuid.uuid4().hex)


def refused(who: Caller, route: Route, pk: object = "") -> tuple[int, Any]:
    """Call a route that must refuse; return its status, or 0 where it let somebody in or wrote all the same."""
    before = written()
    answer = call(who, route, pk)
    has_effect = {row for row in written() - before if row[0] != "events_storedanswer"}
    return (0 if has_effect or answer.status_code < 400 else answer.status_code), answer


def is_open_to(route: Route, who: Caller) -> bool:
    if route.rule is PUBLIC:
        return True
    if who.capabilities is None:
        return False
    return route.rule is AUTHENTICATED or who.may(route.rule)


@pytest.mark.parametrize("name", EVERYBODY)
def test_only_those_with_the_capability_come_in(name: str, merchant: Merchant) -> None:
    who, expected = caller(name, merchant), 401 if name == NOBODY else 403
    faults = []
    for route in ROUTES:
        if not is_open_to(route, who):
            status, answer = refused(who, route, specimen_for(route, merchant) if route.is_detail else "")
            if status != expected:
                faults.append((str(route), status, answer.content))
    assert faults == []


@pytest.mark.parametrize("name", EVERYBODY)
def test_those_with_the_capability_are_not_turned_away(name: str, merchant: Merchant) -> None:
    who = caller(name, merchant)
    faults = []
    for route in ROUTES:
        if is_open_to(route, who):
            answer = call(who, route, specimen_for(route, merchant) if route.is_detail else "")
            if answer.status_code in {401, 403, 404, 405} or answer.status_code >= 500:
                faults.append((str(route), answer.status_code, answer.content))
    assert faults == []


@pytest.mark.parametrize("name", EVERYBODY)
def test_another_merchants_thing_looks_like_none(name: str, merchant: Merchant, other_merchant: Merchant) -> None:
    who, missing = caller(name, merchant), uuid.uuid4()
    faults = []
    for route in ROUTES:
        if not route.is_detail:
            continue
        theirs = specimen_for(route, other_merchant)
        status, answer = refused(who, route, theirs)
        status_of_none, answer_of_none = refused(who, route, missing)
        if status != status_of_none or said(answer, theirs) != said(answer_of_none, missing):
            faults.append((str(route), answer.content, answer_of_none.content))
        if is_open_to(route, who) and status != 404:
            faults.append((str(route), status, answer.content))
    assert faults == []


def said(answer: Any, pk: object) -> dict[str, Any]:
    """Return the answer without what differs between any two requests."""
    return {name: str(value).replace(str(pk), "…") for name, value in answer.json().items() if name != "request_id"}


def test_lists_show_nothing_of_another_merchant(merchant: Merchant, other_merchant: Merchant) -> None:
    theirs = {str(specimen_for(route, other_merchant)) for route in ROUTES if route.is_detail} | {
        str(other_merchant.pk)
    }
    owner = caller(Role.OWNER, merchant)
    for route in ROUTES:
        if route.method == "get" and not route.is_detail:
            shown = call(owner, route).content.decode()
            assert not [pk for pk in theirs if pk in shown], route


def test_the_matrix_is_not_empty() -> None:
    """Control: the search for routes finds some with an id, some without, reading and writing."""
    assert {route.is_detail for route in ROUTES} == {True, False}
    assert {"get", "post"} <= {route.method for route in ROUTES}


def test_a_member_of_the_other_merchant_sees_the_other_things(other_merchant: Merchant) -> None:
    """Control: the specimens exist; it is the wall that hides them."""
    owner = caller(Role.OWNER, other_merchant)
    for route in ROUTES:
        if route.is_detail and route.method == "get":
            answer = call(owner, route, specimen_for(route, other_merchant))
            assert answer.status_code == 200, f"{route}: {answer.content!r}"
