"""Reads about events and their deliveries, in the scope of a merchant."""

from django.db.models import QuerySet

from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent


def events() -> QuerySet[OutboxEvent]:
    """Return the merchant's events."""
    found: QuerySet[OutboxEvent] = OutboxEvent.objects.all()
    return found


def dead_letters() -> QuerySet[EventDelivery]:
    """Return the deliveries that were given up, with their events."""
    dead: QuerySet[EventDelivery] = EventDelivery.objects.filter(state=DeliveryState.DEAD)
    return dead.select_related("event")
