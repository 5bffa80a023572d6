"""From where a request came."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# What one subscriber holds: an IPv6 line has 2^64 addresses, so that counting single ones would count nothing.
IPV6_SUBSCRIBER_BITS = 64


def client_address(request: HttpRequest) -> str:
    """Return the caller's address, or an empty text where there is none (a Unix socket).

    ``TRUSTED_PROXIES`` says how many proxies of ours stand in front. Each appends the address it saw to
    ``X-Forwarded-For``, so that the caller's is that many from the right; what stands further left is hearsay.
    """
    hops = settings.TRUSTED_PROXIES
    if hops:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(seen) >= hops and (address := _canonical(seen[-hops])):
            return address
    return _canonical(request.META.get("REMOTE_ADDR", ""))


def counted_address(request: HttpRequest) -> str:
    """Return the address under which failures are counted: the caller's, or the network of an IPv6 subscriber.

    ``0.0.0.0`` stands for callers without an address, who share one count.
    """
    address = ipaddress.ip_address(client_address(request) or "0.0.0.0")  # noqa: S104 - a name, not a listener
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_SUBSCRIBER_BITS), strict=False).network_address)


def _canonical(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
