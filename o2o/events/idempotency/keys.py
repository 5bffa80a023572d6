"""The ``Idempotency-Key`` header and the fingerprint of a request."""

import hashlib
import re

from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import DomainError

HEADER = "Idempotency-Key"
# One to 255 visible ASCII characters, without quotes, commas and semicolons of structured fields.
VALID_KEY = re.compile(r"[!#-+\--:<-~]{1,255}")


class KeyRequiredError(DomainError):
    """A ``POST`` came without an idempotency key."""

    code = "idempotency_key_required"
    status = 400
    title = _("An Idempotency-Key is needed")


class InvalidKeyError(DomainError):
    """The idempotency key is empty, too long or holds other characters."""

    code = "idempotency_key_invalid"
    status = 400
    title = _("The Idempotency-Key is not valid")


def parse_key(header: str | None) -> str | None:
    """Return the key of an ``Idempotency-Key`` header, bare or as a quoted string; None where there is no header.

    Raises ``InvalidKeyError``.
    """
    if header is None:
        return None
    text = header.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not VALID_KEY.fullmatch(text):
        raise InvalidKeyError(
            _("Idempotency-Key takes 1 to 255 visible ASCII characters, none of them a quote, comma or semicolon.")
        )
    return text


def fingerprint(*, method: str, path: str, query: str, body: bytes) -> bytes:
    """Return the SHA-256 over what makes two requests the same: method, path, query and the bytes of the body."""
    digest = hashlib.sha256()
    for part in (method.encode(), path.encode(), query.encode()):
        digest.update(len(part).to_bytes(4, "big") + part)
    digest.update(body)
    return digest.digest()
