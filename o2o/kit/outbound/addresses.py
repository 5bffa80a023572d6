"""Which IP addresses belong to the public internet.

The networks are named here, not asked of ``ipaddress.is_global``, because its answers differ between the patch
releases of Python. Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and successors).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

REFUSED_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud platform"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
REFUSED_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
# Where IPv6 is the only network, DNS64 gives every IPv4 host an address in here: what is inside decides.
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP_INTERFACES = (0x0000_5EFE, 0x0200_5EFE)


def why_not_public(address: str) -> str | None:
    """Return what kind of special address this is, or None for one on the public internet.

    ``address`` is numeric, as the resolver gives it. Anything that does not read as an address is refused as well.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an IP address"
    return _why_not_v4(parsed) if isinstance(parsed, IPv4Address) else _why_not_v6(parsed)


def _why_not_v4(address: IPv4Address) -> str | None:
    return next((name for network, name in REFUSED_V4 if address in network), None)


def _why_not_v6(address: IPv6Address) -> str | None:
    if address.scope_id is not None:
        return "link-local"
    if address in NAT64:
        inner = _why_not_v4(IPv4Address(int(address) & 0xFFFF_FFFF))
        return f"NAT64 of {inner}" if inner else None
    for network, name in REFUSED_V6:
        if address in network:
            return name
    if address not in GLOBAL_UNICAST:
        return "not global unicast"
    if (int(address) >> 32) & 0xFFFF_FFFF in ISATAP_INTERFACES:
        return "ISATAP"
    return None
