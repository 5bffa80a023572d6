"""Addresses of uploaded files; whatever else stands below ``/media/`` ends here as well."""

from django.urls import URLPattern, re_path

from o2o.api import media_views

urlpatterns: list[URLPattern] = [re_path(r"^(?P<name>[\s\S]*)$", media_views.uploaded_file, name="media")]
