"""How each channel lists a variant."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.models.products import Variant
from channels.stores.models import SalesChannel
from o2o.kit.audit import audited
from o2o.kit.fields import AmountField
from o2o.tenancy.models import TenantModel


@audited()
class ChannelListing(TenantModel):
    """How a channel offers a variant: price, visibility and text of its own.

    ``price`` and ``compare_at_price`` are those in force when a price last changed, in ``currency``; the truth at any
    instant is in the price intervals (``channels.catalog.selectors.prices``). Empty text means that of the product.
    A listing whose first price waits for approval (``awaits_price``) has no interval, and is hidden until it has one.
    """

    channel = models.ForeignKey(
        SalesChannel, on_delete=models.PROTECT, related_name="listings", verbose_name=_("channel")
    )
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="listings", verbose_name=_("variant"))
    external_id = models.CharField(_("id in the channel"), max_length=100, blank=True)
    price = AmountField(_("price"))
    compare_at_price = AmountField(_("compare-at price"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    is_visible = models.BooleanField(_("visible"), default=True)
    awaits_price = models.BooleanField(_("waits for its first price"), default=False, editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "channel", "variant"), name="listing_once"),
            models.UniqueConstraint(
                fields=("merchant", "channel", "external_id"), condition=~Q(external_id=""), name="listing_one_per_id"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="listing_price_not_negative"),
            models.CheckConstraint(
                condition=Q(awaits_price=False) | Q(is_visible=False), name="listing_hidden_without_price"
            ),
        )
        # serves: the listings of a variant, and the foreign key
        indexes = (models.Index(fields=("variant", "channel"), name="listing_variant"),)

    def __str__(self) -> str:
        return f"{self.variant} · {self.channel}"
