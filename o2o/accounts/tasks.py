"""Background work about people and clients."""

import structlog
from celery import shared_task
from django.contrib.sessions.models import Session

from o2o.accounts.services.clients import delete_expired_tokens
from o2o.accounts.services.mail import claim_due_mail, send_claimed_mail
from o2o.accounts.services.tries import delete_expired_counts
from o2o.kit import clock

logger = structlog.get_logger(__name__)


@shared_task(name="accounts.send_mail")
def send_mail() -> int:
    """Send the mails that are due; one that fails is due again later. Return how many were sent."""
    sent = 0
    for mail_id in claim_due_mail(at=clock.now()):
        try:
            send_claimed_mail(mail_id=mail_id, at=clock.now())
            sent += 1
        except Exception:
            logger.exception("mail_not_sent", mail_id=str(mail_id))
    return sent


@shared_task(name="accounts.clean_up")
def clean_up() -> None:
    """Delete what has expired: access tokens, counts of tries, sessions."""
    at = clock.now()
    delete_expired_tokens(at=at)
    delete_expired_counts(at=at)
    Session.objects.filter(expire_date__lt=at).delete()
