"""How far the outbox is behind."""

from collections.abc import Mapping

from django.db.models import Count, Min

from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.events.webhooks import metrics as webhooks  # noqa: F401 - those of the webhooks, found through this module
from o2o.kit import clock
from o2o.kit.metrics import gauge


@gauge("o2o_outbox_lag_seconds", "Age of the oldest event that was not published.")
def outbox_lag() -> float:
    """Return seconds."""
    oldest = OutboxEvent.objects.filter(published_at=None).aggregate(at=Min("occurred_at"))["at"]
    return (clock.now() - oldest).total_seconds() if oldest else 0.0


@gauge("o2o_outbox_unpublished_events", "Events that were not published.")
def unpublished() -> float:
    """Return how many."""
    return float(OutboxEvent.objects.filter(published_at=None).count())


@gauge("o2o_event_deliveries_pending", "Deliveries on their way, by subscriber.", labels=("subscriber",))
def pending() -> Mapping[tuple[str, ...], float]:
    """Return how many, by subscriber."""
    return _by_subscriber(DeliveryState.PENDING)


@gauge("o2o_event_dead_letters", "Deliveries that were given up, by subscriber.", labels=("subscriber",))
def dead_letters() -> Mapping[tuple[str, ...], float]:
    """Return how many, by subscriber."""
    return _by_subscriber(DeliveryState.DEAD)


def _by_subscriber(state: DeliveryState) -> Mapping[tuple[str, ...], float]:
    rows = EventDelivery.objects.filter(state=state).values_list("subscriber").annotate(rows=Count("pk"))
    return {(subscriber,): float(number) for subscriber, number in rows}
