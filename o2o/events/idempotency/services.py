"""Claiming a key, keeping the answer, and forgetting it again.

Claim, effect and stored answer are one transaction. A claim is an advisory lock that dies with its transaction, so
that a killed process leaves nothing behind and nothing needs to be cleaned up; the row of the answer becomes visible
together with the effect. See ``docs/decisions/0005-idempotency-in-one-transaction.md``.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection
from django.utils.translation import gettext_lazy as _

from o2o.events.idempotency.models import StoredAnswer
from o2o.kit.errors import DomainError
from o2o.kit.locks import sqlstate
from o2o.kit.sealing import SealBrokenError, seal_bytes, unseal_bytes
from o2o.tenancy.scope import platform_transaction

KEPT_FOR = timedelta(hours=48)
UNIQUE_VIOLATION = "23505"
PURPOSE = "idempotency"


class InFlightError(DomainError):
    """The first request with this key is still being worked on."""

    code = "idempotency_in_flight"
    status = 409
    title = _("The first request with this key is still running")


class KeyReusedError(DomainError):
    """The key was used for a different request."""

    code = "idempotency_key_reused"
    status = 422
    title = _("This Idempotency-Key belongs to another request")


class AnswerLostError(DomainError):
    """The write happened, but its answer can no longer be read."""

    code = "idempotency_answer_lost"
    status = 409
    title = _("The request was fulfilled before")


@dataclass(frozen=True, slots=True)
class Claim:
    """One actor's key for one request, in the scope of the merchant."""

    merchant_id: uuid.UUID
    actor_id: uuid.UUID
    key: str
    fingerprint: bytes

    @property
    def lock_number(self) -> int:
        """The 64-bit number of the advisory lock; two claims that share one by chance only wait for each other."""
        whole = self.merchant_id.bytes + self.actor_id.bytes + self.key.encode()
        digest = hashlib.blake2b(whole, digest_size=8, person=b"o2o.idempotency").digest()
        return int.from_bytes(digest, "big", signed=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, to the byte."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def claim_key(*, claim: Claim, at: datetime) -> Answer | None:
    """Take the key for this transaction; return the answer that it got before, or None where the work is to be done.

    Call it in the transaction that does the work. Raises ``InFlightError`` while another transaction holds the
    key, ``KeyReusedError`` where it was used for another request.
    """
    # Two statements: the second one's snapshot must be younger than the lock, or it would miss the row that the
    # holder before us committed.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [claim.lock_number])
        if not cursor.fetchone()[0]:
            raise _in_flight()
    stored = StoredAnswer.objects.filter(actor_id=claim.actor_id, key=claim.key).first()
    if stored is None:
        return None
    if stored.expires_at <= at:
        stored.delete()
        return None
    return _opened(stored, claim)


def store_answer(*, claim: Claim, answer: Answer, at: datetime) -> None:
    """Keep the answer for 48 hours, to be committed together with the effect. Raises ``InFlightError`` on a clash."""
    try:
        StoredAnswer.objects.create(
            merchant_id=claim.merchant_id,
            actor_id=claim.actor_id,
            key=claim.key,
            fingerprint=claim.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            body=seal_bytes(answer.body, purpose=PURPOSE),
            expires_at=at + KEPT_FOR,
        )
    except IntegrityError as error:
        # The lock makes this impossible; the constraint is there for the day on which it does not. The transaction
        # is broken now, and the error takes the effect back with it.
        if sqlstate(error) == UNIQUE_VIOLATION:
            raise _in_flight() from error
        raise


def purge_answers(*, at: datetime, batch: int = 1_000, most_batches: int = 200) -> int:
    """Delete expired answers of all merchants, oldest first, a transaction per batch; return how many went."""
    purged = 0
    for _number in range(most_batches):
        with platform_transaction():
            oldest = StoredAnswer.objects.filter(expires_at__lte=at).order_by("expires_at")
            keys = list(oldest.select_for_update(skip_locked=True).values_list("pk", flat=True)[:batch])
            count, _per_model = StoredAnswer.objects.filter(pk__in=keys).delete()
        purged += count
        if len(keys) < batch:
            break
    return purged


def _in_flight() -> InFlightError:
    return InFlightError(_("Wait for it, then send the same request again to get its answer."), retry_after=1)


def _opened(stored: StoredAnswer, claim: Claim) -> Answer:
    if bytes(stored.fingerprint) != claim.fingerprint:
        raise KeyReusedError(_("Use a new Idempotency-Key, or send exactly the same request again."))
    try:
        body = unseal_bytes(bytes(stored.body), purpose=PURPOSE)
    except SealBrokenError as error:
        raise AnswerLostError(
            _("Its answer was sealed under an older secret. Read the resource to see what became of it.")
        ) from error
    return Answer(stored.status, body, stored.headers)
