"""Endpoints on loopback, events in the outbox, and a dispatcher over both."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from o2o.events.models import OutboxEvent
from o2o.events.webhooks.fanout import deliver_to_endpoints
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.services import create_endpoint
from o2o.kit import clock
from o2o.kit.outbound import Destination, DestinationPolicy
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.kit.outbound.servers import Listener, Received, answering, listening

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
MakeEndpoint = Callable[..., WebhookEndpoint]
Deliver = Callable[..., list[WebhookDelivery]]
Serve = Callable[..., Listener]


@pytest.fixture(autouse=True)
def loopback_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust any port of loopback, since the servers of the tests take free ones."""

    def trusts(_policy: DestinationPolicy, destination: Destination) -> bool:
        return destination.host == "127.0.0.1"

    monkeypatch.setattr(DestinationPolicy, "trusts", trusts)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that live as long as the test."""
    with ExitStack() as stack:

        def start(answer: Callable[[Listener, Any, Received], None] | None = None) -> Listener:
            return stack.enter_context(listening(answer or answering(200, b"ok")))

        yield start


def make_endpoint(merchant: Merchant, url: str, *, is_proven: bool = False, **fields: Any) -> WebhookEndpoint:
    """Make an endpoint; ``is_proven`` lets it use the quick lane at once."""
    with tenant_transaction(merchant.pk):
        endpoint = create_endpoint(url=url, event_types=fields.pop("event_types", []), at=clock.now()).endpoint
        changes = {**fields, **({"last_success_at": clock.now(), "average_milliseconds": 5} if is_proven else {})}
        if changes:
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**changes)
        endpoint.refresh_from_db()
    return endpoint


def make_events(merchant: Merchant, count: int, event_type: str = "order.placed") -> Sequence[OutboxEvent]:
    """Write events to the outbox as ``emit`` would, in bulk."""
    with tenant_transaction(merchant.pk):
        events = OutboxEvent.objects.bulk_create(
            OutboxEvent(
                partition=0,
                event_type=event_type,
                aggregate_type=event_type.partition(".")[0],
                aggregate_id=uuid.uuid4(),
                payload={"order_number": f"A{number}", "store": "上海"},
            )
            for number in range(count)
        )
        return list(OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).order_by("position"))


def deliver(
    merchant: Merchant, count: int = 1, *, event_type: str = "order.placed", at: datetime | None = None
) -> list[WebhookDelivery]:
    """Publish events to the merchant's endpoints and return the deliveries."""
    events = make_events(merchant, count, event_type)
    with tenant_transaction(merchant.pk):
        deliver_to_endpoints(merchant_id=merchant.pk, events=events, at=at or clock.now())
        return list(WebhookDelivery.objects.filter(event_id__in=[event.pk for event in events]).order_by("sequence"))


def fresh(merchant: Merchant, row: Any) -> Any:
    """Read a row again, in the scope of its merchant."""
    with tenant_transaction(merchant.pk):
        return type(row).objects.get(pk=row.pk)
