"""Where the ``type`` of a problem leads."""

from django.urls import URLPattern, path

from o2o.api import pages

urlpatterns: list[URLPattern] = [
    path("", pages.problems, name="problems"),
    path("<slug:code>", pages.problem, name="problem"),
]
