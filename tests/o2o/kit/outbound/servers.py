"""Small servers on loopback that answer well, badly, slowly or without end, and count who comes."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    """One request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def headers(self) -> dict[str, str]:
        pairs = (line.partition(b":") for line in self.head.split(b"\r\n")[1:] if line)
        return {name.decode().lower(): value.strip().decode() for name, _colon, value in pairs}


@dataclass
class Listener:
    """A TCP server that counts its connections; ``answer`` gets the socket and the request."""

    answer: Callable[["Listener", socket.socket, Received], None]
    host: str = "127.0.0.1"
    hits: int = 0
    requests: list[Received] = field(default_factory=list)
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.server = socket.create_server((self.host, 0), backlog=256)
        self.port: int = self.server.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hook"

    def serve(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _address = self.server.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            with self.lock:
                self.hits += 1
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        with connection:
            try:
                received = _read(connection)
                if received is None:
                    return
                with self.lock:
                    self.requests.append(received)
                self.answer(self, connection, received)
            except OSError:
                return


def _read(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _blank, body = data.partition(b"\r\n\r\n")
    received = Received(head, body)
    wanted = int(received.headers.get("content-length", "0"))
    while len(received.body) < wanted:
        received.body += connection.recv(65536)
    return received


@contextmanager
def listening(
    answer: Callable[[Listener, socket.socket, Received], None], *, tls: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    """Serve on a free port of loopback until the block ends."""
    listener = Listener(answer)
    if tls is not None:
        listener.server = tls.wrap_socket(listener.server, server_side=True)
    threading.Thread(target=listener.serve, daemon=True).start()
    try:
        yield listener
    finally:
        listener.stopping.set()
        listener.server.close()


def answering(status: int, body: bytes = b"", **headers: str) -> Callable[[Listener, socket.socket, Received], None]:
    """Answer every request alike; header names are given with ``_`` for ``-``."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    message = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def answer(_listener: Listener, connection: socket.socket, _received: Received) -> None:
        connection.sendall(message)

    return answer


def dripping_head(listener: Listener, connection: socket.socket, _received: Received) -> None:
    """Send a header a byte at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(listener, connection)


def dripping_body(listener: Listener, connection: socket.socket, _received: Received) -> None:
    """Send a body a byte at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    _drip(listener, connection)


def dripping_interim(listener: Listener, connection: socket.socket, _received: Received) -> None:
    """Promise an answer again and again (``100 Continue``), and never give it."""
    while not listener.stopping.is_set():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def silent(listener: Listener, _connection: socket.socket, _received: Received) -> None:
    """Take the request and say nothing."""
    listener.stopping.wait(30)


def gigabyte(listener: Listener, connection: socket.socket, _received: Received) -> None:
    """Send a thousand million bytes, as far as they are taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    block = b"x" * 65536
    for _number in range(1_000_000_000 // len(block)):
        connection.sendall(block)
        listener.sent += len(block)


def garbage(_listener: Listener, connection: socket.socket, _received: Received) -> None:
    """Speak something that is not HTTP."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n\x00\x01")


def hanging_up(_listener: Listener, connection: socket.socket, _received: Received) -> None:
    """Close the connection without an answer."""
    connection.close()


def _drip(listener: Listener, connection: socket.socket) -> None:
    while not listener.stopping.is_set():
        connection.sendall(b"x")
        time.sleep(0.05)
