import contextlib
import gzip
import logging
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from o2o.kit.outbound import (
    DestinationPolicy,
    Limits,
    OutboundClient,
    OutboundConnectionError,
    OutboundTimeoutError,
)
from tests.o2o.kit.outbound import servers
from tests.o2o.kit.outbound.servers import Listener, Received, answering, listening


def client_for(listener: Listener, **limits: float) -> OutboundClient:
    trusted = frozenset({f"{listener.host}:{listener.port}"})
    return OutboundClient(limits=Limits(**limits), policy=DestinationPolicy(trusted=trusted))


def test_answer_is_returned_with_few_headers_and_a_duration() -> None:
    with listening(answering(200, b"thanks", Retry_After="7", Set_Cookie="a=b", X_Other="y")) as listener:
        client = client_for(listener)
        answer = client.send("POST", listener.url, content=b"{}", headers={"X-Shop": "1"})
        client.send("POST", listener.url)
    assert (answer.status, answer.body, answer.is_truncated, answer.is_success) == (200, b"thanks", False, True)
    assert answer.headers == {"content-length": "6", "retry-after": "7"}
    assert answer.address == "127.0.0.1"
    assert 0 < answer.duration < 2
    first, second = listener.requests
    assert first.line == "POST /hook HTTP/1.1"
    assert first.body == b"{}"
    assert first.headers["x-shop"] == "1"
    assert first.headers["host"] == f"127.0.0.1:{listener.port}"
    assert "cookie" not in second.headers


def test_answers_of_any_status_are_answers() -> None:
    for status in (204, 302, 410, 429, 500, 599):
        with listening(answering(status)) as listener:
            assert client_for(listener).send("POST", listener.url).status == status


@pytest.mark.parametrize("answer", [servers.dripping_head, servers.dripping_interim, servers.silent])
def test_drip_is_cut_at_the_total_deadline(answer) -> None:
    with listening(answer) as listener:
        started = time.monotonic()
        with pytest.raises(OutboundTimeoutError):
            client_for(listener, total=0.6).send("POST", listener.url)
        assert 0.5 < time.monotonic() - started < 1.2


def test_dripping_body_is_cut_at_the_total_deadline() -> None:
    with listening(servers.dripping_body) as listener:
        started = time.monotonic()
        with pytest.raises(OutboundTimeoutError):
            client_for(listener, total=0.6).send("POST", listener.url)
        assert 0.5 < time.monotonic() - started < 1.2


def test_control_a_timeout_for_each_read_does_not_end_a_drip() -> None:
    with listening(servers.dripping_body) as listener:

        def read() -> None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(listener.url, timeout=0.6, trust_env=False)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(1.5)
        assert reader.is_alive()


def test_gigabyte_is_read_no_further_than_the_limit() -> None:
    with listening(servers.gigabyte) as listener:
        answer = client_for(listener).send("POST", listener.url)
        assert answer.is_truncated
        assert len(answer.body) == 64 * 1024
        time.sleep(0.2)
        # What the kernel's buffers took in before the connection closed.
        assert listener.sent < 20_000_000


def test_compressed_body_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with listening(answering(200, bomb, Content_Encoding="gzip")) as listener:
        assert client_for(listener).send("GET", listener.url).body == bomb
        assert listener.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("answer", [servers.garbage, servers.hanging_up])
def test_broken_answer_is_a_connection_error(answer) -> None:
    with listening(answer) as listener, pytest.raises(OutboundConnectionError):
        client_for(listener).send("POST", listener.url)


def test_closed_port_is_a_connection_error() -> None:
    with listening(servers.silent) as listener:
        pass
    with pytest.raises(OutboundConnectionError):
        client_for(listener).send("POST", listener.url)


def test_slow_resolver_is_left_behind_at_the_deadline() -> None:
    released = threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        released.wait(10)
        return ["1.1.1.1"]

    started = time.monotonic()
    with pytest.raises(OutboundTimeoutError):
        OutboundClient(limits=Limits(total=0.3), resolver=slow).send("GET", "https://shop.example.com/")
    assert time.monotonic() - started < 0.8
    released.set()


def test_second_address_is_tried_when_the_first_refuses(monkeypatch) -> None:
    with listening(answering(200)) as listener:
        policy = DestinationPolicy(trusted=frozenset({f"shop.example.com:{listener.port}"}))
        client = OutboundClient(policy=policy, resolver=lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
        answer = client.send("GET", f"http://shop.example.com:{listener.port}/x?y=1")
    assert (answer.status, answer.address) == (200, "127.0.0.1")
    assert listener.requests[0].headers["host"] == f"shop.example.com:{listener.port}"
    assert listener.requests[0].line == "GET /x?y=1 HTTP/1.1"


def test_address_with_a_token_is_not_logged(caplog) -> None:
    caplog.set_level(logging.INFO)
    with listening(answering(200)) as listener:
        client_for(listener).send("POST", f"{listener.url}?token=s3cr3t")
    assert "s3cr3t" not in caplog.text


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key with a certificate for ``shop.example.com`` that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.com")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def shop(certificate: Path) -> Iterator[tuple[Listener, list[str | None]]]:
    """A TLS server that notes the names it is asked for."""
    names: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with listening(answering(200, b"safe"), tls=context) as listener:
        yield listener, names


def _tls_client(listener: Listener, host: str, context: ssl.SSLContext | None) -> OutboundClient:
    policy = DestinationPolicy(trusted=frozenset({f"{host}:{listener.port}"}))
    return OutboundClient(policy=policy, resolver=lambda _host, _port: ["127.0.0.1"], ssl_context=context)


def test_tls_speaks_to_the_name_over_the_pinned_address(shop, certificate) -> None:
    listener, names = shop
    context = ssl.create_default_context(cafile=str(certificate))
    answer = _tls_client(listener, "shop.example.com", context).send(
        "POST", f"https://shop.example.com:{listener.port}/"
    )
    assert answer.body == b"safe"
    assert names == ["shop.example.com"]


def test_certificate_for_another_name_is_refused(shop, certificate) -> None:
    listener, _names = shop
    context = ssl.create_default_context(cafile=str(certificate))
    with pytest.raises(OutboundConnectionError):
        _tls_client(listener, "other.example.com", context).send("POST", f"https://other.example.com:{listener.port}/")
    assert listener.requests == []


def test_certificate_of_an_unknown_authority_is_refused(shop) -> None:
    listener, _names = shop
    with pytest.raises(OutboundConnectionError):
        _tls_client(listener, "shop.example.com", None).send("POST", f"https://shop.example.com:{listener.port}/")
    assert listener.requests == []


def test_received_headers_are_read() -> None:
    assert Received(b"GET / HTTP/1.1\r\nHost: a", b"").headers == {"host": "a"}
