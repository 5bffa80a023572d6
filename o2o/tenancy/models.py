"""Merchants, their staff, and the base of every table that belongs to a merchant."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from o2o.kit.audit import audited
from o2o.kit.models import BaseModel
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import current_merchant_id


@audited()
class Merchant(BaseModel):
    """A business on this installation: the tenant. Its rows are seen by nobody else."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY", help_text=_("ISO 4217 code, such as CNY."))
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True)
    requires_second_factor = models.BooleanField(
        _("second factor required"),
        default=False,
        help_text=_("Staff come in only after they have set up an authenticator app or a passkey."),
    )

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class TenantModel(BaseModel):
    """A row that belongs to one merchant.

    The merchant defaults to the active scope's. Without a scope every read raises ``ScopeError`` and every write
    breaks on the missing merchant. The migration that creates the table adds ``EnableRowLevelSecurity``; unique
    constraints lead with ``merchant``, so that none tells one merchant about another.
    """

    merchant = models.ForeignKey(
        "tenancy.Merchant",
        on_delete=models.PROTECT,
        default=current_merchant_id,
        editable=False,
        related_name="+",
        verbose_name=_("merchant"),
    )

    objects: Any = ScopedManager(merchant="merchant")

    class Meta:
        abstract = True


class TenantDetail(TenantModel):
    """A row that belongs to another row of its merchant, in a table that grows with each order or event.

    No index by merchant, since its lists lead with more than that; and no constraint, since the row that it belongs to
    has one and both are written in one scope. Each would cost every order a dozen writes and checks, the checks on one
    row of the merchant that all of them lock.
    """

    merchant = models.ForeignKey(
        "tenancy.Merchant",
        on_delete=models.PROTECT,
        default=current_merchant_id,
        db_index=False,
        db_constraint=False,
        editable=False,
        related_name="+",
        verbose_name=_("merchant"),
    )

    class Meta:
        abstract = True


@audited()
class Membership(TenantModel):
    """A person's place on the staff of a merchant.

    ``location_ids`` restricts store roles to some stock locations; empty means all of them. They are ids and not
    references because locations live in a package above this one.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    location_ids = ArrayField(models.UUIDField(), default=list, blank=True, verbose_name=_("stores"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "user"), name="membership_one_per_person"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_known_role"),
        )
        # serves: the merchants of a person at sign-in
        indexes = (models.Index(fields=("user", "merchant"), name="membership_user"),)

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"


class ReferenceVersion(models.Model):
    """At what the reference data of a merchant is: the number of the transaction that last changed it."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    version = models.BigIntegerField()

    objects: Any = ScopedManager(merchant="merchant")

    class Meta:
        verbose_name = _("version of the reference data")
        verbose_name_plural = _("versions of the reference data")

    def __str__(self) -> str:
        return str(self.version)
