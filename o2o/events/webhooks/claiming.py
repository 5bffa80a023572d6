"""Which messages to send next: due ones of all merchants, a few per endpoint, the slow ones apart.

Cost follows the number of endpoints that have something waiting, not the length of what waits: each is found by one
step through an index, and of each only the first few rows are looked at.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from o2o.events.webhooks.enums import Failure
from o2o.events.webhooks.messages import PING
from o2o.events.webhooks.outcomes import ClaimedDelivery
from o2o.events.webhooks.schedule import MOST_TRIES
from o2o.events.webhooks.signing import active
from o2o.tenancy.scope import platform_transaction

# Longer than the longest exchange, so that nothing is sent twice while its sender lives.
LEASE = timedelta(seconds=60)
SLOW_MILLISECONDS = 2000

CLAIM = """
WITH RECURSIVE waiting (endpoint_id) AS (
    (SELECT endpoint_id FROM events_webhookdelivery WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT (SELECT next.endpoint_id FROM events_webhookdelivery AS next
            WHERE next.state = 'pending' AND next.endpoint_id > waiting.endpoint_id
            ORDER BY next.endpoint_id LIMIT 1)
    FROM waiting WHERE waiting.endpoint_id IS NOT NULL
), lane AS (
    SELECT endpoint.id,
           -- one that has never answered has yet to show that it is quick
           (endpoint.consecutive_failures > 0 OR endpoint.last_success_at IS NULL
            OR coalesce(endpoint.average_milliseconds, 0) > %(slow_milliseconds)s) AS is_slow,
           CASE WHEN endpoint.consecutive_failures > 0 THEN 1 ELSE %(per_endpoint)s END AS share,
           (SELECT count(*) FROM events_webhookdelivery AS busy
            WHERE busy.endpoint_id = endpoint.id AND busy.state = 'sending') AS busy
    FROM waiting
    JOIN events_webhookendpoint AS endpoint ON endpoint.id = waiting.endpoint_id AND endpoint.is_enabled
), candidate AS (
    SELECT due.id, lane.is_slow, lane.busy + due.place AS place,
           row_number() OVER (
               PARTITION BY lane.is_slow ORDER BY lane.busy + due.place, due.next_attempt_at, due.id
           ) AS turn
    FROM lane CROSS JOIN LATERAL (
        SELECT first.id, first.next_attempt_at,
               row_number() OVER (ORDER BY first.next_attempt_at, first.id) AS place
        FROM (
            SELECT delivery.id, delivery.next_attempt_at FROM events_webhookdelivery AS delivery
            WHERE delivery.endpoint_id = lane.id AND delivery.state = 'pending' AND delivery.next_attempt_at <= %(at)s
            ORDER BY delivery.next_attempt_at, delivery.id LIMIT greatest(lane.share - lane.busy, 0)
        ) AS first
    ) AS due
), taken AS (
    -- by key, row by row: a join is planned as a scan of all that waits where statistics lag behind
    SELECT locked.id, candidate.is_slow
    FROM candidate CROSS JOIN LATERAL (
        SELECT delivery.id FROM events_webhookdelivery AS delivery
        WHERE delivery.id = candidate.id AND delivery.state = 'pending'
        FOR UPDATE SKIP LOCKED
    ) AS locked
    WHERE candidate.turn <= CASE WHEN candidate.is_slow THEN %(slow)s
                                 WHEN candidate.place > 1 THEN %(quick)s - %(reserve)s
                                 ELSE %(quick)s END
)
UPDATE events_webhookdelivery AS delivery
SET state = 'sending', claim = gen_random_uuid(), claimed_until = %(until)s, tries = delivery.tries + 1
FROM taken, events_webhookendpoint AS endpoint
WHERE delivery.id = taken.id AND endpoint.id = delivery.endpoint_id
RETURNING delivery.id, delivery.merchant_id, endpoint.id, delivery.claim, endpoint.url, delivery.body,
          endpoint.secrets, delivery.event_type, delivery.tries, taken.is_slow
"""

# A claim that ran out belonged to a dispatcher that is dead: the message may have arrived, so it is sent again.
RELEASE = """
WITH lost AS (
    SELECT id FROM events_webhookdelivery
    WHERE state = 'sending' AND claimed_until < %(at)s FOR UPDATE SKIP LOCKED
), released AS (
    UPDATE events_webhookdelivery AS delivery
    SET claim = NULL, claimed_until = NULL, next_attempt_at = %(at)s, last_error = %(interrupted)s,
        last_status = NULL, attempt_count = attempt_count + 1,
        state = CASE WHEN tries >= %(most)s OR event_type = %(ping)s THEN 'dead' ELSE 'pending' END,
        settled_at = CASE WHEN tries >= %(most)s OR event_type = %(ping)s THEN %(at)s::timestamptz END
    FROM lost WHERE delivery.id = lost.id
    RETURNING delivery.id, delivery.merchant_id
)
INSERT INTO events_webhookattempt (id, merchant_id, delivery_id, started_at, error, detail, address, response_snippet)
SELECT gen_random_uuid(), merchant_id, id, %(at)s, %(interrupted)s, '', '', '' FROM released
"""


@dataclass(frozen=True, slots=True)
class Share:
    """How many messages may be claimed: to quick endpoints, to slow or failing ones, and to any one of them.

    ``reserve`` of the quick places are left to endpoints that have nothing in flight.
    """

    quick: int
    slow: int
    per_endpoint: int = 2
    reserve: int = 0


def claim_due(*, at: datetime, share: Share, lease: timedelta = LEASE) -> Sequence[ClaimedDelivery]:
    """Claim due messages for this process until ``at + lease`` and count their try.

    An endpoint has at most ``per_endpoint`` messages in flight, over all dispatchers, and only one while it fails.
    (Two dispatchers at once look at the same first rows, and the later one passes over those that are taken; only a
    row that came in between their snapshots can make it one more.) Every endpoint gets its first place before any
    gets its second.
    """
    if share.quick <= 0 and share.slow <= 0:
        return []
    with platform_transaction(), connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "at": at,
                "until": at + lease,
                "quick": share.quick,
                "slow": share.slow,
                "per_endpoint": share.per_endpoint,
                "reserve": share.reserve,
                "slow_milliseconds": SLOW_MILLISECONDS,
            },
        )
        return [_claimed(row, at) for row in cursor.fetchall()]


def release_expired(*, at: datetime) -> int:
    """Make the messages of dead dispatchers due again, and note the lost attempt; return how many."""
    with platform_transaction(), connection.cursor() as cursor:
        cursor.execute(RELEASE, {"at": at, "interrupted": Failure.INTERRUPTED.value, "most": MOST_TRIES, "ping": PING})
        return cursor.rowcount


def _claimed(row: tuple[Any, ...], at: datetime) -> ClaimedDelivery:
    delivery_id, merchant_id, endpoint_id, claim, url, body, secrets, event_type, tries, is_slow = row
    return ClaimedDelivery(
        id=delivery_id,
        merchant_id=merchant_id,
        endpoint_id=endpoint_id,
        claim=claim,
        url=url,
        body=body,
        # Django leaves JSON as text in a cursor of one's own.
        sealed_secrets=active(json.loads(secrets) if isinstance(secrets, str) else secrets, at=at),
        event_type=event_type,
        tries=tries,
        is_slow=is_slow,
    )
