import pytest

from o2o.kit.outbound.addresses import why_not_public

REFUSED = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.100.100.200": "carrier-grade NAT",
    "169.254.169.254": "link-local",
    "168.63.129.16": "cloud platform",
    "192.0.0.192": "protocol assignments",
    "192.0.2.1": "documentation",
    "198.51.100.1": "documentation",
    "203.0.113.9": "documentation",
    "198.18.0.1": "benchmarking",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "192.88.99.1": "6to4 relay",
    "::": "unspecified",
    "::1": "loopback",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::127.0.0.1": "IPv4-compatible",
    "::ffff:0:127.0.0.1": "not global unicast",
    "64:ff9b::7f00:1": "NAT64 of loopback",
    "64:ff9b::a9fe:a9fe": "NAT64 of link-local",
    "64:ff9b:1::7f00:1": "local NAT64",
    "2001:0:7f00:1::": "Teredo",
    "2001:10::1": "protocol assignments",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "3fff::1": "documentation",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "2606:4700::1111%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "100::1": "discard",
    "4000::1": "not global unicast",
    "2606:4700::5efe:7f00:1": "ISATAP",
    "not-an-address": "not an IP address",
    "127.1": "not an IP address",
}


@pytest.mark.parametrize(("address", "kind"), REFUSED.items())
def test_special_address_is_refused(address, kind) -> None:
    assert why_not_public(address) == kind


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"],
)
def test_public_address_is_allowed(address) -> None:
    assert why_not_public(address) is None
