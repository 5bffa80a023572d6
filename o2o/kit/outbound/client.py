"""The one way in which O2O speaks to servers whose addresses its users give."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import httpcore
import httpx
from django.utils.translation import gettext as _

from o2o.kit.outbound.deadline import Deadline
from o2o.kit.outbound.destinations import DEFAULT_PORTS, Destination, DestinationPolicy
from o2o.kit.outbound.errors import DestinationRefusedError, OutboundConnectionError, OutboundTimeoutError, Refusal
from o2o.kit.outbound.resolving import Resolver, checked_addresses, system_resolver
from o2o.kit.outbound.transport import PinnedTransport

KEPT_HEADERS = frozenset({"content-type", "content-length", "date", "retry-after", "location", "x-request-id", "link"})
LONGEST_HEADER = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange: seconds to connect, seconds for all of it, bytes of body that are read."""

    connect: float = 5.0
    total: float = 15.0
    body: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """What the other server answered. ``body`` is cut at the limit; ``duration`` is in seconds.

    ``address`` is the one that the connection was made to.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_truncated: bool
    duration: float
    address: str

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class OutboundClient:
    """Sends one request at a time to an address that a user gave, so that it cannot be turned inwards.

    At each attempt the URL is checked, the host resolved, each address checked, and the connection made to a
    checked address and nothing else; TLS and ``Host`` keep the name. Redirects are answers like any other. Cookies,
    proxies and credentials of the environment play no part. Threads may share a client.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        policy: DestinationPolicy | None = None,
        resolver: Resolver = system_resolver,
        ssl_context: ssl.SSLContext | None = None,
        kept_headers: frozenset[str] = KEPT_HEADERS,
    ) -> None:
        self._limits = limits or Limits()
        self._policy = policy or DestinationPolicy.from_settings()
        self._resolver = resolver
        self._ssl_context = ssl_context or _certificates()
        self._kept_headers = kept_headers

    def send(
        self, method: str, url: str, *, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> OutboundResponse:
        """Send one request and return what was answered, whatever its status.

        Raises ``DestinationRefusedError`` before anything is sent, ``NameNotResolvedError``,
        ``OutboundConnectionError`` or ``OutboundTimeoutError``. No database transaction may be open.
        """
        started = time.monotonic()
        deadline = Deadline(self._limits.total)
        destination = self._policy.check(url)
        addresses = checked_addresses(
            destination,
            deadline=deadline,
            is_trusted=self._policy.trusts(destination),
            resolver=self._resolver,
        )
        request = _request(method, destination, content, headers or {})
        transport = PinnedTransport(
            addresses, deadline=deadline, connect_timeout=self._limits.connect, ssl_context=self._ssl_context
        )
        try:
            return self._exchange(transport, request, started)
        except httpcore.TimeoutException as error:
            raise OutboundTimeoutError(
                _("“%(host)s” did not answer within %(seconds)s seconds.")
                % {"host": destination.host, "seconds": f"{time.monotonic() - started:.1f}"}
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.StreamError, ssl.SSLError, OSError) as error:
            raise OutboundConnectionError(
                _("The connection to “%(host)s” failed: %(error)s.")
                % {"host": destination.host, "error": str(error)[:200] or type(error).__name__}
            ) from error
        finally:
            transport.close()

    def _exchange(self, transport: PinnedTransport, request: httpx.Request, started: float) -> OutboundResponse:
        answer = transport.handle_request(request)
        body = bytearray()
        # Raw bytes: unpacking what a stranger compressed could fill the memory.
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > self._limits.body:
                break
        return OutboundResponse(
            status=answer.status_code,
            headers={
                name: value[:LONGEST_HEADER] for name, value in answer.headers.items() if name in self._kept_headers
            },
            body=bytes(body[: self._limits.body]),
            is_truncated=len(body) > self._limits.body,
            duration=time.monotonic() - started,
            address=transport.address,
        )


def _request(method: str, destination: Destination, content: bytes, headers: Mapping[str, str]) -> httpx.Request:
    request = httpx.Request(
        method,
        destination.url,
        content=content,
        headers={"accept-encoding": "identity", "user-agent": "O2O", **headers, "connection": "close"},
    )
    # Two readers of one URL must agree about where it goes.
    seen = (
        request.url.scheme,
        request.url.raw_host.decode("ascii"),
        request.url.port or DEFAULT_PORTS[destination.scheme],
    )
    if seen != (destination.scheme, destination.host, destination.port):
        raise DestinationRefusedError(Refusal.MALFORMED, _("The host or port in the address cannot be read."))
    return request


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
