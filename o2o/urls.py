"""The addresses of the whole installation; apps are named by string only."""

from django.urls import include, path

urlpatterns = [
    path("", include("o2o.api.health_urls")),
    path("api/", include("o2o.api.urls")),
    path("problems/", include("o2o.api.problem_urls")),
    path("media/", include("o2o.api.media_urls")),
    path("account/", include("o2o.accounts.urls")),
    path("", include("o2o.console.urls")),
]

handler400 = "o2o.api.errors.bad_request"
handler403 = "o2o.api.errors.permission_denied"
handler404 = "o2o.api.errors.not_found"
handler500 = "o2o.api.errors.server_error"
