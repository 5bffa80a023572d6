"""Long work on events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.events.registry import find_subscriber
from o2o.kit.errors import InvalidError
from o2o.kit.jobs import Batch, JobKind, job_kind

ROWS = 500


@job_kind("events.replay", label=_("Events told again"))
class ReplayEvents(JobKind):
    """Tell a subscriber again what happened in a stretch of time: one that is new, or one that was mended.

    Parameters: ``subscriber``, ``since`` and ``until`` (RFC 3339; until is not included). What the subscriber has
    had already it gets once more; deliveries that are on their way are left alone.
    """

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Count the events of the stretch."""
        return _events(parameters).count()

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Make deliveries for the next events, in the order of their positions."""
        events = list(_events(parameters).filter(position__gt=cursor["position"] if cursor else 0)[:ROWS])
        if not events:
            return Batch(cursor=None)
        subscriber = parameters["subscriber"]
        had = EventDelivery.objects.filter(event__in=events, subscriber=subscriber)
        had.exclude(state=DeliveryState.PENDING).update(
            state=DeliveryState.PENDING, attempts=0, next_attempt_at=at, settled_at=None, is_suspect=False
        )
        rows = [
            EventDelivery(
                event=event, subscriber=subscriber, partition=event.partition, position=event.position,
                aggregate_id=event.aggregate_id, next_attempt_at=at,
            )
            for event in events
        ]  # fmt: skip
        EventDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        return Batch({"position": events[-1].position} if len(events) == ROWS else None, done=len(events))


def _events(parameters: Mapping[str, Any]) -> QuerySet[OutboxEvent]:
    subscriber = find_subscriber(parameters["subscriber"])
    since, until = (parse_datetime(parameters[name]) for name in ("since", "until"))
    if subscriber is None or since is None or until is None:
        raise InvalidError(_("Name a subscriber that exists and the instants “since” and “until”."))
    found: QuerySet[OutboxEvent] = OutboxEvent.objects.filter(
        event_type__in=subscriber.event_types, occurred_at__gte=since, occurred_at__lt=until
    )
    return found.exclude(published_at=None).order_by("position")
