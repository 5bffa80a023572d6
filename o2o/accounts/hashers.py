"""How the secrets of API clients are stored."""

import hashlib
import hmac
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher
from django.utils.translation import gettext_noop as _


class RandomSecretHasher(BasePasswordHasher):
    """Salted SHA-256, for secrets of 128 random characters that we made ourselves.

    A slow hash buys time against guessing what people choose. Nobody guesses 700 random bits, and a token endpoint
    that takes 50 ms and 100 MB per call is a way to bring the installation down.
    """

    algorithm = "random_secret"

    def encode(self, password: str, salt: str) -> str:
        """Return ``random_secret$<salt>$<digest>``."""
        self._check_encode_args(password, salt)  # type: ignore[attr-defined]
        digest = hashlib.sha256(f"{salt}${password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, Any]:
        """Take an encoded secret apart."""
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest, "work_factor": None}

    def verify(self, password: str, encoded: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """Describe without telling."""
        return {_("algorithm"): self.algorithm}

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to harden: there is one round."""
