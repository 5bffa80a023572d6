"""Addresses under ``/api/v1/``."""

from o2o.kit.jobs.api.views import JobViewSet

routes = [("jobs", JobViewSet)]
