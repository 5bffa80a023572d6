"""A maker of a row for each list of the consoles. A list without one fails the matrix."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import models

from o2o.accounts.models import ApiClient, Invitation, User
from o2o.accounts.services.clients import create_api_client
from o2o.accounts.services.invitations import invite_staff
from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.events.services import partition_of
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.services import create_endpoint
from o2o.imports.models import ImportBatch
from o2o.kit.clock import now
from o2o.kit.jobs.models import Job, JobError
from o2o.kit.models import uuid7
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.selectors import actor_of
from tests.factories import MembershipFactory, UserFactory
from tests.o2o.imports.specimens import make_import

Maker = Callable[[Merchant], models.Model]

MAKERS: dict[type[models.Model], Maker] = {}
# The lists that a page's address names a row of.
KEYS: dict[str, type[models.Model]] = {
    "client_id": ApiClient,
    "endpoint_id": WebhookEndpoint,
    "job_id": Job,
    "import_id": ImportBatch,
}
# Apps above keep the makers of their lists beside their own tests.
ABOVE = tuple(f"tests.channels.{app}.console_rows" for app in ("stores", "catalog", "inventory", "orders"))


def row_of(model: type[models.Model]) -> Callable[[Maker], Maker]:
    """Register what makes a row of a model for a merchant."""

    def register(make: Maker) -> Maker:
        MAKERS[model] = make
        return make

    return register


def make_row(model: type[models.Model], merchant: Merchant) -> Any:
    """Make a row of a model, in the scope of a merchant."""
    with tenant_transaction(merchant.pk):
        return MAKERS[model](merchant)


def an_owner(merchant: Merchant) -> Any:
    """Return an owner of the merchant as an actor."""
    found = Membership.objects.select_related("user").filter(role=Role.OWNER).first()
    return actor_of(found or MembershipFactory(merchant=merchant, role=Role.OWNER))


@row_of(Membership)
def membership(merchant: Merchant) -> models.Model:
    return MembershipFactory(merchant=merchant)


@row_of(Invitation)
def invitation(merchant: Merchant) -> models.Model:
    email = f"invited-{uuid7().hex[-8:]}@example.com"
    return invite_staff(actor=an_owner(merchant), email=email, role=Role.CLERK, at=now()).invitation


@row_of(ApiClient)
def api_client(merchant: Merchant) -> models.Model:
    return create_api_client(actor=an_owner(merchant), name="Till", scopes=["stock:read"]).client


@row_of(WebhookEndpoint)
def endpoint(merchant: Merchant) -> models.Model:
    return create_endpoint(url=f"https://{uuid7().hex}.example/", event_types=[], at=now(), description="ERP").endpoint


@row_of(WebhookDelivery)
def webhook_delivery(merchant: Merchant) -> models.Model:
    return WebhookDelivery.objects.create(
        endpoint=WebhookEndpoint.objects.first() or endpoint(merchant),
        event_id=uuid7(),
        event_type="order.placed",
        body="{}",
        state="dead",
        settled_at=now(),
    )


@row_of(OutboxEvent)
def outbox_event(merchant: Merchant) -> OutboxEvent:
    thing = uuid7()
    return OutboxEvent.objects.create(
        partition=partition_of(thing),
        event_type="order.placed",
        aggregate_type="order",
        aggregate_id=thing,
        payload={"total": "12.50"},
        occurred_at=now() - timedelta(minutes=1),
    )


@row_of(EventDelivery)
def dead_letter(merchant: Merchant) -> models.Model:
    event = outbox_event(merchant)
    return EventDelivery.objects.create(
        event=event,
        subscriber="stock.reserve",
        partition=event.partition,
        position=event.position,
        aggregate_id=event.aggregate_id,
        state=DeliveryState.DEAD,
        attempts=5,
        last_error="ValueError: no such thing",
        settled_at=now(),
    )


@row_of(Job)
def job(_merchant: Merchant) -> models.Model:
    row = Job.objects.create(
        kind="events.replay", title="Import of members", state="failed", total=10, done=4, failed=1
    )
    JobError.objects.create(job=row, row_number=3, key="A-1", message="no such product", raw={"sku": "=A-1"})
    return row


@row_of(ImportBatch)
def an_import(merchant: Merchant) -> models.Model:
    return make_import(merchant)


@row_of(Merchant)
def merchant_itself(merchant: Merchant) -> models.Model:
    return merchant


@row_of(User)
def user(_merchant: Merchant) -> models.Model:
    return UserFactory()


for _module in ABOVE:
    if find_spec(_module):
        import_module(_module)
