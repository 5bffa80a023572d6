"""Addresses under ``/api/v1/``."""

from o2o.events.webhooks.api.urls import routes, urlpatterns

__all__ = ["routes", "urlpatterns"]
