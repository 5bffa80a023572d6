"""Every refusal and failure as ``application/problem+json`` (RFC 9457)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.settings import api_settings
from rest_framework.utils.encoders import JSONEncoder

from o2o.kit.errors import DomainError
from o2o.kit.locks import LOCK_NOT_AVAILABLE, RETRIED, sqlstate

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
QUERY_CANCELED = "57014"
UNTRANSLATABLE = frozenset({"22021", "22P05"})  # a NUL byte or half a surrogate pair in a text

# What an HTTP status means when no rule of the business gave a code of its own.
STANDARD: Mapping[int, tuple[str, Any]] = {
    400: ("malformed", _("The request could not be read")),
    401: ("not_authenticated", _("Sign in first")),
    403: ("forbidden", _("Not allowed")),
    404: ("not_found", _("Not found")),
    405: ("method_not_allowed", _("This address does not take that method")),
    406: ("not_acceptable", _("The answer cannot be given in that format")),
    409: ("conflict", _("The request contradicts what is stored")),
    413: ("too_large", _("The request is too large")),
    415: ("unsupported_media_type", _("The body is in a format that is not read here")),
    422: ("invalid", _("The request is not valid")),
    429: ("too_many_requests", _("Too many requests")),
    500: ("internal_error", _("Something went wrong on our side")),
    503: ("unavailable", _("Temporarily unavailable")),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told about a request that was not fulfilled."""

    status: int
    code: str
    title: Any
    detail: Any = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def standard(cls, status: int, detail: Any = "", **rest: Any) -> "Problem":
        """Describe an HTTP status in its standard words; unknown ones by the nearest class."""
        code, title = STANDARD.get(status) or STANDARD[400 if status < 500 else 500]
        return cls(status, code, title, detail, **rest)


class ProblemResponse(HttpResponse):
    """The answer that carries a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.data = body_of(problem)
        content = json.dumps(self.data, cls=JSONEncoder, ensure_ascii=False).encode("utf-8", "replace")
        super().__init__(content, content_type=CONTENT_TYPE, status=problem.status, headers=dict(problem.headers))


def body_of(problem: Problem) -> dict[str, Any]:
    """Return the members of the problem document."""
    body: dict[str, Any] = {
        **problem.extra,
        "type": f"/problems/{problem.code}",
        "title": str(problem.title),
        "status": problem.status,
        "code": problem.code,
    }
    if problem.detail:
        body["detail"] = str(problem.detail)
    if problem.errors:
        body["errors"] = problem.errors
    if problem.status >= 500 and (request_id := structlog.contextvars.get_contextvars().get("request_id")):
        body["request_id"] = request_id
    return body


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> ProblemResponse:
    """Answer any exception as a problem (the hook of REST framework); what is not foreseen is logged and a 500."""
    problem = problem_of(exc)
    if problem.status == 500:
        logger.error("request_failed", view=type(context.get("view")).__name__, exc_info=exc)
    elif problem.status > 500:
        logger.warning("request_unavailable", code=problem.code, error=type(exc).__name__)
    return ProblemResponse(problem)


def problem_of(exc: Exception) -> Problem:
    """Describe an exception without telling more than the caller may know."""
    if isinstance(exc, DomainError):
        return _of_domain(exc)
    if isinstance(exc, exceptions.ValidationError):
        return Problem.standard(422, errors=list(field_errors(exc.get_full_details())))
    if isinstance(exc, DjangoValidationError):
        return Problem.standard(422, errors=list(field_errors(_details_of_model(exc))))
    if isinstance(exc, exceptions.APIException):
        return _of_framework(exc)
    if isinstance(exc, Http404 | ObjectDoesNotExist):
        return Problem.standard(404)
    if isinstance(exc, PermissionDenied):
        return Problem.standard(403)
    if isinstance(exc, RequestDataTooBig):
        return Problem.standard(413)
    if isinstance(exc, SuspiciousOperation | BadRequest):
        return Problem.standard(400)
    return _of_database(exc) or Problem.standard(500, _("Tell us the request id if it happens again."))


def field_errors(details: Any, pointer: str = "") -> Iterable[dict[str, str]]:
    """Flatten the nested details of REST framework into entries with a JSON pointer (RFC 6901), code and text."""
    if isinstance(details, Mapping):
        if "message" in details and "code" in details and not isinstance(details["message"], dict | list):
            yield {"pointer": pointer, "code": str(details["code"]), "detail": str(details["message"])}
            return
        for name, inner in details.items():
            is_whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from field_errors(inner, pointer if is_whole else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(details, list | tuple):
        # A list of messages speaks of one field; a list of mappings of fields speaks of the rows of a list.
        are_messages = all(isinstance(entry, Mapping) and "message" in entry for entry in details)
        for position, inner in enumerate(details):
            yield from field_errors(inner, pointer if are_messages else f"{pointer}/{position}")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _of_domain(exc: DomainError) -> Problem:
    extra = {key: value for key, value in exc.params.items() if key not in ("errors", "retry_after")}
    retry_after = exc.params.get("retry_after", 1 if exc.status == 503 else None)
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    errors = list(exc.params.get("errors", ()))
    return Problem(exc.status, exc.code, exc.title, exc.detail, errors=errors, extra=extra, headers=headers)


def _of_framework(exc: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    detail = exc.detail if isinstance(exc.detail, str) else ""
    return Problem.standard(exc.status_code, detail, headers=headers)


def _details_of_model(exc: DjangoValidationError) -> Any:
    def entries(errors: Iterable[Any]) -> list[dict[str, str]]:
        return [{"message": text, "code": error.code or "invalid"} for error in errors for text in error.messages]

    if hasattr(exc, "error_dict"):
        whole = api_settings.NON_FIELD_ERRORS_KEY
        return {whole if name == "__all__" else name: entries(errors) for name, errors in exc.error_dict.items()}
    return entries(exc.error_list)


def _of_database(exc: Exception) -> Problem | None:
    state = sqlstate(exc)
    if isinstance(exc, OperationalError | InterfaceError):
        if state in RETRIED or state in (LOCK_NOT_AVAILABLE, QUERY_CANCELED):
            return Problem(503, "busy", _("Others are working on this right now"), headers={"Retry-After": "1"})
        return Problem.standard(503, headers={"Retry-After": "2"})
    if isinstance(exc, DataError | ValueError) and (state in UNTRANSLATABLE or "NUL (0x00)" in str(exc)):
        return Problem.standard(422, _("A text holds a character that cannot be stored, such as NUL."))
    if isinstance(exc, IntegrityError) and state == "23505":
        return Problem.standard(409, _("Something with these values exists already."))
    return None
