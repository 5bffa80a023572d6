"""People and API clients."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractApplication

from o2o.kit.audit import audited
from o2o.kit.models import BaseModel, uuid7
from o2o.tenancy.enums import Role
from o2o.tenancy.models import TenantModel
from o2o.tenancy.scope import current_merchant_id


class UserManager(BaseUserManager["User"]):
    """Finds people by their e-mail address, whatever its capitals."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password they can only sign in after an invitation or a reset."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a platform operator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail address, whatever its capitals."""
        return self.get(email__iexact=username)


@audited(exclude=("password", "last_login"))
class User(BaseModel, AbstractBaseUser, PermissionsMixin):
    """A person. What they may do is said by their memberships; ``is_staff`` opens the operators' site."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=settings.LANGUAGES)
    is_staff = models.BooleanField(_("platform operator"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = (models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),)

    def __str__(self) -> str:
        return self.name or self.email


@audited(exclude=("client_secret", "last_token_at"))
class ApiClient(AbstractApplication):
    """A program that acts for one merchant, signed in by OAuth 2 client credentials.

    ``scopes`` are the capabilities it was granted, all of them from ``CLIENT_SCOPES``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    merchant = models.ForeignKey(
        "tenancy.Merchant", on_delete=models.CASCADE, default=current_merchant_id, editable=False, related_name="+"
    )
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("permissions"))
    is_active = models.BooleanField(_("active"), default=True)
    last_token_at = models.DateTimeField(_("last token"), null=True, blank=True, editable=False)

    objects: Any = ScopedManager(merchant="merchant")

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    authorization_grant_type=AbstractApplication.GRANT_CLIENT_CREDENTIALS,
                    client_type=AbstractApplication.CLIENT_CONFIDENTIAL,
                    hash_client_secret=True,
                    redirect_uris="",
                ),
                name="api_client_credentials_only",
            ),
        )
        # serves: the clients of a merchant, newest first
        indexes = (models.Index(fields=("merchant", "-id"), name="api_client_newest"),)

    def __str__(self) -> str:
        return self.name

    def is_usable(self, request: Any) -> bool:
        """Say whether tokens are given out to the client (asked by the OAuth library)."""
        return self.is_active and self.merchant.is_active


@audited(exclude=("token_checksum",))
class Invitation(TenantModel):
    """An offer to join a merchant's staff, sent to one address, taken once.

    The link holds a secret of which only the checksum is kept. An invitation is pending until it is accepted, revoked
    or past ``expires_at``; one per address can be open at a time.
    """

    email = models.EmailField(_("e-mail address"), max_length=254)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    location_ids = ArrayField(models.UUIDField(), default=list, blank=True, verbose_name=_("stores"))
    token_checksum = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("invited by")
    )
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "email"),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_open_per_address",
            ),
            models.UniqueConstraint(fields=("merchant", "token_checksum"), name="invitation_token"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_lower_case"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_known_role"),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(revoked_at__isnull=True),
                name="invitation_accepted_or_revoked",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} – {self.get_role_display()}"


class TryCount(models.Model):
    """How often a secret was guessed at, counted where all processes see it.

    ``key`` is a checksum of what is guarded.
    """

    key = models.CharField(primary_key=True, max_length=64, editable=False)
    tries = models.PositiveIntegerField(editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)

    class Meta:
        verbose_name = _("count of tries")
        verbose_name_plural = _("counts of tries")


class OutgoingMail(BaseModel):
    """A mail that waits to be sent, and is deleted once it is.

    Address and text are sealed: they hold links that open accounts.
    """

    sealed = models.TextField(editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        # serves: what is due, oldest first
        indexes = (models.Index(fields=("due_at",), name="outgoing_mail_due"),)
