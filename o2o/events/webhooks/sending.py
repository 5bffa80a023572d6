"""Hand over one message. No database is touched here, so that threads may do it."""

import time
from datetime import datetime

from o2o.events.webhooks.enums import Failure
from o2o.events.webhooks.outcomes import ClaimedDelivery, Outcome
from o2o.events.webhooks.schedule import parse_retry_after
from o2o.events.webhooks.signing import PURPOSE
from o2o.kit import clock
from o2o.kit.outbound import Limits, OutboundClient, OutboundError, OutboundResponse
from o2o.kit.sealing import SealBrokenError, unseal
from o2o.kit.signatures import signed_headers

LIMITS = Limits(connect=5.0, total=15.0, body=4096)
SNIPPET = 1000


def outbound_client() -> OutboundClient:
    """Return the client that webhooks are sent with, under the settings as they are now."""
    return OutboundClient(limits=LIMITS)


def send(delivery: ClaimedDelivery, client: OutboundClient) -> Outcome:
    """Sign and post the message; return what came of it, whatever that is."""
    started_at, started = clock.now(), time.monotonic()
    try:
        secrets = [unseal(sealed, purpose=PURPOSE) for sealed in delivery.sealed_secrets]
        body = delivery.body.encode()
        signed = signed_headers(message_id=delivery.message_id, at=started_at, body=body, secrets=secrets)
        headers = {"content-type": "application/json", "user-agent": "O2O-Webhooks/1", **signed}
        answer = client.send("POST", delivery.url, content=body, headers=headers)
    except (OutboundError, SealBrokenError) as error:
        return Outcome(
            delivery=delivery,
            started_at=started_at,
            ended_at=clock.now(),
            milliseconds=_milliseconds(time.monotonic() - started),
            failure=error.code,
            detail=str(error.detail)[:300],
        )
    return _outcome(delivery, answer, started_at)


def _outcome(delivery: ClaimedDelivery, answer: OutboundResponse, started_at: datetime) -> Outcome:
    ended_at = clock.now()
    asked = parse_retry_after(answer.headers.get("retry-after"), at=ended_at) if answer.status in (429, 503) else None
    return Outcome(
        delivery=delivery,
        started_at=started_at,
        ended_at=ended_at,
        milliseconds=_milliseconds(answer.duration),
        status=answer.status,
        failure=_failure(answer),
        snippet=_text(answer.body),
        address=answer.address,
        retry_after=asked,
    )


def _failure(answer: OutboundResponse) -> str:
    if answer.is_success:
        return ""
    return Failure.REDIRECT.value if 300 <= answer.status < 400 else Failure.HTTP_STATUS.value


def _text(body: bytes) -> str:
    # PostgreSQL takes no NUL in a text.
    return body[: SNIPPET * 4].decode(errors="replace").replace("\x00", "�")[:SNIPPET]


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))
