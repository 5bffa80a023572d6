"""Events, dead letters, webhooks and the audit trail, on screen. The palette lists them in the order of import."""

# isort: off
from o2o.events.console import audit, events, endpoints, deliveries, endpoint_pages

__all__ = ["audit", "deliveries", "endpoint_pages", "endpoints", "events"]
