"""S9: what was not signed by a secret that we share is refused, to the bit."""

import base64
import json
import secrets as randomness
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from o2o.kit.signatures import (
    SignatureRefusedError,
    UnusableSecretError,
    new_secret,
    signed_headers,
    verify_signature,
)

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "signature_vectors.json"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
BODY = '{"type":"order.placed","data":{"名":"茶"}}'.encode()
SECRET = new_secret()


def headers(**changed: str) -> dict[str, str]:
    made = signed_headers(message_id="msg_1", at=AT, body=BODY, secrets=[SECRET])
    return {**made, **{name.replace("_", "-"): value for name, value in changed.items()}}


def verify(given: dict[str, str], body: bytes = BODY, secrets: list[str] | None = None, at: datetime = AT) -> str:
    return verify_signature(headers=given, body=body, secrets=secrets or [SECRET], at=at)


def test_signed_message_is_accepted_by_us_and_by_the_reference_library() -> None:
    assert verify(headers()) == "msg_1"
    now = datetime.now(UTC)
    made = signed_headers(message_id="msg_1", at=now, body=BODY, secrets=[SECRET])
    assert Webhook(SECRET).verify(BODY, made)["type"] == "order.placed"


def test_time_zone_of_the_moment_does_not_matter() -> None:
    from zoneinfo import ZoneInfo

    there = signed_headers(message_id="msg_1", at=AT.astimezone(ZoneInfo("Asia/Shanghai")), body=BODY, secrets=[SECRET])
    assert there == headers()


@pytest.mark.skipif(not VECTORS.exists(), reason="the folder of third-party vectors is not on this machine")
def test_published_vectors() -> None:
    vectors = [each for each in json.loads(VECTORS.read_text()) if each["channel"] == "standard-webhooks"]
    assert vectors
    for vector in vectors:
        at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        body = vector["body"].encode()
        made = signed_headers(message_id=vector["id"], at=at, body=body, secrets=[vector["secret"]])
        assert made["webhook-signature"] == vector["expected"]
        assert verify(made, body, [vector["secret"]], at) == vector["id"]


def test_every_flipped_bit_of_the_body_is_refused() -> None:
    given = headers()
    for bit in range(len(BODY) * 8):
        flipped = bytearray(BODY)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureRefusedError):
            verify(given, bytes(flipped))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_flipped_bit_of_the_headers_is_refused(name) -> None:
    value = headers()[name].encode()
    for bit in range(len(value) * 8):
        flipped = bytearray(value)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureRefusedError):
            verify({**headers(), name: flipped.decode("latin-1")})


def test_control_comparing_decoded_signatures_would_accept_flipped_padding_bits() -> None:
    """The last character of a 32-byte digest carries two bits that decoding throws away."""
    signature = headers()["webhook-signature"].removeprefix("v1,")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = signature[:-2] + alphabet[alphabet.index(signature[-2]) ^ 1] + "="
    assert twin != signature
    assert base64.b64decode(twin, validate=True) == base64.b64decode(signature, validate=True)
    with pytest.raises(SignatureRefusedError):
        verify(headers(webhook_signature=f"v1,{twin}"))


def test_body_written_anew_is_refused() -> None:
    again = json.dumps(json.loads(BODY)).encode()
    assert again != BODY
    with pytest.raises(SignatureRefusedError):
        verify(headers(), again)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AA==", "not base64!", "whsec_密"])
def test_unusable_secret_is_refused_and_not_used(secret) -> None:
    with pytest.raises(UnusableSecretError):
        verify(headers(), secrets=[secret, SECRET])
    with pytest.raises(UnusableSecretError):
        signed_headers(message_id="msg_1", at=AT, body=BODY, secrets=[secret])


def test_no_secret_is_refused() -> None:
    with pytest.raises(UnusableSecretError):
        verify_signature(headers=headers(), body=BODY, secrets=[], at=AT)
    with pytest.raises(UnusableSecretError):
        signed_headers(message_id="msg_1", at=AT, body=BODY, secrets=[])


def test_other_secret_is_refused_and_any_of_several_accepted() -> None:
    other = new_secret()
    with pytest.raises(SignatureRefusedError):
        verify(headers(), secrets=[other])
    assert verify(headers(), secrets=[other, SECRET]) == "msg_1"


def test_message_signed_during_a_rotation_is_accepted_under_either_secret() -> None:
    old, new = new_secret(), new_secret()
    made = signed_headers(message_id="msg_1", at=AT, body=BODY, secrets=[new, old])
    assert len(made["webhook-signature"].split(" ")) == 2
    assert verify(made, secrets=[old]) == verify(made, secrets=[new]) == "msg_1"


@pytest.mark.parametrize("shift", [timedelta(minutes=5), -timedelta(minutes=5)])
def test_message_within_the_tolerance_is_accepted_and_a_second_beyond_refused(shift) -> None:
    assert verify(headers(), at=AT + shift) == "msg_1"
    beyond = shift + timedelta(seconds=1 if shift > timedelta() else -1)
    with pytest.raises(SignatureRefusedError):
        verify(headers(), at=AT + beyond)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_id": ""},
        {"webhook_id": "msg.1"},
        {"webhook_timestamp": ""},
        {"webhook_timestamp": "٣"},
        {"webhook_timestamp": "1e9"},
        {"webhook_timestamp": f"0{int(AT.timestamp())}"},
        {"webhook_timestamp": f"{int(AT.timestamp())}.0"},
        {"webhook_timestamp": "99999999999"},
        {"webhook_timestamp": "9" * 400},
        {"webhook_signature": ""},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1a,AAAA"},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,签"},
        {"webhook_signature": " ".join(["v1,AAAA"] * 5000)},
    ],
)
def test_malformed_headers_are_refused(changed) -> None:
    with pytest.raises(SignatureRefusedError):
        verify(headers(**changed))


def test_random_signatures_are_refused() -> None:
    for _number in range(500):
        guess = base64.b64encode(randomness.token_bytes(32)).decode()
        with pytest.raises(SignatureRefusedError):
            verify(headers(webhook_signature=f"v1,{guess}"))


def test_names_of_headers_may_have_capitals() -> None:
    assert verify({name.title(): value for name, value in headers().items()}) == "msg_1"


def test_body_that_is_not_text_is_refused() -> None:
    with pytest.raises(SignatureRefusedError):
        verify(headers(), b"\xff\xfe")
