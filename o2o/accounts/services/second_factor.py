"""The second step of signing in by a code: from an authenticator app, or one of the recovery codes."""

import hmac
import uuid
from datetime import datetime

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.db import connection, transaction

from o2o.accounts.models import User
from o2o.accounts.services.tries import Guard, count_try, forget_tries
from o2o.kit.locks import lock_rows

# A code of the step before or after is taken as well, for clocks that are a little off.
DRIFT_STEPS = 1
USE_STEP = """
UPDATE mfa_authenticator SET data = jsonb_set(data, '{last_step}', to_jsonb(%(step)s::bigint))
WHERE id = %(id)s AND coalesce((data->>'last_step')::bigint, -1) < %(step)s
"""


def use_second_factor(*, user: User, code: str, at: datetime) -> Authenticator | None:
    """Take a code of a person and return what it came from, or None where it is wrong or was taken before.

    Each code works once, also when it arrives many times at once. Counts as a try; raises ``TooManyTriesError``. The
    caller answers in a way that commits the transaction.
    """
    code = "".join(code.split())
    with transaction.atomic():
        count_try(guard=Guard.SECOND_FACTOR, subject=str(user.pk), at=at)
        codes = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.WEBAUTHN)
        for authenticator in lock_rows(codes):
            if _takes(authenticator, code, at):
                forget_tries(guard=Guard.SECOND_FACTOR, subject=str(user.pk))
                return authenticator
    return None


def use_up_current_code(*, authenticator: Authenticator, at: datetime) -> None:
    """Make the code of this moment useless: it was shown to set up the app."""
    _use_step(authenticator.pk, _step(at))


def _takes(authenticator: Authenticator, code: str, at: datetime) -> bool:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return bool(authenticator.wrap().validate_code(code))
    step = _matching_step(decrypt(authenticator.data["secret"]), code, at)
    return step is not None and _use_step(authenticator.pk, step)


def _matching_step(secret: str, code: str, at: datetime) -> int | None:
    now = _step(at)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        expected = format_hotp_value(hotp_value(secret, step))
        if hmac.compare_digest(expected.encode(), code.encode()):
            return step
    return None


def _use_step(authenticator_id: int | uuid.UUID, step: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(USE_STEP, {"id": authenticator_id, "step": step})
        return bool(cursor.rowcount == 1)


def _step(at: datetime) -> int:
    return int(at.timestamp()) // int(app_settings.TOTP_PERIOD)
