"""How far webhooks are behind."""

from django.db.models import Min, QuerySet

from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.kit import clock
from o2o.kit.metrics import gauge


def _due() -> QuerySet[WebhookDelivery]:
    due: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(
        state=WebhookState.PENDING, next_attempt_at__lte=clock.now(), endpoint__is_enabled=True
    )
    return due


@gauge("o2o_webhook_due_messages", "Messages that are due and not yet on their way.")
def due_messages() -> float:
    """Return how many."""
    return float(_due().count())


@gauge("o2o_webhook_lag_seconds", "How long the oldest message that is due has waited.")
def lag() -> float:
    """Return seconds."""
    oldest = _due().aggregate(at=Min("next_attempt_at"))["at"]
    return (clock.now() - oldest).total_seconds() if oldest else 0.0


@gauge("o2o_webhook_dead_letters", "Messages that were given up.")
def dead_letters() -> float:
    """Return how many."""
    return float(WebhookDelivery.objects.filter(state=WebhookState.DEAD).count())


@gauge("o2o_webhook_failing_endpoints", "Endpoints that are on and whose last message failed.")
def failing_endpoints() -> float:
    """Return how many."""
    return float(WebhookEndpoint.objects.filter(is_enabled=True, consecutive_failures__gt=0).count())
