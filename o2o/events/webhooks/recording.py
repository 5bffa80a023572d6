"""Write down what came of messages, many at a time, and draw the consequences for their endpoints.

Locks are taken in one order everywhere: endpoints by key, then their deliveries.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from o2o.events.services import emit
from o2o.events.webhooks.enums import DisabledReason, WebhookState
from o2o.events.webhooks.events import WebhookEndpointDisabled
from o2o.events.webhooks.messages import PING
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.outcomes import Outcome
from o2o.events.webhooks.schedule import is_given_up, next_attempt_at
from o2o.tenancy.scope import platform_transaction, tenant_scope

# The time of the last success of a healthy endpoint is kept to this, to spare a write for each message.
FRESH = timedelta(seconds=10)
WEIGHT = 0.2

SETTLE = """
UPDATE events_webhookdelivery AS delivery
SET state = result.state, next_attempt_at = coalesce(result.next_attempt_at, delivery.next_attempt_at),
    settled_at = result.settled_at, claim = NULL, claimed_until = NULL,
    attempt_count = delivery.attempt_count + 1, last_status = result.status, last_error = result.failure,
    last_duration_milliseconds = result.milliseconds, response_snippet = result.snippet
FROM unnest(%(ids)s::uuid[], %(claims)s::uuid[], %(states)s::text[], %(nexts)s::timestamptz[],
            %(settled)s::timestamptz[], %(statuses)s::int[], %(failures)s::text[], %(milliseconds)s::int[],
            %(snippets)s::text[])
     AS result (id, claim, state, next_attempt_at, settled_at, status, failure, milliseconds, snippet)
