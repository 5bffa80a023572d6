"""What happens when something happened elsewhere."""

from hashlib import sha256
from typing import Any

import structlog
from allauth.account.signals import password_reset
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from axes.utils import reset
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models.signals import post_save
from django.http import HttpRequest

from o2o.accounts.models import OutgoingMail, User
from o2o.accounts.selectors import SESSION_MERCHANT, chosen_merchant_id
from o2o.accounts.services.second_factor import use_up_current_code
from o2o.accounts.tasks import send_mail
from o2o.kit import clock
from o2o.tenancy.selectors import memberships_of

logger = structlog.get_logger(__name__)


def ring_for_mail(*, created: bool, **_: Any) -> None:
    """Wake a worker when a mail was written down; where the bell does not ring, the next beat finds the mail."""
    if created:
        transaction.on_commit(send_mail.delay, robust=True)


def begin_session(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Choose the merchant of somebody who works for one, when they sign in."""
    memberships = memberships_of(user_id=user.pk)
    if chosen_merchant_id(request) not in {membership.merchant_id for membership in memberships}:
        request.session.pop(SESSION_MERCHANT, None)
    if len(memberships) == 1:
        request.session[SESSION_MERCHANT] = str(memberships[0].merchant_id)


def use_up_shown_code(*, instance: Authenticator, created: bool, **_: Any) -> None:
    """Let the code with which an app was set up not sign anybody in."""
    if created and instance.type == Authenticator.Type.TOTP:
        use_up_current_code(authenticator=instance, at=clock.now())


def note_lockout(*, username: str, ip_address: str, **_: Any) -> None:
    """Tell the log that somebody was locked out, by a mark of the account and not by its name."""
    logger.warning("locked_out", account=sha256(username.encode()).hexdigest()[:12], address=ip_address)


def open_lock(*, user: User, **_: Any) -> None:
    """Let somebody in again who proved by mail who they are and chose a new password."""
    reset(username=user.email)


def connect() -> None:
    """Connect the receivers, once."""
    post_save.connect(ring_for_mail, sender=OutgoingMail, dispatch_uid="accounts.ring_for_mail")
    user_logged_in.connect(begin_session, dispatch_uid="accounts.begin_session")
    password_reset.connect(open_lock, dispatch_uid="accounts.open_lock")
    user_locked_out.connect(note_lockout, dispatch_uid="accounts.note_lockout")
    post_save.connect(use_up_shown_code, sender=Authenticator, dispatch_uid="accounts.use_up_shown_code")
