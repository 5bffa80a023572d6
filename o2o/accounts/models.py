"""People and API clients."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractApplication

from o2o.kit.models import BaseModel, uuid7
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


class User(BaseModel, AbstractBaseUser, PermissionsMixin):
    """A person. What they may do is said by their memberships; ``is_staff`` opens the operators' site."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
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

    objects: Any = ScopedManager(merchant="merchant")

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")

    def __str__(self) -> str:
        return self.name
