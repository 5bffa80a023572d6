"""Mail: written down in the transaction that causes it, sent afterwards by a worker, never from a request.

So a slow mail server holds no transaction open, a dead one loses nothing, and asking for a password takes the same
time whether there is an account or not.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F

from o2o.accounts.models import OutgoingMail
from o2o.kit.sealing import seal, unseal

PURPOSE = "accounts.mail"
MOST_TRIES = 8
# While one worker sends, no other tries the same mail.
SENDING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent, to whom."""

    to: str
    subject: str
    text: str
    html: str = ""


def queue_mail(*, letter: Letter, at: datetime) -> OutgoingMail:
    """Write a mail down to be sent as soon as the transaction is committed."""
    content = json.dumps([letter.to, letter.subject, letter.text, letter.html])
    return OutgoingMail.objects.create(sealed=seal(content, purpose=PURPOSE), due_at=at)


def claim_due_mail(*, at: datetime, limit: int = 50) -> Sequence[uuid.UUID]:
    """Reserve mails that are due for one worker; those that were tried too often stay for an operator to look at."""
    with transaction.atomic():
        due = OutgoingMail.objects.filter(due_at__lte=at, tries__lt=MOST_TRIES).order_by("due_at")
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        OutgoingMail.objects.filter(pk__in=ids).update(tries=F("tries") + 1, due_at=at + SENDING)
    return ids


def send_claimed_mail(*, mail_id: uuid.UUID, at: datetime) -> None:
    """Send a claimed mail and delete it. Runs outside a transaction: the mail server may be slow.

    Where the server refuses, the mail is due again after 2, 4, 8 … minutes, and the error passes through.
    """
    mail = OutgoingMail.objects.filter(pk=mail_id).first()
    if mail is None:
        return
    letter = Letter(*json.loads(unseal(mail.sealed, purpose=PURPOSE)))
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.to])
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except Exception:
        OutgoingMail.objects.filter(pk=mail_id).update(due_at=at + timedelta(minutes=2**mail.tries))
        raise
    mail.delete()
