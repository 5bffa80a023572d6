"""The code with which a customer fetches an order."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.orders.models.fulfillment import FulfillmentOrder
from o2o.kit.models import uuid7
from o2o.tenancy.models import TenantModel

MOST_WRONG_TRIES = 5


class PickupCode(TenantModel):
    """What proves that somebody may fetch a fulfilment: used once, and never stored in the clear.

    ``digest`` is that of the short code, keyed with the installation's secret. ``serial`` is in the signed token and
    changes with each issue, which ends all older codes and tokens. ``wrong_tries`` counts over all issues; at
    ``MOST_WRONG_TRIES`` only a manager can hand over.
    """

    fulfillment = models.OneToOneField(
        FulfillmentOrder, on_delete=models.CASCADE, related_name="pickup_code", verbose_name=_("fulfilment")
    )
    digest = models.CharField(max_length=64, editable=False)
    serial = models.UUIDField(default=uuid7, editable=False)
    wrong_tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    issued_at = models.DateTimeField(_("issued at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("pickup code")
        verbose_name_plural = _("pickup codes")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(wrong_tries__lte=MOST_WRONG_TRIES), name="pickupcode_tries_limited"),
        )
