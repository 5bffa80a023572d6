"""What must always hold for events."""

from django.utils.translation import gettext_lazy as _

from o2o.events.webhooks import invariants as webhooks  # noqa: F401 - those of the webhooks, found through this module
from o2o.kit.invariants import invariant


@invariant("events.published_in_time", _("No event waits to be published for longer than five minutes"))
def published_in_time() -> str:
    """Return the query for events that the relay left lying."""
    return """
        SELECT id, merchant_id, event_type, position FROM events_outboxevent
        WHERE published_at IS NULL AND occurred_at < clock_timestamp() - interval '5 minutes'"""


@invariant("events.delivered_after_publishing", _("No delivery exists of an event that was not published"))
def delivered_after_publishing() -> str:
    """Return the query for deliveries without a published event."""
    return """
        SELECT d.id, d.subscriber, d.position
        FROM events_eventdelivery d JOIN events_outboxevent e ON e.id = d.event_id
        WHERE e.published_at IS NULL"""


@invariant("events.one_delivery_per_subscriber", _("Each published event has a delivery for each of its subscribers"))
def one_delivery_per_subscriber() -> str:
    """Return the query for events of the last day with fewer deliveries than subscribers at publishing."""
    return """
        SELECT e.id, e.event_type, e.position, e.subscriber_count
        FROM events_outboxevent e
        WHERE e.published_at > clock_timestamp() - interval '1 day'
          AND e.subscriber_count > (SELECT count(*) FROM events_eventdelivery d WHERE d.event_id = e.id)"""


@invariant("events.attempts_are_bounded", _("No delivery is pending after more attempts than are allowed"))
def attempts_are_bounded() -> str:
    """Return the query for deliveries that come back for ever."""
    return """
        SELECT id, subscriber, position, attempts FROM events_eventdelivery
        WHERE state = 'pending' AND attempts > 10"""


@invariant("events.delivered_in_time", _("No delivery that is due waits for longer than five minutes"))
def delivered_in_time() -> str:
    """Return the query for deliveries that no worker took up, those behind an earlier one of their line left out."""
    return """
        SELECT d.id, d.subscriber, d.position FROM events_eventdelivery d
        WHERE d.state = 'pending' AND d.next_attempt_at < clock_timestamp() - interval '5 minutes'
          AND coalesce(d.claimed_until, '-infinity') < clock_timestamp()
          AND NOT EXISTS (
            SELECT 1 FROM events_eventdelivery e
            WHERE e.state = 'pending' AND e.subscriber = d.subscriber AND e.aggregate_id = d.aggregate_id
              AND e.position < d.position)"""
