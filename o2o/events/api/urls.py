"""Addresses under ``/api/v1/``."""

from django.urls import path

from o2o.events.api.audit import AuditView
from o2o.events.api.views import DeadLetterViewSet, EventViewSet
from o2o.events.webhooks.api import urls as webhooks

routes = [("events", EventViewSet), ("dead_letters", DeadLetterViewSet), *webhooks.routes]
urlpatterns = [path("audit", AuditView.as_view(), name="audit"), *webhooks.urlpatterns]
