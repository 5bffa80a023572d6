"""Errors that happen outside of API views: unknown addresses, broken hosts, forged forms, crashes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views import csrf, defaults

from o2o.api.middleware import API_PREFIX
from o2o.api.problems import Problem, ProblemResponse, problem_of

Page = Callable[..., HttpResponse]


def _answer(request: HttpRequest, problem: Problem, page: Page, *args: object) -> HttpResponse:
    if request.path_info.startswith(API_PREFIX):
        return ProblemResponse(problem)
    return page(request, *args)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 (or 413) in the form that the caller reads."""
    problem = problem_of(exception)
    return _answer(request, problem if problem.status < 500 else Problem.standard(400), defaults.bad_request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 in the form that the caller reads."""
    return _answer(request, Problem.standard(403), defaults.permission_denied, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 in the form that the caller reads."""
    return _answer(request, Problem.standard(404), defaults.page_not_found, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 in the form that the caller reads."""
    return _answer(request, Problem.standard(500), defaults.server_error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request whose CSRF token is missing or wrong."""
    problem = Problem.standard(403, "The CSRF token is missing or wrong.")
    return _answer(request, problem, lambda http: csrf.csrf_failure(http, reason))
