"""What happens around every request: a name for it, a line in the log, a figure in the metrics, strict headers."""

import re
import time
from collections.abc import Callable
from functools import lru_cache

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from o2o.api.metrics import note_request
from o2o.kit.models import uuid7

GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = structlog.get_logger("o2o.requests")

REQUEST_ID = "X-Request-ID"
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
LONGEST_ACCEPT_LANGUAGE = 500
API_PREFIX = "/api/"
MEDIA_PREFIX = "/media/"
# Asked every few seconds by machines: their lines would hide the others.
UNLOGGED = frozenset({"health-live", "health-ready", "metrics"})


def metrics(get_response: GetResponse) -> GetResponse:
    """Count requests and their time by route, method and class of status."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        note_request(
            method=request.method or "",
            route=route_name(request),
            status=response.status_code,
            seconds=time.perf_counter() - began,
        )
        return response

    return middleware


def identify(get_response: GetResponse) -> GetResponse:
    """Give each request an id that its log lines, audit entries and answer carry, and write one line about it.

    A sane ``X-Request-ID`` of a proxy or caller is kept. The line names the route and not the path, which may hold
    the key of a password reset; never the query or the body.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = request_id_of(request)
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = get_response(request)
        response.headers[REQUEST_ID] = request_id
        route = route_name(request)
        if route not in UNLOGGED:
            logger.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                duration_ms=round((time.perf_counter() - began) * 1000, 1),
                **getattr(request, "log_context", {}),
            )
        structlog.contextvars.clear_contextvars()
        return response

    return middleware


def strict_headers(get_response: GetResponse) -> GetResponse:
    """Tell browsers to keep answers to themselves; answers of the API are neither pages nor to be stored."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        headers = response.headers
        headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path_info.startswith(API_PREFIX) and not headers.get("Content-Type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", settings.PROGRAM_CONTENT_SECURITY_POLICY)
            headers.setdefault("Cache-Control", "no-store")
        if request.path_info.startswith(MEDIA_PREFIX) and response.status_code < 400:
            # The same in every language: caches on the way need to keep it once.
            headers.pop("Vary", None)
            headers.pop("Content-Language", None)
        return response

    return middleware


def for_programs(get_response: GetResponse) -> GetResponse:
    """Speak the language that ``Accept-Language`` asks for (programs have no cookie for it), and give the length."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if accepted := request.META.get("HTTP_ACCEPT_LANGUAGE", ""):
            translation.activate(_language_of(accepted[:LONGEST_ACCEPT_LANGUAGE]))
        else:
            translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
        response = get_response(request)
        if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        patch_vary_headers(response, ("Accept-Language",))
        return response

    return middleware


@lru_cache(maxsize=1000)
def _language_of(accepted: str) -> str:
    for code, _quality in parse_accept_lang_header(accepted):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def request_id_of(request: HttpRequest) -> str:
    """Return the id that came with the request where it is sane, or a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if SANE_REQUEST_ID.fullmatch(given) else str(uuid7())


def route_name(request: HttpRequest) -> str:
    """Return the name of the route that answered, such as ``v1:staff-list``."""
    match = request.resolver_match
    if match is None:
        return "unmatched"
    return match.view_name or match.route
