"""Addresses of the two consoles and of the choice of language."""

from django.urls import path

from o2o.console.language import set_language
from o2o.console.sites import platform_site, site

urlpatterns = [
    path("language/", set_language, name="set_language"),
    path("platform/", platform_site.urls),
    path("", site.urls),
]
