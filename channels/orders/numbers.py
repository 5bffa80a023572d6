"""Numbers of orders that people can read out, made without a counter for which all orders would wait."""

import secrets
from datetime import datetime

# Crockford's base 32: no I, L, O or U, which look or sound like others.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number(*, at: datetime, prefix: str = "") -> str:
    """Return a number such as ``261125-7K3M-9QXT``: the day in UTC, and 40 random bits.

    A million numbers on one day clash with a chance of about one in two; the database refuses the second, and whoever
    asked asks again.
    """
    bits = secrets.randbits(40)
    letters = "".join([ALPHABET[bits >> place & 31] for place in range(0, 40, 5)])
    return f"{prefix}{at:%y%m%d}-{letters[:4]}-{letters[4:]}"
