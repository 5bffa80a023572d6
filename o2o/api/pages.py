"""Pages beside the API that anybody may read: the schema, its documentation, the meaning of problems."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from o2o.api.problems import STANDARD
from o2o.api.schema import Generator
from o2o.kit.errors import DomainError

View = Callable[..., HttpResponse]
CONTENT_TYPES = {"json": "application/vnd.oai.openapi+json", "yaml": "application/yaml"}
SIDECAR = "drf_spectacular_sidecar/swagger-ui-dist/"
_documents: dict[tuple[str, str], bytes] = {}


def public_page(view: View) -> View:
    """Mark a view under ``/api/`` as open to everybody, for the check of policies, and spare it a transaction."""
    view.is_public_page = True  # type: ignore[attr-defined]
    page: View = transaction.non_atomic_requests(view)
    return page


@public_page
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document, as JSON or with ``?format=yaml`` as YAML. It is made once for each language."""
    form = "yaml" if request.GET.get("format") == "yaml" else "json"
    key = (form, get_language() or "")
    if key not in _documents:
        _documents[key] = _rendered(form)
    return HttpResponse(_documents[key], content_type=CONTENT_TYPES[form])


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of every route."""
    document: dict[str, Any] = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def _rendered(form: str) -> bytes:
    renderer = OpenApiYamlRenderer() if form == "yaml" else OpenApiJsonRenderer()
    rendered: bytes = renderer.render(openapi_document(), renderer_context={})
    return rendered


@public_page
@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Show the interactive documentation."""
    context = {
        "schema_url": reverse("api-schema"),
        "stylesheet": static(f"{SIDECAR}swagger-ui.css"),
        "bundle": static(f"{SIDECAR}swagger-ui-bundle.js"),
        "start": static("o2o/api/documentation.js"),
        "icon": static(f"{SIDECAR}favicon-32x32.png"),
    }
    return render(request, "api/documentation.html", context)


@public_page
@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """Explain the code of a problem, as a page or as JSON. Raises ``Http404`` for an unknown code."""
    known = catalogue().get(code)
    if known is None:
        raise Http404
    explained = {"code": code, "title": str(known[1]), "status": known[0], "about": known[2]}
    if request.accepts("text/html"):
        return render(request, "api/problem.html", explained)
    return JsonResponse(explained)


@public_page
@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """List every code that a problem can carry."""
    rows = [
        {"code": code, "status": status, "title": str(title), "about": about}
        for code, (status, title, about) in sorted(catalogue().items())
    ]
    if request.accepts("text/html"):
        return render(request, "api/problems.html", {"rows": rows})
    return JsonResponse({"results": rows})


def catalogue() -> dict[str, tuple[int, Any, str]]:
    """Return status, title and explanation of each code: those of HTTP, and those of the errors of all apps."""
    found: dict[str, tuple[int, Any, str]] = {code: (status, title, "") for status, (code, title) in STANDARD.items()}
    for error in _descendants(DomainError):
        found[error.code] = (error.status, error.title, (error.__doc__ or "").strip().partition("\n\n")[0])
    return found


def _descendants(base: type[DomainError]) -> Iterable[type[DomainError]]:
    yield base
    for child in base.__subclasses__():
        yield from _descendants(child)
