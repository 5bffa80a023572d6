"""Addresses of uploaded files."""

from django.urls import URLPattern, path

from o2o.api import media_views

urlpatterns: list[URLPattern] = [path("<path:name>", media_views.uploaded_file, name="media")]
