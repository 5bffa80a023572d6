"""Uploaded files, shown to everybody who has their address. Nothing but well-formed names is looked for."""

from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from o2o.kit.files import PUBLIC_NAME

A_YEAR = 31_536_000
# Should a browser be led to one as a page, it is an inert one.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": f"public, max-age={A_YEAR}, immutable",
    "Content-Disposition": "inline",
    "Content-Security-Policy": POLICY,
    # Shops on other hosts show the pictures of products.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@transaction.non_atomic_requests
@require_safe
def uploaded_file(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a file. Its name is the checksum of its content, so that it may be kept for ever."""
    tag = f'"{name.rpartition("/")[2]}"'
    if not PUBLIC_NAME.fullmatch(name):
        raise Http404
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    is_known = request.headers.get("If-None-Match") == tag
    answer = HttpResponseNotModified() if is_known else HttpResponse(content, content_type="image/webp")
    for header, value in {**HEADERS, "ETag": tag}.items():
        answer.headers[header] = value
    return answer
