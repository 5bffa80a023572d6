"""One thing of each kind that an address with an id can name, and a body with which a write of it is well-formed."""

import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from o2o.accounts.models import ApiClient
from o2o.accounts.services.invitations import invite_staff
from o2o.api.routes import Route
from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.services import create_endpoint
from o2o.kit import clock
from o2o.kit.jobs.models import Job
from o2o.kit.models import uuid7
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.selectors import actor_of
from tests.factories import MembershipFactory
from tests.o2o.imports.specimens import api_specimen

ID = "<uuid:pk>"
Maker = Callable[[Merchant], uuid.UUID]


def _api_client(merchant: Merchant) -> uuid.UUID:
    with tenant_transaction(merchant.pk):
        return ApiClient.objects.create(
            name="Till", client_type="confidential", authorization_grant_type="client-credentials"
        ).pk


def _invitation(merchant: Merchant) -> uuid.UUID:
    owner = actor_of(MembershipFactory(merchant=merchant, role=Role.OWNER))
    with tenant_transaction(merchant.pk):
        address = f"{uuid7().hex}@example.com"
        return invite_staff(actor=owner, email=address, role=Role.CLERK, at=clock.now()).invitation.pk


def _endpoint(merchant: Merchant) -> WebhookEndpoint:
    with tenant_transaction(merchant.pk):
        return create_endpoint(url="https://shop.invalid/hook", event_types=[], at=clock.now()).endpoint


def _delivery(merchant: Merchant) -> uuid.UUID:
    endpoint = _endpoint(merchant)
    with tenant_transaction(merchant.pk):
        return WebhookDelivery.objects.create(
            endpoint=endpoint, event_id=uuid7(), event_type="order.placed", body="{}"
        ).pk


def _job(merchant: Merchant) -> uuid.UUID:
    with tenant_transaction(merchant.pk):
        return Job.objects.create(kind="security.specimen", title="Long work").pk


def _event(merchant: Merchant) -> OutboxEvent:
    with tenant_transaction(merchant.pk):
        return OutboxEvent.objects.create(
            partition=0, event_type="order.placed", aggregate_type="order", aggregate_id=uuid7(), payload={}
        )


def _dead_letter(merchant: Merchant) -> uuid.UUID:
    event = _event(merchant)
    with tenant_transaction(merchant.pk):
        return EventDelivery.objects.create(
            event=event,
            subscriber="security.specimen",
            partition=0,
            position=event.position,
            aggregate_id=event.aggregate_id,
            state=DeliveryState.DEAD,
            settled_at=clock.now(),
        ).pk


SPECIMENS: dict[str, Maker] = {
    "/api/v1/staff/": lambda merchant: MembershipFactory(merchant=merchant).pk,
    "/api/v1/api_clients/": _api_client,
    "/api/v1/invitations/": _invitation,
    "/api/v1/webhook_endpoints/": lambda merchant: _endpoint(merchant).pk,
    "/api/v1/webhook_deliveries/": _delivery,
    "/api/v1/events/": lambda merchant: _event(merchant).pk,
    "/api/v1/dead_letters/": _dead_letter,
    "/api/v1/jobs/": _job,
    "/api/v1/imports/": api_specimen,
}
BODIES: dict[str, Mapping[str, Any]] = {
    "PUT /api/v1/staff/<uuid:pk>": {"role": "clerk", "location_ids": []},
    "PUT /api/v1/api_clients/<uuid:pk>": {"name": "Till", "scopes": ["orders:read"]},
    "POST /api/v1/webhook_endpoints/<uuid:pk>/replay": {
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-02T00:00:00Z",
    },
}

# Apps above keep theirs beside their own tests, under the same two names.
ABOVE = tuple(f"tests.channels.{app}.api_specimens" for app in ("stores", "catalog", "inventory", "orders"))
for _module in ABOVE:
    if find_spec(_module):
        _above = import_module(_module)
        SPECIMENS.update(_above.SPECIMENS)
        BODIES.update(getattr(_above, "BODIES", {}))


def specimen_for(route: Route, merchant: Merchant) -> uuid.UUID | str:
    """Make a thing that the route can be called with and return its id; empty for a route that names none."""
    collection, found, _rest = route.path.partition(ID)
    if not found:
        return ""
    if collection not in SPECIMENS:
        pytest.fail(f"{route.path} names a thing by its id: add a maker for {collection!r} to {__name__}.SPECIMENS.")
    return SPECIMENS[collection](merchant)


def body_for(route: Route) -> Mapping[str, Any]:
    """Return a body with which the route gets as far as looking for the thing; empty where it needs none."""
    return BODIES.get(f"{route.method} {route.path}", {})
