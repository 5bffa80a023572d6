"""S4: what a caller may not set is put into every write; nothing of it arrives.

Every writing route is asked by the owner with a body made from the schema, to which the forbidden names are added; then
every row of every tenant table is compared with what it was, in the columns of those names.
"""

import json
import uuid
import zlib
from typing import Any

import pytest
import schemathesis
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings

from o2o.api.pages import openapi_document
from o2o.api.policy import AUTHENTICATED, Policy
from o2o.api.views import MerchantAPIView
from o2o.tenancy.models import Membership, Merchant, TenantModel
from o2o.tenancy.scope import platform_transaction
from tests.factories import MembershipFactory
from tests.o2o.api import probe
from tests.o2o.api.callers import maker
from tests.o2o.api.conftest import Api

EXAMPLES = 4
FORGED = uuid.UUID("0f0f0f0f-0f0f-7f0f-8f0f-0f0f0f0f0f0f")
PAST = "1999-01-01T00:00:00Z"


def forbidden(other: Merchant) -> dict[str, Any]:
    """Return names that no body may set, with values that would show."""
    return {
        "id": str(FORGED),
        "pk": str(FORGED),
        "merchant": str(other.pk),
        "merchant_id": str(other.pk),
        "created_at": PAST,
        "updated_at": PAST,
        "is_superuser": True,
        "is_staff": True,
        "balance": "1000000",
        "on_hand": 1_000_000,
    }


def traces(other: Merchant) -> list[str]:
    """Name the tables in which a forged value arrived, over all merchants."""
    found = []
    for model in apps.get_models():
        if not issubclass(model, TenantModel) and model._meta.label != "accounts.User":
            continue
        columns = {field.column for field in model._meta.local_concrete_fields}
        faults = {
            "id": f"id = '{FORGED}'",
            "merchant_id": f"merchant_id = '{other.pk}'",
            "created_at": f"created_at = '{PAST}'",
            "is_superuser": "is_superuser",
            "is_staff": "is_staff",
        }
        wanted = " OR ".join(fault for column, fault in faults.items() if column in columns)
        if not wanted:
            continue
        with platform_transaction(), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} WHERE {wanted}")
            if cursor.fetchone()[0]:
                found.append(model._meta.label)
    return found


def write(client: Client, method: str, path: str, body: Any) -> int:
    return client.generic(
        method, path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": uuid.uuid4().hex}
    ).status_code


def known_ids(client: Client, path: str) -> list[str]:
    response = client.get(path.partition("/{")[0])
    rows = response.json().get("results", ()) if response.status_code == 200 else ()
    return [row["id"] for row in rows if "id" in row]


@pytest.mark.slow
def test_no_write_takes_what_the_caller_may_not_set(
    merchant: Merchant, other_merchant: Merchant, settings: Any
) -> None:
    settings.API_RATE_LIMIT = "1000000/min"
    MembershipFactory.create_batch(2, merchant=merchant)
    client = maker("owner")(merchant).client()
    extra = forbidden(other_merchant)
    document = schemathesis.openapi.from_dict(openapi_document())
    answers: dict[str, set[int]] = {}
    for result in document.get_all_operations():
        operation = result.ok()
        if operation.method == "get" or not operation.path.startswith("/api/v1/"):
            continue
        ids = known_ids(client, operation.path) or [str(uuid.uuid4())]
        answers[operation.label] = send(operation, client, ids, extra, other_merchant)

    assert answers
    assert any(status < 300 for statuses in answers.values() for status in statuses)


def send(operation: Any, client: Client, ids: list[str], extra: dict[str, Any], other: Merchant) -> set[int]:
    """Write with and beside valid bodies, each undone afterwards; return the statuses."""
    statuses: set[int] = set()

    @seed(zlib.crc32(operation.label.encode()))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        body = {**(case.body if isinstance(case.body, dict) else {}), **extra}
        path = operation.path.replace("{id}", ids[len(statuses) % len(ids)])
        with transaction.atomic():
            statuses.add(write(client, operation.method.upper(), path, body))
            assert traces(other) == [], (operation.label, body)
            transaction.set_rollback(True)

    attempt()
    assert not any(status >= 500 for status in statuses), operation.label
    return statuses


class Careless(MerchantAPIView):
    """Takes whatever it gets."""

    policy: Policy = {"post": AUTHENTICATED}

    def post(self, request: Any) -> Any:
        """Hire with every column of the body."""
        person = probe.User.objects.create_user(f"{uuid.uuid4()}@example.com")
        columns = {name: request.data[name] for name in ("id",) if name in request.data}
        Membership.objects.create(user=person, role="clerk", **columns)
        return probe.Response({})


def test_control_a_careless_view_is_found(
    api: Api, merchant: Merchant, other_merchant: Merchant, monkeypatch: pytest.MonkeyPatch, probes: None
) -> None:
    monkeypatch.setattr(probe.Staff, "post", Careless.post)

    assert write(api(merchant), "POST", "/api/v1/probe/staff", forbidden(other_merchant)) == 200
    assert traces(other_merchant) == ["tenancy.Membership"]
