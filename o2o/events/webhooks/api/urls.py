"""Addresses under ``/api/v1/``."""

from django.urls import path

from o2o.events.webhooks.api.views import WebhookDeliveryViewSet, WebhookEndpointViewSet, WebhookTestView

routes = [("webhook_endpoints", WebhookEndpointViewSet), ("webhook_deliveries", WebhookDeliveryViewSet)]
urlpatterns = [path("webhook_endpoints/<uuid:pk>/test", WebhookTestView.as_view(), name="webhook-endpoints-test")]
