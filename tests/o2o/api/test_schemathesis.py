"""S3: generated requests to every route of the schema, as owner, clerk, program and nobody.

Short form: 8 requests per route and caller, always the same ones; ``make faults`` sends 200. A route that is added
later is included by itself.
"""

import json
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi import checks as openapi_checks

from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory
from tests.o2o.api.callers import NOBODY, PROGRAM, Caller, maker
from tests.trials import trials

EXAMPLES = trials(8, long=200)
CALLERS = ["owner", "clerk", PROGRAM, NOBODY]
# What is true of any answer. Whether a valid request is accepted depends on the rows, so that is left to other tests.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.missing_required_header,
    openapi_checks.unsupported_method,
]


@pytest.fixture
def schema(settings: Any, db: None) -> Iterator[Any]:
    settings.API_RATE_LIMIT = "1000000/min"
    keep_connection()
    yield schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def keep_connection() -> None:
    """Do not let the end of a request close the connection that holds the test's transaction.

    Django's test client does the same for its own requests, and undoes it after each.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)


def identifiers(merchant: Merchant, schema: Any) -> dict[str, list[str]]:
    """Return the ids of real rows by the path of their list, so that not every generated address is empty."""
    client: Client = maker("owner")(merchant).client()
    found = {}
    for operation in schema.get_all_operations():
        path = operation.ok().path
        if operation.ok().method == "get" and "{" not in path:
            body = client.get(path).json()
            rows = body if isinstance(body, list) else body.get("results", ())
            found[path] = [row["id"] for row in rows if "id" in row]
    return found


def ask(operation: Any, caller: Caller, known: list[str]) -> Counter[int]:
    """Send generated requests to one operation and check each answer; return how often each status came."""
    answers: Counter[int] = Counter()
    start = zlib.crc32(f"{caller.name} {operation.label}".encode())
    chance = random.Random(start)

    @seed(start)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        if known and "id" in (case.path_parameters or {}) and chance.random() < 0.5:
            case.path_parameters["id"] = chance.choice(known)
        keep_connection()
        with transaction.atomic():
            response = case.call(headers=caller.headers, cookies=caller.cookies)
            transaction.set_rollback(True)
        answers[response.status_code] += 1
        case.validate_response(response, checks=CHECKS, headers=caller.headers)
        if caller.name == NOBODY and operation.definition.raw.get("security") != [{}]:
            assert response.status_code in {401, 404, 405, 406}, response.status_code

    send()
    return answers


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(trials(300, long=7_200))
@pytest.mark.parametrize("name", CALLERS)
def test_no_route_breaks_whatever_is_sent(name: str, schema: Any, merchant: Merchant) -> None:
    MembershipFactory(merchant=merchant)
    caller = maker(name)(merchant)
    ids = identifiers(merchant, schema)
    faults: list[str] = []
    answers: Counter[int] = Counter()

    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            answers += ask(operation, caller, ids.get(operation.path.partition("/{")[0], []))
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - all routes are asked before the verdict
            faults.append(f"{operation.label}: {error}")

    assert not faults, "\n\n".join(faults)
    # The routes were reached, not only their doors.
    assert name == NOBODY or answers[200] >= EXAMPLES, answers


def test_the_document_is_valid_and_names_every_route(client: Client, db: None) -> None:
    from o2o.api.routes import routes

    document = json.loads(client.get("/api/schema/").content)

    assert document["openapi"].startswith("3.1")
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    for route in routes():
        path = route.path.replace("<uuid:pk>", "{id}")
        assert (route.method, path) in documented
