"""Addresses that load balancers and monitoring ask."""

from django.urls import URLPattern, path

from o2o.api import health_views

urlpatterns: list[URLPattern] = [
    path("health/live", health_views.live, name="health-live"),
    path("health/ready", health_views.ready, name="health-ready"),
    path("health/invariants", health_views.invariants, name="health-invariants"),
    path("metrics", health_views.prometheus, name="metrics"),
]
