"""Each route × caller × {own, another merchant's, no} thing (S1).

The routes come from the URL configuration and the expectations from the declared policies and the table of
capabilities, so that a new route is tested without being named here; only a route with an id needs a specimen.
"""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from o2o.api.routes import Route, routes
from o2o.tenancy.models import Merchant
from tests.o2o.api.callers import EVERYBODY, NOBODY, maker
from tests.security.specimens import ID, body_for, specimen_for

ROUTES = [route for route in routes() if route.path.startswith("/api/v1/")]
WITH_ID = [route for route in ROUTES if ID in route.path]
pytestmark = pytest.mark.django_db

# Kept by the session and the counters of tries, whatever the answer.
BOOKKEEPING = ("django_session", "usersessions_usersession", "axes_accessattempt", "axes_accesslog", "accounts_user")
WRITTEN = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL(%s)
"""


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def written() -> set[tuple[str, int, int, int]]:
    """Return how many rows this transaction has written so far, by table."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [list(BOOKKEEPING)])
        return set(cursor.fetchall())


def call(client: Client, route: Route, pk: object = "") -> Any:
    """Send a request with a fresh idempotency key and return the answer."""
    body = "" if route.method == "GET" else json.dumps(body_for(route))
    return client.generic(
        route.method,
        route.path.replace(ID, str(pk)),
        body,
        content_type="application/json",
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )


def refused(client: Client, route: Route, pk: object = "") -> tuple[int, Any]:
    """Call a route that must refuse; return its status, or 0 where it let somebody in or wrote all the same."""
    before = written()
    answer = call(client, route, pk)
    has_effect = {row for row in written() - before if row[0] != "events_storedanswer"}
    return (0 if has_effect or answer.status_code < 400 else answer.status_code), answer


@pytest.mark.parametrize("name", EVERYBODY)
def test_only_those_with_the_capability_come_in(name: str, merchant: Merchant) -> None:
    who, expected = maker(name)(merchant), 401 if name == NOBODY else 403
    client = who.client()
    faults = []
    for route in ROUTES:
        if not who.may(route):
            status, answer = refused(client, route, specimen_for(route, merchant))
            if status != expected:
                faults.append((name_of(route), status, answer.content))
    assert faults == []


@pytest.mark.parametrize("name", EVERYBODY)
def test_those_with_the_capability_are_not_turned_away(name: str, merchant: Merchant) -> None:
    who = maker(name)(merchant)
    client = who.client()
    faults = []
    for route in ROUTES:
        if who.may(route):
            answer = call(client, route, specimen_for(route, merchant))
            if answer.status_code in {401, 403, 404, 405} or answer.status_code >= 500:
                faults.append((name_of(route), answer.status_code, answer.content))
    assert faults == []


@pytest.mark.parametrize("name", EVERYBODY)
def test_another_merchants_thing_looks_like_none(name: str, merchant: Merchant, other_merchant: Merchant) -> None:
    who, missing = maker(name)(merchant), uuid.uuid4()
    client = who.client()
    faults = []
    for route in WITH_ID:
        theirs = specimen_for(route, other_merchant)
        status, answer = refused(client, route, theirs)
        status_of_none, answer_of_none = refused(client, route, missing)
        if status != status_of_none or said(answer, theirs) != said(answer_of_none, missing):
            faults.append((name_of(route), answer.content, answer_of_none.content))
        if who.may(route) and status != 404:
            faults.append((name_of(route), status, answer.content))
    assert faults == []


def said(answer: Any, pk: object) -> dict[str, Any]:
    """Return the answer without what differs between any two requests."""
    return {name: str(value).replace(str(pk), "…") for name, value in answer.json().items() if name != "request_id"}


def test_lists_show_nothing_of_another_merchant(merchant: Merchant, other_merchant: Merchant) -> None:
    theirs = {str(specimen_for(route, other_merchant)) for route in WITH_ID} | {str(other_merchant.pk)}
    owner = maker("owner")(merchant).client()
    for route in ROUTES:
        if route.method == "GET" and route not in WITH_ID:
            shown = call(owner, route).content.decode()
            assert not [pk for pk in theirs if pk in shown], route


def test_the_matrix_is_not_empty() -> None:
    """Control: the search for routes finds some with an id, some without, reading and writing."""
    assert 0 < len(WITH_ID) < len(ROUTES)
    assert {"GET", "POST"} <= {route.method for route in ROUTES}


def test_a_member_of_the_other_merchant_sees_the_other_things(other_merchant: Merchant) -> None:
    """Control: the specimens exist; it is the wall that hides them."""
    owner = maker("owner")(other_merchant).client()
    for route in WITH_ID:
        if route.method == "GET":
            answer = call(owner, route, specimen_for(route, other_merchant))
            assert answer.status_code == 200, f"{route}: {answer.content!r}"
