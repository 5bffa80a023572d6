"""The addresses of the whole installation; apps are named by string only."""

from django.urls import include, path

urlpatterns = [
    path("", include("o2o.api.health_urls")),
    path("api/", include("o2o.api.urls")),
    path("account/", include("o2o.accounts.urls")),
    path("", include("o2o.console.urls")),
]
