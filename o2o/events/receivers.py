"""What this app itself does with events: it offers them to the webhooks."""

from o2o.events.webhooks import events, fanout

__all__ = ["events", "fanout"]
