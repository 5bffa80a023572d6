"""Addresses under ``/api/v1/``."""

from django.urls import path

from o2o.imports.api.views import ImportKindsView, ImportViewSet

routes = [("imports", ImportViewSet)]
urlpatterns = [path("import_kinds", ImportKindsView.as_view(), name="import-kinds")]
