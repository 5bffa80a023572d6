"""What happens to endpoints themselves."""

from dataclasses import dataclass

from o2o.events.definition import DomainEvent


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointDisabled(DomainEvent):
    """An endpoint was switched off because it failed; ``reason`` is ``gone`` or ``failing``."""

    event_type = "webhook_endpoint.disabled"
    aggregate_type = "webhook_endpoint"

    reason: str
    cancelled_deliveries: int
