"""S8: whatever the address says, a listener inside gets no visit."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from o2o.kit.outbound import (
    DestinationPolicy,
    DestinationRefusedError,
    Limits,
    NameNotResolvedError,
    OutboundClient,
    OutboundConnectionError,
    OutboundError,
)
from tests.o2o.kit.outbound.servers import Listener, answering, listening

LIMITS = Limits(connect=0.5, total=2.0)
OUTSIDE = {"1.1.1.1"}


@pytest.fixture
def canary() -> Iterator[Listener]:
    with listening(answering(200, b"inside")) as listener:
        yield listener


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to; those outside refuse, so that the tests stay on this machine."""
    addresses: list[str] = []
    real = socket.create_connection

    def guarded(address, *args, **kwargs):
        addresses.append(address[0])
        if address[0] in OUTSIDE:
            raise ConnectionRefusedError(address[0])
        return real(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", guarded)
    return addresses


@pytest.fixture
def policy(canary: Listener) -> DestinationPolicy:
    """Everything but the address is open, so that only the address can save us."""
    return DestinationPolicy(ports=frozenset({80, 443, canary.port}), allows_http=True)


HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "１２７.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "shop.example.com@127.0.0.1",
    "127.0.0.1#@shop.example.com",
    "127.0.0.1\\.example.com",
    "%31%32%37.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS)
def test_inside_is_never_reached_by_its_number(canary, policy, host) -> None:
    client = OutboundClient(limits=LIMITS, policy=policy)
    with pytest.raises(OutboundError):
        client.send("POST", f"http://{host}:{canary.port}/", content=b"{}")
    assert canary.hits == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["1.1.1.1", "127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["garbage"],
    ],
)
def test_inside_is_never_reached_by_a_name(canary, policy, addresses) -> None:
    client = OutboundClient(limits=LIMITS, policy=policy, resolver=lambda _host, _port: addresses)
    with pytest.raises(DestinationRefusedError):
        client.send("POST", f"http://shop.example.com:{canary.port}/")
    assert canary.hits == 0


def test_redirect_inwards_is_not_followed(canary) -> None:
    with listening(answering(302, Location=canary.url)) as redirecting:
        trusting = DestinationPolicy(trusted=frozenset({f"127.0.0.1:{redirecting.port}"}))
        answer = OutboundClient(limits=LIMITS, policy=trusting).send("POST", redirecting.url)
        assert (answer.status, answer.headers["location"]) == (302, canary.url)
        assert (redirecting.hits, canary.hits) == (1, 0)


def test_rebinding_between_check_and_connection_finds_the_address_pinned(canary, policy, tried) -> None:
    asked = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["1.1.1.1"] if len(asked) == 1 else ["127.0.0.1"]

    client = OutboundClient(limits=LIMITS, policy=policy, resolver=rebinding)
    with pytest.raises(OutboundConnectionError):
        client.send("GET", f"http://shop.example.com:{canary.port}/")
    assert (asked, tried) == (["shop.example.com"], ["1.1.1.1"])
    with pytest.raises(DestinationRefusedError):
        client.send("GET", f"http://shop.example.com:{canary.port}/")
    assert tried == ["1.1.1.1"]
    assert canary.hits == 0


def test_environment_proxy_is_ignored(canary, policy, monkeypatch, tried) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    client = OutboundClient(limits=LIMITS, policy=policy, resolver=lambda _host, _port: ["1.1.1.1"])
    for scheme in ("http", "https"):
        with pytest.raises(OutboundConnectionError):
            client.send("GET", f"{scheme}://shop.example.com/")
    assert tried == ["1.1.1.1", "1.1.1.1"]
    assert canary.hits == 0


def test_control_plain_httpx_uses_the_environment_proxy(canary, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{canary.port}")
    httpx.get("http://shop.example.com/")
    assert canary.hits == 1


def test_name_without_address_is_an_error_of_its_own(canary, policy) -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(NameNotResolvedError):
        OutboundClient(policy=policy, resolver=nowhere).send("GET", "https://shop.example.com/")


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost"])
def test_control_plain_httpx_reaches_the_canary(canary, host) -> None:
    httpx.get(f"http://{host}:{canary.port}/", trust_env=False)
    assert canary.hits == 1


def test_control_following_a_redirect_reaches_the_canary(canary) -> None:
    with listening(answering(302, Location=canary.url)) as redirecting:
        httpx.get(redirecting.url, trust_env=False, follow_redirects=True)
    assert canary.hits == 1


def test_control_resolving_twice_is_rebound_to_the_canary(canary, monkeypatch) -> None:
    """Check by one look-up and connect by another: the fault that pinning removes."""
    asked = []
    real = socket.getaddrinfo

    def rebinding(host, port, *args, **kwargs):
        if host != "shop.example.com":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return real("1.1.1.1" if len(asked) == 1 else "127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    checked = socket.getaddrinfo("shop.example.com", canary.port)[0][4][0]
    assert checked == "1.1.1.1"
    httpx.get(f"http://shop.example.com:{canary.port}/", trust_env=False)
    assert canary.hits == 1
