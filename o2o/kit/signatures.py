"""Standard Webhooks signatures: made for what we send, verified for what we receive."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from o2o.kit.errors import DomainError, InvalidError

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 16
SHORTEST_KEY = 24


class SignatureRefusedError(DomainError):
    """A message was not signed with a secret that we share, or is too old or too new."""

    code = "signature_refused"
    status = 401
    title = _("The signature is not valid")


class UnusableSecretError(InvalidError):
    """A signing secret is empty, too short or not base64."""

    code = "unusable_secret"


def new_secret() -> str:
    """Return a signing secret of 256 random bits, as ``whsec_…``."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def signed_headers(*, message_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Return the three headers of a signed message, with one signature for each secret.

    ``body`` is UTF-8, exactly as it will be sent.
    """
    # The reference library reads the wall-clock fields of a datetime as UTC.
    moment = at.astimezone(UTC)
    signatures = [_webhook(secret).sign(message_id, moment, body.decode()) for secret in secrets]
    if not signatures:
        raise UnusableSecretError(_("There is no secret to sign with."))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def verify_signature(
    *,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[str],
    at: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """Return the id of a message that one of ``secrets`` signed within ``tolerance`` of ``at``.

    All secrets and signatures are compared, each in constant time. Raises ``SignatureRefusedError``, or
    ``UnusableSecretError`` where a secret is empty or too short: an empty one would let anybody sign. Whoever needs
    each message once remembers the id for twice the tolerance.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    candidates = _signatures(given.get("webhook-signature", ""))
    keys = [_webhook(secret) for secret in secrets]
    if not keys:
        raise UnusableSecretError(_("There is no secret to verify with."))
    sent_at = _instant(timestamp)
    # A full stop in the id could move the boundary between id, timestamp and body.
    if not message_id or "." in message_id or not candidates or sent_at is None:
        raise SignatureRefusedError(_("The headers webhook-id, webhook-timestamp and webhook-signature are needed."))
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise SignatureRefusedError(_("The body is not UTF-8.")) from error
    # Compared as text: two texts may decode to the same bytes, and only one of them was sent.
    expected = [key.sign(message_id, sent_at, text) for key in keys]
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in candidates]
    if not any(matches):
        raise SignatureRefusedError(_("No signature fits the body and the secret."))
    if abs(at - sent_at) > tolerance:
        raise SignatureRefusedError(_("The message is too old or too new; check the sender's clock."))
    return message_id


def _webhook(secret: str) -> Webhook:
    try:
        encoded = secret.removeprefix(PREFIX)
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        if len(key) < SHORTEST_KEY:
            raise UnusableSecretError(_("A signing secret has at least 24 bytes, in base64 after “whsec_”."))
        return Webhook(key)
    except (binascii.Error, ValueError, EmptyWebhookSecretError) as error:
        raise UnusableSecretError(_("A signing secret is base64 after “whsec_”.")) from error


def _signatures(header: str) -> list[str]:
    parts = header.split(" ")[:MOST_SIGNATURES]
    return [part for part in parts if part.startswith("v1,") and part.isascii()]


def _instant(timestamp: str) -> datetime | None:
    # Digits only, and no leading zero: "1e9" or "01" would be read as numbers too, but are not what was signed.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11 and timestamp[0] != "0"):
        return None
    return datetime.fromtimestamp(int(timestamp), UTC)
