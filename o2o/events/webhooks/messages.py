"""What is sent: an envelope around an event's thin payload, in the version to which the endpoint is pinned."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from o2o.events.models import OutboxEvent

PING = "ping"
LATEST = "v1"


def _v1(event: OutboxEvent) -> dict[str, Any]:
    return {
        "id": str(event.pk),
        "type": event.event_type,
        "version": event.version,
        "api_version": "v1",
        "timestamp": _text(event.occurred_at),
        "sequence": event.position,
        "merchant_id": str(event.merchant_id),
        "data": {"object": event.aggregate_type, "id": str(event.aggregate_id), **event.payload},
    }


# A new version is added beside the old ones; endpoints keep the one with which they were made.
VERSIONS: Mapping[str, Callable[[OutboxEvent], dict[str, Any]]] = {"v1": _v1}


def body_of(event: OutboxEvent, api_version: str) -> str:
    """Return the message for an event as JSON text. It is stored, so that every try sends the same bytes."""
    return _serialised(VERSIONS[api_version](event))


def ping_body(*, event_id: uuid.UUID, merchant_id: uuid.UUID, endpoint_id: uuid.UUID, at: datetime) -> str:
    """Return the message of a test delivery."""
    return _serialised(
        {
            "id": str(event_id),
            "type": PING,
            "version": 1,
            "api_version": LATEST,
            "timestamp": _text(at),
            "sequence": 0,
            "merchant_id": str(merchant_id),
            "data": {"object": "webhook_endpoint", "id": str(endpoint_id)},
        }
    )


def _serialised(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