WHERE delivery.id = result.id AND delivery.claim = result.claim AND delivery.state = 'sending'
RETURNING delivery.id
"""


def record_outcomes(*, outcomes: Sequence[Outcome]) -> int:
    """Record outcomes of any merchants in one short transaction; return how many still had their claim.

    Whoever lost the claim meanwhile (it ran out, the delivery was cancelled) changes no state, but the attempt was
    made and is logged. An endpoint that answered 410, or has failed for five days, is switched off.
    """
    if not outcomes:
        return 0
    with platform_transaction():
        return write_outcomes(outcomes)


def write_outcomes(outcomes: Sequence[Outcome]) -> int:
    """Do what ``record_outcomes`` does in the transaction and scope of the caller."""
    endpoints = _locked_endpoints({outcome.delivery.endpoint_id for outcome in outcomes})
    existing = [outcome for outcome in outcomes if outcome.delivery.endpoint_id in endpoints]
    settled = _settle(existing)
    _log(existing)
    for endpoint_id, group in _by_endpoint(existing, settled).items():
        _draw_consequences(endpoints[endpoint_id], group)
    return len(settled)


def disable_endpoint_for(*, endpoint: WebhookEndpoint, reason: DisabledReason, at: datetime) -> int:
    """Switch a locked endpoint off, cancel what waits for it, and say so; return how many were cancelled."""
    endpoint.is_enabled, endpoint.disabled_reason, endpoint.disabled_at = False, reason, at
    endpoint.save(update_fields=["is_enabled", "disabled_reason", "disabled_at", "updated_at"])
    cancelled = WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookState.PENDING).update(
        state=WebhookState.CANCELLED, settled_at=at
    )
    emit(WebhookEndpointDisabled(aggregate_id=endpoint.pk, reason=reason.value, cancelled_deliveries=cancelled))
    return cancelled


def _locked_endpoints(ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, WebhookEndpoint]:
    # Not FOR UPDATE: new deliveries may refer to the endpoint meanwhile.
    rows = WebhookEndpoint.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return {endpoint.pk: endpoint for endpoint in rows}


def _settle(outcomes: Sequence[Outcome]) -> frozenset[uuid.UUID]:
    nexts = [_next(outcome) for outcome in outcomes]
    states = [_state(outcome, at) for outcome, at in zip(outcomes, nexts, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            SETTLE,
            {
                "ids": [outcome.delivery.id for outcome in outcomes],
                "claims": [outcome.delivery.claim for outcome in outcomes],
                "states": states,
                "nexts": nexts,
                "settled": [
                    None if state == WebhookState.PENDING else outcome.ended_at
                    for outcome, state in zip(outcomes, states, strict=True)
                ],
                "statuses": [outcome.status for outcome in outcomes],
                "failures": [outcome.failure for outcome in outcomes],
                "milliseconds": [outcome.milliseconds for outcome in outcomes],
                "snippets": [outcome.snippet for outcome in outcomes],
            },
        )
        return frozenset(row[0] for row in cursor.fetchall())


def _next(outcome: Outcome) -> datetime | None:
    delivery = outcome.delivery
    if outcome.is_success or outcome.is_gone or delivery.event_type == PING:
        return None
    return next_attempt_at(
        tries=delivery.tries, delivery_id=delivery.id, at=outcome.ended_at, retry_after=outcome.retry_after
    )


def _state(outcome: Outcome, next_at: datetime | None) -> str:
    if outcome.is_success:
        return WebhookState.DELIVERED.value
    return WebhookState.DEAD.value if next_at is None else WebhookState.PENDING.value


def _log(outcomes: Sequence[Outcome]) -> None:
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(
            merchant_id=outcome.delivery.merchant_id,
            delivery_id=outcome.delivery.id,
            started_at=outcome.started_at,
            status=outcome.status,
            error=outcome.failure,
            detail=outcome.detail,
            address=outcome.address,
            duration_milliseconds=outcome.milliseconds,
            response_snippet=outcome.snippet,
        )
        for outcome in outcomes
    )


def _by_endpoint(outcomes: Iterable[Outcome], settled: frozenset[uuid.UUID]) -> Mapping[uuid.UUID, list[Outcome]]:
    groups: dict[uuid.UUID, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda each: each.ended_at):
        # A test says how things are at the moment; it is no part of the endpoint's record.
        if outcome.delivery.id in settled and outcome.delivery.event_type != PING:
            groups[outcome.delivery.endpoint_id].append(outcome)
    return groups


def _draw_consequences(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome]) -> None:
    if _is_worth_writing(endpoint, outcomes):
        for outcome in outcomes:
            _count(endpoint, outcome)
        # An update, so that neither updated_at nor the audit trail moves with every message.
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            failing_since=endpoint.failing_since,
            consecutive_failures=endpoint.consecutive_failures,
            last_success_at=endpoint.last_success_at,
            last_failure_at=endpoint.last_failure_at,
            average_milliseconds=endpoint.average_milliseconds,
        )
    reason = _reason_to_disable(endpoint, outcomes)
    if reason and endpoint.is_enabled:
        with tenant_scope(endpoint.merchant_id):
            disable_endpoint_for(endpoint=endpoint, reason=reason, at=outcomes[-1].ended_at)


def _is_worth_writing(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome]) -> bool:
    last = endpoint.last_success_at
    if last is None or endpoint.consecutive_failures or outcomes[-1].ended_at - last >= FRESH:
        return True
    usual = 2 * (endpoint.average_milliseconds or 0) + 100
    return any(not outcome.is_success or outcome.milliseconds > usual for outcome in outcomes)


def _count(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    average = endpoint.average_milliseconds
    endpoint.average_milliseconds = (
        outcome.milliseconds if average is None else round(average + WEIGHT * (outcome.milliseconds - average))
    )
    if outcome.is_success:
        endpoint.last_success_at, endpoint.failing_since, endpoint.consecutive_failures = outcome.ended_at, None, 0
    else:
        endpoint.last_failure_at = outcome.ended_at
        endpoint.failing_since = endpoint.failing_since or outcome.ended_at
        endpoint.consecutive_failures += 1


def _reason_to_disable(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome]) -> DisabledReason | None:
    if any(outcome.is_gone for outcome in outcomes):
        return DisabledReason.GONE
    last = outcomes[-1].ended_at
    if is_given_up(failing_since=endpoint.failing_since, failures=endpoint.consecutive_failures, at=last):
        return DisabledReason.FAILING
    return None
