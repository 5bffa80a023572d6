"""A transport for httpx that connects only to addresses that were checked, and watches one deadline."""

import ssl
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import httpcore
import httpx

from o2o.kit.outbound.deadline import Deadline


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every step gets what is left of the whole exchange's time."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, or raise ``ReadTimeout`` when the time is up."""
        return self._inner.read(max_bytes, _left(self._deadline, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all, or raise ``WriteTimeout`` when the time is up."""
        self._inner.write(buffer, _left(self._deadline, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS to the host by its name, not by its address."""
        left = _left(self._deadline, timeout, httpcore.ConnectTimeout)
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Pass the question on."""
        return self._inner.get_extra_info(info)


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to given addresses, whatever name is asked for: there is no second look-up to poison."""

    def __init__(self, addresses: Sequence[str], deadline: Deadline, connect_timeout: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._connect_timeout = connect_timeout
        self._sockets = httpcore.SyncBackend()
        self.connected = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first pinned address that answers; ``host`` is not looked at."""
        error: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            left = _left(self._deadline, self._connect_timeout, httpcore.ConnectTimeout)
            try:
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                error = failure
            else:
                self.connected = address
                return DeadlineStream(stream, self._deadline)
        raise error

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Refuse: nothing outside is reached through a file."""
        raise httpcore.ConnectError("Unix sockets are not outside.")


class PinnedTransport(httpx.BaseTransport):
    """One exchange over one fresh connection to a pinned address.

    It is used without an ``httpx.Client``, so that no cookie, redirect, proxy of the environment, credential of a
    ``.netrc`` or log line with the address comes in between.
    """

    def __init__(
        self, addresses: Sequence[str], *, deadline: Deadline, connect_timeout: float, ssl_context: ssl.SSLContext
    ) -> None:
        self._backend = PinnedBackend(addresses, deadline, connect_timeout)
        self._ssl_context = ssl_context
        self._connection: httpcore.HTTPConnection | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and return the answer's head; its body is read from ``stream``."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        self._connection = httpcore.HTTPConnection(
            origin=url.origin, ssl_context=self._ssl_context, network_backend=self._backend
        )
        answer = self._connection.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    @property
    def address(self) -> str:
        """The address that the connection was made to."""
        return self._backend.connected

    def close(self) -> None:
        """Close the connection, whether or not the answer was read to its end."""
        if self._connection is not None:
            self._connection.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


def _left(deadline: Deadline, at_most: float | None, error: type[Exception]) -> float:
    if deadline.is_over:
        raise error("the time for the whole exchange is over")
    return max(deadline.remaining(at_most), 0.001)
