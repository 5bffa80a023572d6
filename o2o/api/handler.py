"""The WSGI handler: programs are let past what only browsers need.

A request with a bearer token has no session, no cookie, no form and no flash message, so that it goes through
``PROGRAM_MIDDLEWARE`` instead of ``MIDDLEWARE``; so do health checks, which must answer whatever the ``Host`` header
says, and uploaded files, which are the same for everybody. That saves about a quarter of a small read
(``bench/http.py``). Views see the same request either way.
"""

from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

PROGRAM_PREFIX = "/api/v1/"
MACHINE_PREFIXES = ("/health/", "/metrics", "/media/")


def is_program(request: HttpRequest) -> bool:
    """Say whether a request comes from a program: by its bearer token, or by asking for health or an uploaded file."""
    path = request.path_info
    if path.startswith(PROGRAM_PREFIX):
        scheme: str = request.META.get("HTTP_AUTHORIZATION", "")[:7]
        return scheme.lower() == "bearer "
    return path.startswith(MACHINE_PREFIXES)


class ProgramHandler(BaseHandler):
    """Answers through ``PROGRAM_MIDDLEWARE``, whose members only wrap the call (they have no ``process_view``)."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain from ``PROGRAM_MIDDLEWARE``."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for path in reversed(settings.PROGRAM_MIDDLEWARE):
            handler = convert_exception_to_response(import_string(path)(handler))
        self._middleware_chain = handler


class Handler(WSGIHandler):
    """Sends each request down its chain."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Build both chains."""
        super().load_middleware(is_async)
        self._programs = ProgramHandler()
        self._programs.load_middleware()

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        handler: Any = self._programs if is_program(request) else super()
        response: HttpResponseBase = handler.get_response(request)
        return response
