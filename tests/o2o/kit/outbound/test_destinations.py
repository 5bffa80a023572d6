import pytest

from o2o.kit.outbound import DestinationPolicy, DestinationRefusedError, Refusal

POLICY = DestinationPolicy()

REFUSED = [
    ("", Refusal.MALFORMED),
    ("shop.example.com/hook", Refusal.MALFORMED),
    ("//shop.example.com/hook", Refusal.MALFORMED),
    ("https:/shop.example.com", Refusal.MALFORMED),
    ("https://shop.example.com/#part", Refusal.MALFORMED),
    ("https://shop.example.com\\@127.0.0.1/", Refusal.MALFORMED),
    ("https://shop.example.com/a b", Refusal.MALFORMED),
    ("https://shop.example.com/\r\nX: y", Refusal.MALFORMED),
    ("https://shop.exam\tple.com/", Refusal.MALFORMED),
    ("https://shop.example.com/支付", Refusal.MALFORMED),
    ("https://" + "a" * 2000 + ".com/", Refusal.MALFORMED),
    ("https://[::1%25eth0]/", Refusal.MALFORMED),
    ("https://%31%32%37.0.0.1/", Refusal.MALFORMED),
    ("https://shop.example.com:abc/", Refusal.MALFORMED),
    ("https://shop.example.com:/", Refusal.MALFORMED),
    ("https://a:1:2/", Refusal.MALFORMED),
    ("ftp://shop.example.com/", Refusal.SCHEME),
    ("file:///etc/passwd", Refusal.SCHEME),
    ("gopher://127.0.0.1:6379/_FLUSHALL", Refusal.SCHEME),
    ("http://shop.example.com/", Refusal.SCHEME),
    ("https://user:secret@shop.example.com/", Refusal.CREDENTIALS),
    ("https://shop.example.com@127.0.0.1/", Refusal.CREDENTIALS),
    ("https://shop.example.com:22/", Refusal.PORT),
    ("https://shop.example.com:6379/", Refusal.PORT),
    ("https://shop.example.com:0/", Refusal.PORT),
    ("https://shop.example.com:99999/", Refusal.PORT),
    ("https://localhost/", Refusal.HOST),
    ("https://redis/", Refusal.HOST),
    ("https://2130706433/", Refusal.HOST),
    ("https://0177.0.0.1/", Refusal.HOST),
    ("https://0x7f.1/", Refusal.HOST),
    ("https://0x7f000001/", Refusal.HOST),
    ("https://0x/", Refusal.HOST),
    ("https://127.1/", Refusal.HOST),
    ("https://127.0.0.1./", Refusal.HOST),
    ("https://1.2.3.4.5/", Refusal.HOST),
    ("https://256.1.1.1/", Refusal.HOST),
    ("https://shop.example.com./", Refusal.HOST),
    ("https://.example.com/", Refusal.HOST),
    ("https://-a.example.com/", Refusal.HOST),
    ("https://a..b/", Refusal.HOST),
    ("https://shop_!.example.com/", Refusal.HOST),
    ("https://[1.2.3.4]/", Refusal.HOST),
    ("https://[:::1]/", Refusal.HOST),
    ("https://１２７.1/", Refusal.HOST),
    ("https://①②⑦。１/", Refusal.HOST),
    ("https://\u200b.com/", Refusal.HOST),
]


@pytest.mark.parametrize(("url", "reason"), REFUSED)
def test_odd_url_is_refused(url, reason) -> None:
    with pytest.raises(DestinationRefusedError) as refused:
        POLICY.check(url)
    assert refused.value.reason is reason
    assert refused.value.detail


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://shop.example.com", "https://shop.example.com/"),
        ("HTTPS://Shop.Example.COM:443/Hook?x=1", "https://shop.example.com/Hook?x=1"),
        ("https://shop.example.com:8443?x=a@b", "https://shop.example.com:8443/?x=a@b"),
        ("https://商店.example.com/hook", "https://xn--czrs0t.example.com/hook"),
        ("https://商店。example。com/hook", "https://xn--czrs0t.example.com/hook"),
        ("https://1.1.1.1/hook", "https://1.1.1.1/hook"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
    ],
)
def test_plain_url_gets_its_normal_form(url, normal) -> None:
    assert POLICY.check(url).url == normal


def test_fullwidth_digits_become_an_address_that_is_checked_later() -> None:
    assert POLICY.check("https://１２７.0.0.1/").host == "127.0.0.1"
    assert POLICY.check("https://１２７.0.0.1/").is_numeric


def test_http_is_allowed_by_setting_only(settings) -> None:
    settings.OUTBOUND_ALLOW_HTTP = True
    assert DestinationPolicy.from_settings().check("http://shop.example.com/").port == 80


def test_trusted_pair_is_exempt_and_only_that_pair(settings) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:9000"]
    policy = DestinationPolicy.from_settings()
    assert policy.trusts(policy.check("http://127.0.0.1:9000/"))
    with pytest.raises(DestinationRefusedError):
        policy.check("http://127.0.0.1:9001/")


def test_nothing_is_trusted_by_default(settings) -> None:
    assert settings.OUTBOUND_ALLOWED_HOSTS == []
    assert settings.OUTBOUND_ALLOW_HTTP is False
