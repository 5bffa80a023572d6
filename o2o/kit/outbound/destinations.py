"""Where this installation may send to: the reading of a URL, strict where others are lenient.

A URL that two programs read differently is how a check is got round, so whatever is not plainly a URL of a host on
the internet is refused: numbers in place of names, credentials, odd ports, backslashes, fragments.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Self

import idna
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from o2o.kit.outbound.errors import DestinationRefusedError, Refusal

LONGEST_URL = 2000
DEFAULT_PORTS = {"https": 443, "http": 80}
URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<target>(?:/[^?#\\]*)?(?:\?[^#\\]*)?)"
)
AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:%]+)(?::(?P<port>[0-9]{1,5}))?")
UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")
ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart: ``host`` in ASCII without brackets, ``target`` the path with the query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def url(self) -> str:
        """The URL in its one normal form."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"

    @property
    def is_numeric(self) -> bool:
        """Whether the host is an IP address, which needs no resolving."""
        return ":" in self.host or ENDS_IN_NUMBER.fullmatch(self.host) is not None


@dataclass(frozen=True, slots=True)
class DestinationPolicy:
    """What an installation allows. ``trusted`` names ``host:port`` pairs that are exempt, for tests and demos."""

    ports: frozenset[int] = frozenset({80, 443, 8443})
    allows_http: bool = False
    trusted: frozenset[str] = frozenset()

    @classmethod
    def from_settings(cls) -> Self:
        """Read ``OUTBOUND_PORTS``, ``OUTBOUND_ALLOW_HTTP`` and ``OUTBOUND_ALLOWED_HOSTS``."""
        return cls(
            ports=frozenset(settings.OUTBOUND_PORTS),
            allows_http=settings.OUTBOUND_ALLOW_HTTP,
            trusted=frozenset(settings.OUTBOUND_ALLOWED_HOSTS),
        )

    def trusts(self, destination: Destination) -> bool:
        """Say whether the operator has exempted this very host and port."""
        return f"{destination.host}:{destination.port}" in self.trusted

    def check(self, url: str) -> Destination:
        """Take a URL apart; raise ``DestinationRefusedError`` unless it may be sent to.

        Nothing is resolved here: that happens at each attempt, since a name's addresses change.
        """
        destination = parse(url)
        if self.trusts(destination):
            return destination
        if destination.scheme != "https" and not self.allows_http:
            raise _refused(Refusal.SCHEME, _("Use an address that begins with https://."))
        if destination.port not in self.ports:
            allowed = ", ".join(str(port) for port in sorted(self.ports))
            raise _refused(
                Refusal.PORT,
                _("Port %(port)s is not allowed; use one of %(allowed)s.")
                % {"port": destination.port, "allowed": allowed},
            )
        if not destination.is_numeric and "." not in destination.host:
            raise _refused(
                Refusal.HOST,
                _("“%(host)s” is not a name on the internet; give the full name.") % {"host": destination.host},
            )
        return destination


def parse(url: str) -> Destination:
    """Take a URL apart, or raise ``DestinationRefusedError``."""
    match = URL.fullmatch(url) if len(url) <= LONGEST_URL and not UNPRINTABLE.search(url) else None
    if match is None:
        raise _refused(
            Refusal.MALFORMED, _("This is not a web address. Give one such as https://shop.example.com/hooks.")
        )
    scheme = match["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise _refused(Refusal.SCHEME, _("Use an address that begins with https://."))
    if "@" in match["authority"]:
        raise _refused(Refusal.CREDENTIALS, _("Leave the user name and password out of the address."))
    authority = AUTHORITY.fullmatch(match["authority"])
    if authority is None:
        raise _refused(Refusal.MALFORMED, _("The host or port in the address cannot be read."))
    port = int(authority["port"]) if authority["port"] else DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise _refused(Refusal.PORT, _("Port %(port)s does not exist.") % {"port": port})
    return Destination(scheme, _host(authority["host"]), port, _target(match["target"]))


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return IPv6Address(text[1:-1]).compressed
        except AddressValueError as error:
            raise _refused(Refusal.HOST, _("“%(host)s” is not an IPv6 address.") % {"host": text}) from error
    try:
        # UTS 46 turns full-width digits and ideographic full stops into plain ones, so numbers are sought afterwards.
        host = (
            idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
            if not text.isascii()
            else text.lower()
        )
    except (idna.IDNAError, UnicodeError) as error:
        raise _refused(Refusal.HOST, _("“%(host)s” is not a host's name.") % {"host": text}) from error
    if ENDS_IN_NUMBER.fullmatch(host):
        return _dotted_quad(host)
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise _refused(Refusal.HOST, _("“%(host)s” is not a host's name.") % {"host": text})
    return host


def _dotted_quad(host: str) -> str:
    # 2130706433, 0177.0.0.1, 0x7f.1 and 127.1 are all 127.0.0.1 to the C library, and to nobody who writes a URL.
    try:
        return str(IPv4Address(host))
    except AddressValueError as error:
        raise _refused(
            Refusal.HOST, _("Write an IP address as four decimal numbers; “%(host)s” is not.") % {"host": host}
        ) from error


def _target(text: str) -> str:
    if not text.isascii():
        raise _refused(Refusal.MALFORMED, _("Percent-encode the characters of the path that are not ASCII."))
    return text if text.startswith("/") else f"/{text}"


def _refused(reason: Refusal, detail: object) -> DestinationRefusedError:
    return DestinationRefusedError(reason, str(detail))
