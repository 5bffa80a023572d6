"""From a published event to one delivery for each endpoint that wants it."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from o2o.events import bell
from o2o.events.models import OutboxEvent
from o2o.events.registry import fan_out
from o2o.events.webhooks.messages import VERSIONS, body_of
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.kit import clock

# The id is a UUIDv7 made of the clock and a random UUID; PostgreSQL makes them itself from 18 on only.
INSERT = """
INSERT INTO events_webhookdelivery
    (id, created_at, merchant_id, endpoint_id, event_id, event_type, sequence, body, state, tries, attempt_count,
     next_attempt_at, last_error, response_snippet)
SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
           PLACING substring(int8send((extract(epoch FROM %(at)s) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
           52, 1), 53, 1), 'hex')::uuid,
       %(at)s, endpoint.merchant_id, endpoint.id, event.id, event.type, event.sequence, event.body,
       'pending', 0, 0, %(at)s, '', ''
FROM unnest(%(ids)s::uuid[], %(types)s::text[], %(sequences)s::bigint[], %(versions)s::text[], %(bodies)s::text[])
     AS event (id, type, sequence, api_version, body)
JOIN events_webhookendpoint AS endpoint
  ON endpoint.merchant_id = %(merchant)s AND endpoint.is_enabled AND endpoint.api_version = event.api_version
 AND (endpoint.event_types = '{}' OR EXISTS (
        SELECT FROM unnest(endpoint.event_types) AS wanted
        WHERE wanted IN (event.type, '*')
           OR (right(wanted, 2) = '.*' AND starts_with(event.type, left(wanted, -1)))))
ON CONFLICT DO NOTHING
"""


@fan_out
def fan_out_to_webhooks(merchant_id: uuid.UUID, events: Sequence[OutboxEvent]) -> None:
    """Make a delivery for each event and endpoint of the merchant that wants it (the relay calls it)."""
    deliver_to_endpoints(merchant_id=merchant_id, events=events, at=clock.now())


def deliver_to_endpoints(*, merchant_id: uuid.UUID, events: Sequence[OutboxEvent], at: datetime) -> int:
    """Make the deliveries in one statement, in the caller's transaction, and return how many are new.

    An event that is fanned out again makes nothing new. The dispatcher is woken up after the commit.
    """
    # Most merchants have no endpoint: they cost one look at an index.
    versions = set(
        WebhookEndpoint.objects.filter(merchant_id=merchant_id, is_enabled=True).values_list("api_version", flat=True)
    )
    pairs = [(event, version) for event in events for version in sorted(versions & VERSIONS.keys())]
    if not pairs:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "at": at,
                "merchant": merchant_id,
                "ids": [event.pk for event, _version in pairs],
                "types": [event.event_type for event, _version in pairs],
                "sequences": [event.position for event, _version in pairs],
                "versions": [version for _event, version in pairs],
                "bodies": [body_of(event, version) for event, version in pairs],
            },
        )
        made = cursor.rowcount
    if made:
        transaction.on_commit(ring_dispatcher, robust=True)
    return made


def ring_dispatcher() -> None:
    """Ask a worker to send what is due."""
    bell.ring("webhooks.dispatch", queue="sync")
