"""Addresses under ``/api/v1/``."""

from channels.orders.api.fulfillment_urls import routes, urlpatterns

__all__ = ["routes", "urlpatterns"]
