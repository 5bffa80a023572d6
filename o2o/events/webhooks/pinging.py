"""A test message to an endpoint, with the answer at once.

In three steps, because no transaction may be open while we wait for the receiver: prepare, ``sending.send``, record.
"""

import uuid
from datetime import datetime

from o2o.events.webhooks.claiming import LEASE
from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.messages import PING, ping_body
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.outcomes import ClaimedDelivery, Outcome
from o2o.events.webhooks.recording import write_outcomes
from o2o.events.webhooks.sending import outbound_client, send
from o2o.events.webhooks.signing import active
from o2o.kit.models import uuid7
from o2o.tenancy.scope import tenant_transaction


def prepare_ping(*, endpoint: WebhookEndpoint, at: datetime) -> ClaimedDelivery:
    """Write down a test message as being sent; the endpoint may be switched off. Commit before it is sent."""
    event_id = uuid7()
    body = ping_body(event_id=event_id, merchant_id=endpoint.merchant_id, endpoint_id=endpoint.pk, at=at)
    delivery = WebhookDelivery.objects.create(
        merchant_id=endpoint.merchant_id,
        endpoint=endpoint,
        event_id=event_id,
        event_type=PING,
        body=body,
        state=WebhookState.SENDING,
        tries=1,
        next_attempt_at=at,
        claim=uuid.uuid4(),
        claimed_until=at + LEASE,
    )
    return ClaimedDelivery(
        id=delivery.pk,
        merchant_id=endpoint.merchant_id,
        endpoint_id=endpoint.pk,
        claim=delivery.claim,
        url=endpoint.url,
        body=body,
        sealed_secrets=active(endpoint.secrets, at=at),
        event_type=PING,
        tries=1,
    )


def send_prepared(prepared: ClaimedDelivery) -> Outcome:
    """Send a prepared test message and record what came of it. No transaction may be open."""
    outcome = send(prepared, outbound_client())
    with tenant_transaction(prepared.merchant_id):
        write_outcomes([outcome])
    return outcome


def ping_endpoint(*, merchant_id: uuid.UUID, endpoint_id: uuid.UUID, at: datetime) -> Outcome:
    """Send a test message to an endpoint and return what came of it, within 15 seconds.

    Call it outside any transaction. It is tried once, logged like other messages, and does not count for or against
    the endpoint. Raises ``WebhookEndpoint.DoesNotExist``.
    """
    with tenant_transaction(merchant_id):
        prepared = prepare_ping(endpoint=WebhookEndpoint.objects.get(pk=endpoint_id), at=at)
    return send_prepared(prepared)
