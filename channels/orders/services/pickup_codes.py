"""Codes with which customers fetch their orders: issued, checked, used once.

The short code is six random symbols of Crockford's base 32 and his check symbol
(https://www.crockford.com/base32.html): 30 bits, which five tries in all do not guess. The token is for a QR code: it
names the fulfilment and the issue, signed with the installation's key.
"""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.enums import FulfillmentState
from channels.orders.models import PickupCode
from channels.orders.models.pickup import MOST_WRONG_TRIES
from channels.orders.services.transitions import Step, get_fulfillment, lock_order_of, refusal
from channels.stores.enums import FulfillmentMethod
from o2o.kit.errors import DomainError, InvalidError
from o2o.kit.models import uuid7

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS = SYMBOLS + "*~$=U"
LENGTH = 6
SALT = "channels.orders.pickup"
# What people read wrongly, and what they put between the symbols.
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class PickupRefusedError(DomainError):
    """A pickup was not handed over: the code is wrong, old or used, or there were too many wrong tries.

    Which of these it was is not told, so that nobody can try out codes.
    """

    code = "pickup_refused"
    status = 422
    title = gettext_lazy("The pickup code was refused")


@dataclass(frozen=True, slots=True)
class IssuedPickupCode:
    """A new code, in the clear this once: ``code`` to read out or type, ``token`` for a QR code."""

    fulfillment_id: uuid.UUID
    code: str = field(repr=False)
    token: str = field(repr=False)
    pickup_by: datetime | None


def issue_pickup_code(*, fulfillment_id: uuid.UUID, at: datetime) -> IssuedPickupCode:
    """Make a new code for a pickup that is ready; older ones of it end. Wrong tries are not forgotten.

    Raises ``FulfillmentStateError`` or ``NotFoundError``.
    """
    with transaction.atomic():
        lock_order_of(fulfillment_id)
        fulfillment = get_fulfillment(fulfillment_id)
        if fulfillment.state != FulfillmentState.READY or fulfillment.method != FulfillmentMethod.PICKUP:
            raise refusal(Step.HAND_OVER, fulfillment)
        code, serial = _new_code(), uuid7()
        issue = {"digest": _digests(fulfillment_id, code)[0], "serial": serial, "issued_at": at}
        PickupCode.objects.update_or_create(fulfillment=fulfillment, defaults=issue)
        return IssuedPickupCode(
            fulfillment_id=fulfillment_id,
            code=f"{code[:3]}-{code[3:]}",
            token=_signer().sign(f"{fulfillment_id.hex}.{serial.hex}"),
            pickup_by=fulfillment.pickup_by,
        )


def use_pickup_code(*, fulfillment_id: uuid.UUID, code: str, at: datetime) -> PickupRefusedError | None:
    """Use up the code of a pickup, or count a wrong try and **return** the refusal.

    It is returned because an error would undo the count with the transaction. Raises ``InvalidError``, uncounted, for
    a short code with a wrong check symbol: it was mistyped, and tells nobody anything.
    """
    given = _as_token(fulfillment_id, code) if ":" in code else _as_code(fulfillment_id, code)
    usable = PickupCode.objects.filter(fulfillment_id=fulfillment_id, used_at=None, wrong_tries__lt=MOST_WRONG_TRIES)
    if usable.filter(given).update(used_at=at, updated_at=at):
        return None
    usable.update(wrong_tries=F("wrong_tries") + 1, updated_at=at)
    return PickupRefusedError(
        _("The code does not fit this order, or too many were tried. Ask for the newest code, or let a manager decide.")
    )


def check_symbol(symbols: str) -> str:
    """Return Crockford's check symbol of a number in base 32: its remainder by 37."""
    value = 0
    for symbol in symbols:
        value = value * 32 + SYMBOLS.index(symbol)
    return CHECK_SYMBOLS[value % 37]


def _new_code() -> str:
    while True:
        symbols = "".join(secrets.choice(SYMBOLS) for _position in range(LENGTH))
        # The other five check symbols are hard to read out and to find on a keyboard.
        if (check := check_symbol(symbols)) in SYMBOLS:
            return symbols + check


def _as_code(fulfillment_id: uuid.UUID, code: str) -> Q:
    typed = code.strip().upper().translate(READ_AS)
    symbols, check = typed[:-1], typed[-1:]
    is_well_formed = len(symbols) == LENGTH and set(symbols) <= set(SYMBOLS)
    if not is_well_formed or check_symbol(symbols) != check:
        raise InvalidError(
            _("“%(code)s” is mistyped: a pickup code has seven symbols, of which the last checks the others.")
            % {"code": code},
            field="code",
        )
    return Q(digest__in=_digests(fulfillment_id, typed))


def _as_token(fulfillment_id: uuid.UUID, token: str) -> Q:
    try:
        named, _dot, serial = _signer().unsign(token.strip()).partition(".")
        is_this = uuid.UUID(named) == fulfillment_id
        return Q(serial=uuid.UUID(serial)) if is_this else Q(pk__in=())
    except (BadSignature, ValueError):
        return Q(pk__in=())


def _signer() -> Signer:
    return Signer(salt=SALT, algorithm="sha256")


def _digests(fulfillment_id: uuid.UUID, code: str) -> list[str]:
    """Return the digests of a code under the present key and under those before it."""
    text = f"{fulfillment_id.hex}:{code}"
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac(SALT, text, secret=key, algorithm="sha256").hexdigest() for key in keys]
