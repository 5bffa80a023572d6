"""A small closed-loop HTTP client: some connections, each sending its next request when the answer has come.

One thread, plain sockets and prepared bytes, so that it takes little of the two cores that it shares with the server.
"""

import selectors
import socket
import statistics
import time
from dataclasses import dataclass, field


@dataclass
class Load:
    """What a run measured."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, part: float) -> float:
        """A quantile of the latency, in milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[round(part * 100) - 1] * 1000


class _Connection:
    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.received = b""
        self.sent_at = 0.0

    def send(self) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(self.request)

    def status_when_complete(self) -> int | None:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("The server closed the connection.")
        self.received += chunk
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        start = head.lower().index(b"content-length:") + len(b"content-length:")
        length = int(head[start : head.find(b"\r\n", start) if b"\r\n" in head[start:] else None])
        return int(head[9:12]) if len(body) >= length else None


def run(port: int, path: str, *, headers: dict[str, str], connections: int, seconds: float) -> Load:
    """Ask one path over and over; the time is bounded, the address is loopback."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    selector = selectors.DefaultSelector()
    for _number in range(connections):
        connection = _Connection(("127.0.0.1", port), request)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send()
    began = time.perf_counter()
    load = Load(seconds)
    while time.perf_counter() - began < seconds:
        for key, _events in selector.select(1):
            status = key.data.status_when_complete()
            if status is not None:
                load.latencies.append(time.perf_counter() - key.data.sent_at)
                load.statuses[status] = load.statuses.get(status, 0) + 1
                key.data.send()
    load.seconds = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return load
