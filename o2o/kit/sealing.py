"""Secrets at rest: sealed with a key that only the application's settings hold.

A copy of the database alone then opens nothing. The key is derived from ``SECRET_KEY``; after a rotation the old
one in ``SECRET_KEY_FALLBACKS`` still opens what it sealed.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import UnavailableError


class SealBrokenError(UnavailableError):
    """A sealed secret cannot be opened with the keys of this installation."""

    code = "seal_broken"
    title = _("A stored secret cannot be read")


def seal(secret: str, *, purpose: str) -> str:
    """Encrypt and authenticate a secret; ``purpose`` must be the same when it is opened."""
    return seal_bytes(secret.encode(), purpose=purpose).decode("ascii")


def unseal(sealed: str, *, purpose: str) -> str:
    """Return the secret, or raise ``SealBrokenError`` where it was altered or no known key opens it."""
    return unseal_bytes(sealed.encode(), purpose=purpose).decode()


def seal_bytes(content: bytes, *, purpose: str) -> bytes:
    """Encrypt and authenticate bytes, as ``seal`` does."""
    return _fernet(purpose).encrypt(content)


def unseal_bytes(sealed: bytes, *, purpose: str) -> bytes:
    """Return the bytes that ``seal_bytes`` got, or raise ``SealBrokenError``."""
    try:
        return _fernet(purpose).decrypt(sealed)
    except InvalidToken as error:
        raise SealBrokenError(
            _("Add the SECRET_KEY under which it was stored to SECRET_KEY_FALLBACKS, or make a new secret.")
        ) from error


def _fernet(purpose: str) -> MultiFernet:
    return _keys((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), purpose)


@lru_cache(maxsize=32)
def _keys(masters: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(master, purpose)) for master in masters])


def _derived(master: str, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=b"o2o.kit.sealing", info=purpose.encode())
    return base64.urlsafe_b64encode(derivation.derive(master.encode()))
