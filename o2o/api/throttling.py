"""Rate limits of the API: by actor, and by address for those who are nobody (yet)."""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from o2o.api.rate_limits import Rate, Taken, take
from o2o.kit.addresses import counted_address
from o2o.tenancy.actor import Actor

if TYPE_CHECKING:
    # REST framework's views import this module through the settings.
    from rest_framework.views import APIView


@cache
def _rate(text: str) -> Rate:
    return Rate.parse(text)


def bucket_of(request: Request) -> str:
    """Name the bucket that a request draws from."""
    actor = request.user
    if isinstance(actor, Actor):
        return f"{actor.kind}:{actor.id}"
    return f"address:{counted_address(request._request)}"


class ActorThrottle(BaseThrottle):
    """``API_RATE_LIMIT`` for each actor; what is left goes into the ``RateLimit`` headers of the answer."""

    taken: Taken | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Take a token; let the request pass where Redis is away."""
        self.taken = take(bucket_of(request), _rate(settings.API_RATE_LIMIT))
        if self.taken is None:
            return True
        request.rate_limit_headers = self.taken.headers()  # type: ignore[attr-defined]
        return self.taken.is_allowed

    def wait(self) -> float | None:
        """Return the seconds until a token is there."""
        return self.taken.retry_after if self.taken else None
