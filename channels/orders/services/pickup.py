"""Codes for pickups: shown once to the customer, counted once in the store.

A code is 12 letters of Crockford's base 32 (60 random bits, with a check letter), and as a QR code a token that also
names the fulfilment and is signed, so that a store can tell a forged one without asking.
"""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.models import PickupCode
from channels.orders.numbers import ALPHABET
from o2o.kit.errors import DomainError

LETTERS = 11
MOST_TRIES = 5
PREFIX = "o2o-pickup"


class WrongCodeError(DomainError):
    """The code does not open this pickup; no word about why, so that nothing can be learned by trying."""

    code = "wrong_pickup_code"
    status = 422
    title = gettext_lazy("The pickup code is not right")


class TooManyTriesError(DomainError):
    """The pickup was tried with too many wrong codes."""

    code = "too_many_pickup_tries"
    status = 429
    title = gettext_lazy("Too many wrong pickup codes")


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code, and the token for its QR code; both are shown this once."""

    code: str = field(repr=False)
    token: str = field(repr=False)


def issue_pickup_code(*, fulfillment_id: uuid.UUID, at: datetime) -> IssuedCode:
    """Make a code for a pickup. One that was made before counts no more; wrong tries go on counting."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(LETTERS))
    code = letters + check_letter(letters)
    PickupCode.objects.update_or_create(
        fulfillment_id=fulfillment_id, defaults={"code_hash": _hash(fulfillment_id, code), "used_at": None}
    )
    return IssuedCode("-".join((code[:4], code[4:8], code[8:])), token_of(fulfillment_id, code))


def use_pickup_code(*, fulfillment_id: uuid.UUID, code: str, at: datetime) -> None:
    """Use up the code of a pickup, whose fulfilment is locked. Raises ``WrongCodeError`` or ``TooManyTriesError``.

    A wrong code is counted by ``count_wrong_code``, which the caller runs outside what is undone.
    """
    row = PickupCode.objects.filter(fulfillment_id=fulfillment_id).first()
    if row is not None and row.tries >= MOST_TRIES:
        raise TooManyTriesError(_("Five wrong codes were tried; a manager can hand the goods over with a reason."))
    plain = _plain(fulfillment_id, code)
    hashes = [_hash(fulfillment_id, plain, key) for key in _keys()]
    if row is None or row.used_at is not None or not any(hmac.compare_digest(row.code_hash, one) for one in hashes):
        raise WrongCodeError(_("This code does not open this pickup. Check the code and the order."))
    if not PickupCode.objects.filter(pk=row.pk, used_at=None).update(used_at=at, updated_at=at):
        raise WrongCodeError(_("This code does not open this pickup. Check the code and the order."))


def count_wrong_code(*, fulfillment_id: uuid.UUID) -> None:
    """Count a wrong try, whoever else tries at the same time."""
    PickupCode.objects.filter(fulfillment_id=fulfillment_id).update(tries=F("tries") + 1)


def token_of(fulfillment_id: uuid.UUID, code: str) -> str:
    """Return the content of the QR code: what it is, which fulfilment, the code, and a signature over the three."""
    body = f"{PREFIX}.{fulfillment_id.hex}.{code}"
    return f"{body}.{_signature(body)}"


def check_letter(letters: str) -> str:
    """Return the letter that completes a code: the position-weighted sum of the others, modulo 32."""
    return ALPHABET[sum((place + 1) * ALPHABET.index(letter) for place, letter in enumerate(letters)) % 32]


def _plain(fulfillment_id: uuid.UUID, text: str) -> str:
    """Return the bare code of what was typed or scanned; what cannot be one becomes nothing."""
    parts = text.strip().split(".")
    if len(parts) == 4 and parts[0] == PREFIX:
        body = ".".join(parts[:3])
        is_signed = any(hmac.compare_digest(_signature(body, key), parts[3]) for key in _keys())
        is_genuine = is_signed and parts[1] == fulfillment_id.hex
        return parts[2] if is_genuine else ""
    # As people read aloud and write: no hyphens, small letters, O for 0, I and L for 1.
    return text.strip().upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))


def _keys() -> list[str]:
    """Return the secrets of the installation, the present one first; a code outlives a rotation."""
    return [settings.SECRET_KEY, *(str(key) for key in settings.SECRET_KEY_FALLBACKS)]


def _signature(body: str, key: str = "") -> str:
    secret = (key or settings.SECRET_KEY).encode()
    return hmac.new(secret, f"orders.pickup|{body}".encode(), hashlib.sha256).hexdigest()[:32]


def _hash(fulfillment_id: uuid.UUID, code: str, key: str = "") -> str:
    secret = (key or settings.SECRET_KEY).encode()
    return hmac.new(secret, f"{fulfillment_id}|{code}".encode(), hashlib.sha256).hexdigest()
