"""Addresses that load balancers and monitoring ask."""

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path


def live(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


urlpatterns: list[URLPattern] = [path("health/live", live, name="health-live")]
