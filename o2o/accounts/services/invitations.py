"""Invitations: how people come in, since nobody signs up by themselves."""

import base64
import binascii
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.accounts.models import Invitation, User
from o2o.accounts.services.mail import Letter, queue_mail
from o2o.kit.errors import DomainError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.services import AlreadyStaffError, join_staff, refuse_stronger_role

VALID_FOR = timedelta(days=7)
MERCHANT_BYTES = 16
SECRET_BYTES = 32


class InvitationNotValidError(NotFoundError):
    """The link was mistyped, used, withdrawn or is too old: which of them is not told."""

    code = "invitation_not_valid"
    title = gettext_lazy("This invitation is no longer valid")


class OtherAddressError(DomainError):
    """The invitation was sent to somebody else than who is signed in."""

    code = "invitation_for_other_address"
    status = 403
    title = gettext_lazy("This invitation is for another e-mail address")


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """An invitation and the secret for its link, which is known at this moment and never again."""

    invitation: Invitation
    token: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What somebody without an account says about themselves when they accept."""

    name: str
    password: str
    language: str = ""


def invite_staff(
    *, actor: Actor, email: str, role: Role, location_ids: Collection[uuid.UUID] = (), at: datetime
) -> IssuedInvitation:
    """Invite somebody to the staff of the actor's merchant, in a role, for some stores (none given means all).

    An open invitation to the same address is replaced. Raises ``AlreadyStaffError`` for somebody who works there, and
    ``ForbiddenError`` for a role that may do more than the actor.
    """
    refuse_stronger_role(actor, role)
    return _issue(
        merchant_id=actor.merchant_id,
        email=email,
        role=role,
        location_ids=location_ids,
        invited_by_id=actor.id,
        at=at,
    )


def invite_first_owner(*, merchant: Merchant, email: str, at: datetime) -> IssuedInvitation:
    """Invite the owner of a new merchant, on behalf of the platform."""
    with tenant_transaction(merchant.pk):
        return _issue(merchant_id=merchant.pk, email=email, role=Role.OWNER, location_ids=(), invited_by_id=None, at=at)


def resend_invitation(*, actor: Actor, invitation_id: uuid.UUID, at: datetime) -> IssuedInvitation:
    """Send an invitation that nobody accepted once more; the older link stops working."""
    invitation = Invitation.objects.filter(pk=invitation_id, accepted_at=None).first()
    if invitation is None:
        raise NotFoundError
    return invite_staff(
        actor=actor,
        email=invitation.email,
        role=Role(invitation.role),
        location_ids=invitation.location_ids,
        at=at,
    )


def revoke_invitation(*, invitation_id: uuid.UUID, at: datetime) -> None:
    """Withdraw an open invitation. Raises ``NotFoundError`` where there is none."""
    if not _open().filter(pk=invitation_id).update(revoked_at=at, updated_at=at):
        raise NotFoundError


def mail_invitation(*, issued: IssuedInvitation, site_url: str, at: datetime) -> str:
    """Mail the link, in the language of the merchant, and return it. ``site_url`` is where the console is served."""
    invitation = issued.invitation
    link = site_url.rstrip("/") + reverse("accept_invitation", args=[issued.token])
    with translation.override(invitation.merchant.language):
        context = {"invitation": invitation, "link": link, "merchant": invitation.merchant}
        letter = Letter(
            to=invitation.email,
            subject=" ".join(render_to_string("account/email/invitation_subject.txt", context).split()),
            text=render_to_string("account/email/invitation_message.txt", context).strip(),
        )
    queue_mail(letter=letter, at=at)
    return link


def find_invitation(*, token: str, at: datetime) -> Invitation:
    """Return the invitation that a link opens, with its merchant. Raises ``InvitationNotValidError``."""
    with tenant_transaction(_merchant_of(token)):
        invitation: Invitation | None = _openable(token, at).select_related("merchant").first()
    if invitation is None or not invitation.merchant.is_active:
        raise InvitationNotValidError
    return invitation


def accept_invitation(*, token: str, user: User, at: datetime) -> Membership:
    """Let a signed-in person join the staff, once.

    Raises ``InvitationNotValidError``, or ``OtherAddressError`` where the invitation was sent to an address that the
    person has not shown to be theirs.
    """
    invitation = find_invitation(token=token, at=at)
    if not _owns_address(user, invitation.email):
        raise OtherAddressError(_("Sign out, then open the link again and sign in with the address it was sent to."))
    with tenant_transaction(invitation.merchant_id):
        _take(token, user, at)
        return _joined(invitation, user)


def accept_as_new_person(*, token: str, person: NewPerson, at: datetime) -> tuple[User, Membership]:
    """Open an account for whoever holds the link, and let them join the staff, once.

    The link came by mail, so the address is theirs. Raises ``InvitationNotValidError``, also where the address has an
    account by now: its owner signs in to accept.
    """
    invitation = find_invitation(token=token, at=at)
    with tenant_transaction(invitation.merchant_id):
        if has_account(invitation.email):
            raise InvitationNotValidError
        user = create_person(
            email=invitation.email, name=person.name, password=person.password, language=person.language
        )
        _take(token, user, at)
        return user, _joined(invitation, user)


def create_person(*, email: str, name: str, password: str, language: str = "", is_operator: bool = False) -> User:
    """Create an account whose address is known to be the person's own."""
    user = User.objects.create_user(
        email, password, name=name.strip(), language=language, is_staff=is_operator, is_superuser=is_operator
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def has_account(email: str) -> bool:
    """Say whether somebody has proven this address to be theirs, or signs in with it."""
    return (
        User.objects.filter(email=email.lower()).exists()
        or EmailAddress.objects.filter(email=email.lower(), verified=True).exists()
    )


def _issue(
    *,
    merchant_id: uuid.UUID,
    email: str,
    role: Role,
    location_ids: Collection[uuid.UUID],
    invited_by_id: uuid.UUID | None,
    at: datetime,
) -> IssuedInvitation:
    email = email.strip().lower()
    if Membership.objects.filter(user__email=email, is_active=True).exists():
        raise AlreadyStaffError(_("%(email)s is on the staff already; change their role instead.") % {"email": email})
    # One invites at a time, so that two at once do not meet in the constraint.
    lock_rows(Merchant.objects.filter(pk=merchant_id))
    _open().filter(email=email).update(revoked_at=at, updated_at=at)
    invitation = Invitation(
        merchant_id=merchant_id,
        email=email,
        role=role,
        location_ids=sorted(location_ids),
        invited_by_id=invited_by_id,
        expires_at=at + VALID_FOR,
    )
    token = _new_token(merchant_id)
    invitation.token_checksum = _checksum(token)
    invitation.save(force_insert=True)
    return IssuedInvitation(invitation, token)


def _open() -> QuerySet[Invitation]:
    found: QuerySet[Invitation] = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    return found


def _openable(token: str, at: datetime) -> QuerySet[Invitation]:
    return _open().filter(token_checksum=_checksum(token), expires_at__gt=at)


def _take(token: str, user: User, at: datetime) -> None:
    # Of many who accept at once, one row is updated by one.
    if _openable(token, at).update(accepted_at=at, accepted_by=user, updated_at=at) != 1:
        raise InvitationNotValidError


def _joined(invitation: Invitation, user: User) -> Membership:
    return join_staff(user_id=user.pk, role=Role(invitation.role), location_ids=invitation.location_ids)


def _owns_address(user: User, email: str) -> bool:
    return bool(user.email == email or EmailAddress.objects.filter(user=user, email=email, verified=True).exists())


def _new_token(merchant_id: uuid.UUID) -> str:
    # The merchant is in the link, so that opening it needs no look at all merchants; the secret is what counts.
    return base64.urlsafe_b64encode(merchant_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def _merchant_of(token: str) -> uuid.UUID:
    try:
        content = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvitationNotValidError from error
    if len(content) != MERCHANT_BYTES + SECRET_BYTES:
        raise InvitationNotValidError
    return uuid.UUID(bytes=content[:MERCHANT_BYTES])


def _checksum(token: str) -> str:
    return sha256(token.encode()).hexdigest()
