"""Events, dead letters and webhooks, on screen."""

from o2o.events.console import events, webhooks

__all__ = ["events", "webhooks"]
