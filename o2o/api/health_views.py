"""Health, metrics and invariants over HTTP, without a session and outside of any merchant."""

import ipaddress
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from o2o.api import metrics
from o2o.api.health import Part, readiness
from o2o.api.models import InvariantResult
from o2o.kit.addresses import client_address

PRIVATE = "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 ::1 fc00::/7 fe80::/10"
PRIVATE_NETWORKS = tuple(ipaddress.ip_network(network) for network in PRIVATE.split())
View = Callable[[HttpRequest], HttpResponse]


def for_operators(view: View) -> View:
    """Show a page to the operators' machines only; to everybody else it does not exist.

    With ``METRICS_TOKEN`` set that bearer token is asked for, else the caller must come from a private network and
    not through a proxy that nobody vouched for.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not _is_operator(request):
            raise Http404
        return view(request)

    return guarded


def _is_operator(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
    if "HTTP_X_FORWARDED_FOR" in request.META and not settings.TRUSTED_PROXIES:
        return False
    caller = client_address(request)
    return bool(caller) and any(ipaddress.ip_address(caller) in network for network in PRIVATE_NETWORKS)


@never_cache
@require_safe
@transaction.non_atomic_requests
def live(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers. It asks nobody else, so that a restart is not the answer to a slow database."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
@transaction.non_atomic_requests
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether requests can be served: 200, or 503 with the part that is missing."""
    parts = readiness()
    is_ready = all(part.is_ok for part in parts if part.is_required)
    body: dict[str, Any] = {
        "status": "ok" if is_ready else "failed",
        "parts": {part.name: part.as_json() for part in parts},
    }
    if all(part.is_ok for part in parts if part.name == "database"):
        body["parts"]["invariants"] = _invariants().as_json()
    return JsonResponse(body, status=200 if is_ready else 503)


def _invariants() -> Part:
    broken = InvariantResult.objects.exclude(violations=0, error="").count()
    return Part("invariants", is_ok=not broken, is_required=False, detail=f"{broken} broken" if broken else "")


@never_cache
@require_safe
@for_operators
@transaction.non_atomic_requests
def invariants(_request: HttpRequest) -> JsonResponse:
    """Show the last answer to each invariant: 200 where all hold, else 503."""
    try:
        results = list(InvariantResult.objects.all())
    except DatabaseError:
        return JsonResponse({"status": "unknown"}, status=503)
    holds = all(result.holds for result in results)
    body = {
        "status": "ok" if holds else "failed",
        "invariants": [
            {
                "name": result.name,
                "holds": result.holds,
                "violations": result.violations,
                "checked_at": result.checked_at.isoformat(),
                "seconds": result.seconds,
            }
            for result in results
        ],
    }
    return JsonResponse(body, status=200 if holds else 503)


@never_cache
@require_safe
@for_operators
@transaction.non_atomic_requests
def prometheus(_request: HttpRequest) -> HttpResponse:
    """Show all metrics in Prometheus' text format."""
    return HttpResponse(metrics.page(), content_type=metrics.CONTENT_TYPE)
