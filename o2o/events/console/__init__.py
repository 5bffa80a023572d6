"""Events, dead letters, webhooks and the audit trail, on screen."""

from o2o.events.console import audit, events, webhooks

__all__ = ["audit", "events", "webhooks"]
