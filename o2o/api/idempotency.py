"""The ``Idempotency-Key`` of a request: its claim, and answers to and from what is stored."""

from collections.abc import Callable

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from o2o.events.idempotency.keys import HEADER, fingerprint, parse_key
from o2o.events.idempotency.services import Answer, Claim
from o2o.tenancy.actor import Actor

REPLAYED_HEADER = "Idempotent-Replayed"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# The headers that belong to the answer and not to the connection on which it was first given.
KEPT_HEADERS = ("Content-Type", "Location", "Content-Location", "Content-Disposition", "Content-Language", "ETag")
# Refusals that may end without a change of the request: signing in, being allowed, waiting.
NEVER_STORED = frozenset({401, 403, 408, 429})


def claim_of(request: Request, body: Callable[[Request], bytes]) -> Claim | None:
    """Return what the request claims, or None where it carries no key. Raises ``InvalidKeyError``.

    ``body`` returns the bytes that tell two requests apart, and is asked only where there is a key.
    """
    if request.method not in UNSAFE:
        return None
    key = parse_key(request.headers.get(HEADER))
    if key is None:
        return None
    actor: Actor = request.user  # type: ignore[assignment]
    http = request._request
    return Claim(
        merchant_id=actor.merchant_id,
        actor_id=actor.id,
        key=key,
        fingerprint=fingerprint(
            method=http.method or "", path=http.path, query=http.META.get("QUERY_STRING", ""), body=body(request)
        ),
    )


def is_kept(status: int) -> bool:
    """Say whether an answer is final, so that a repetition gets it again instead of another try."""
    return status < 500 and status not in NEVER_STORED


def answer_of(response: HttpResponseBase) -> Answer:
    """Take the bytes of a rendered response. Raises ``TypeError`` for a stream, which cannot be given again."""
    if not isinstance(response, HttpResponse):
        raise TypeError("The answer to a write is kept to be given again, so it cannot be a stream.")
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, response.content, headers)


def replay(answer: Answer) -> HttpResponse:
    """Give a stored answer again."""
    response = HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
    if "Content-Type" not in answer.headers:
        del response.headers["Content-Type"]
    response.headers[REPLAYED_HEADER] = "true"
    return response
