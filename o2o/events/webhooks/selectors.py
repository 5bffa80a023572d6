"""What pages and API show of endpoints and deliveries."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

HEALTH_WINDOW = timedelta(hours=24)
LONGEST_ROUND = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """How an endpoint does. Rates are of attempts of the last 24 hours; None where there were none."""

    endpoint_id: uuid.UUID
    is_enabled: bool
    disabled_reason: str
    failing_since: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    average_milliseconds: int | None
    attempts: int
    failed_attempts: int
    pending: int
    dead: int
    next_attempt_at: datetime | None

    @property
    def failure_rate(self) -> float | None:
        """The share of attempts that failed, 0 to 1."""
        return self.failed_attempts / self.attempts if self.attempts else None


def endpoints() -> QuerySet[WebhookEndpoint]:
    """Return the merchant's endpoints, newest first."""
    return WebhookEndpoint.objects.order_by("-id")


def deliveries() -> QuerySet[WebhookDelivery]:
    """Return the merchant's deliveries without their bodies, newest first."""
    return WebhookDelivery.objects.defer("body").order_by("-id")


def dead_letters() -> QuerySet[WebhookDelivery]:
    """Return the merchant's messages that were given up, newest first, with their endpoints."""
    return deliveries().filter(state=WebhookState.DEAD).select_related("endpoint")


def attempts_of(*, delivery_id: uuid.UUID) -> QuerySet[WebhookAttempt]:
    """Return the log of a delivery, oldest attempt first."""
    return WebhookAttempt.objects.filter(delivery_id=delivery_id).order_by("started_at", "pk")


def endpoint_health(*, endpoint: WebhookEndpoint, at: datetime) -> EndpointHealth:
    """Return how an endpoint does, in four small queries, each served by an index of its own."""
    recent = WebhookAttempt.objects.filter(
        delivery__endpoint=endpoint,
        # The longest round of tries began no earlier, which spares a look at all older deliveries.
        delivery__created_at__gte=at - HEALTH_WINDOW - LONGEST_ROUND,
        started_at__gte=at - HEALTH_WINDOW,
    ).aggregate(all=Count("pk"), failed=Count("pk", filter=~Q(error="")))
    of_endpoint = WebhookDelivery.objects.filter(endpoint=endpoint)
    waiting = of_endpoint.filter(state=WebhookState.PENDING).aggregate(
        count=Count("pk"), next_at=Min("next_attempt_at")
    )
    sending = of_endpoint.filter(state=WebhookState.SENDING).count()
    dead = of_endpoint.filter(state=WebhookState.DEAD).count()
    return EndpointHealth(
        endpoint_id=endpoint.pk,
        is_enabled=endpoint.is_enabled,
        disabled_reason=endpoint.disabled_reason,
        failing_since=endpoint.failing_since,
        last_success_at=endpoint.last_success_at,
        last_failure_at=endpoint.last_failure_at,
        average_milliseconds=endpoint.average_milliseconds,
        attempts=recent["all"],
        failed_attempts=recent["failed"],
        pending=waiting["count"] + sending,
        dead=dead,
        next_attempt_at=waiting["next_at"],
    )
