"""Prices in time: recurring ones, the history of all of them, and those that wait for approval."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.enums import PriceChangeState, PriceLayer
from channels.catalog.models.listings import ChannelListing
from o2o.kit.audit import audited
from o2o.kit.fields import AmountField
from o2o.tenancy.models import TenantModel

# A recurring price runs for a day at most, and the day on which the clocks go back has 25 hours. Whoever looks for the
# one that covers an instant need not look further back.
LONGEST_WINDOW = timedelta(hours=26)


@audited()
class PriceCycle(TenantModel):
    """A price that comes back: on some weekdays, between two hours, within a stretch of dates.

    It is unrolled into price intervals up to ``unrolled_until``. Hours are local to ``time_zone``; a window that
    ends before it begins runs past midnight. Without weekdays it is every day. One that is held for approval is not
    unrolled.
    """

    listing = models.ForeignKey(
        ChannelListing, on_delete=models.CASCADE, related_name="price_cycles", verbose_name=_("listing")
    )
    name = models.CharField(_("name"), max_length=100)
    price = AmountField(_("price"))
    compare_at_price = AmountField(_("compare-at price"), null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("weekdays"))
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("until"))
    time_zone = models.CharField(_("time zone"), max_length=64)
    valid_from = models.DateField(_("first day"))
    valid_until = models.DateField(_("last day"), null=True, blank=True)
    is_held = models.BooleanField(_("waits for approval"), default=False, editable=False)
    unrolled_until = models.DateField(editable=False, null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("recurring price")
        verbose_name_plural = _("recurring prices")
        ordering = ("pk",)
        constraints = (models.CheckConstraint(condition=Q(price__gte=0), name="pricecycle_not_negative"),)
        # serves: the cycles that must be unrolled further
        indexes = (models.Index(fields=("unrolled_until",), name="pricecycle_due", condition=Q(ended_at=None)),)

    def __str__(self) -> str:
        return self.name


class PriceInterval(TenantModel):
    """A price of a listing for a stretch of time. The table is append-only: it is the history of prices.

    At an instant the interval of the highest ``layer`` that covers it counts, in a layer the one that began last, and
    of two that began together the one recorded last (the greatest id). One that was withdrawn before the instant does
    not count. ``valid_until`` is excluded; None means without end. ``is_approved`` says that the alarm had held it.
    """

    updated_at = None  # type: ignore[assignment]
    listing = models.ForeignKey(
        ChannelListing, on_delete=models.PROTECT, related_name="price_intervals", verbose_name=_("listing")
    )
    layer = models.PositiveSmallIntegerField(_("layer"), choices=PriceLayer.choices)
    price = AmountField(_("price"))
    compare_at_price = AmountField(_("compare-at price"), null=True, blank=True)
    valid_from = models.DateTimeField(_("from"))
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    cycle = models.ForeignKey(
        PriceCycle, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recurring price")
    )
    is_approved = models.BooleanField(_("approved by a colleague"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("price interval")
        verbose_name_plural = _("price intervals")
        constraints = (
            models.CheckConstraint(condition=Q(price__gte=0), name="priceinterval_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="priceinterval_not_empty"
            ),
            models.CheckConstraint(condition=Q(layer__in=PriceLayer.values), name="priceinterval_known_layer"),
            models.CheckConstraint(
                condition=~Q(layer=PriceLayer.CYCLIC)
                | Q(valid_until__isnull=False, valid_until__lte=F("valid_from") + models.Value(LONGEST_WINDOW)),
                name="priceinterval_cyclic_is_short",
            ),
        )
        indexes = (
            # serves: the price of a listing at an instant, read from the winner of each layer downwards
            models.Index(
                fields=("listing", "layer", "-valid_from", "-id"),
                name="priceinterval_in_layer",
                include=("valid_until",),
            ),
            # serves: the listings whose price begins or ends in a stretch of time
            models.Index(fields=("valid_from",), name="priceinterval_begin"),
            models.Index(fields=("valid_until",), name="priceinterval_end", condition=Q(valid_until__isnull=False)),
        )


class PriceWithdrawal(TenantModel):
    """That an interval no longer counts from ``withdrawn_at`` on; before that it stays in the history."""

    updated_at = None  # type: ignore[assignment]
    interval = models.OneToOneField(
        PriceInterval, on_delete=models.PROTECT, related_name="withdrawal", verbose_name=_("price interval")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("withdrawn price")
        verbose_name_plural = _("withdrawn prices")


@audited()
class PriceChangeRequest(TenantModel):
    """A change of price that looked wrong and waits until somebody else approves or refuses it, or until it expires.

    ``evidence`` holds the figures of the alarm: the log ratio of the move, median and spread of the moves before,
    and the robust z that they give. ``cycle`` is the recurring price that is held; ``makes_visible`` says that a
    listing without a price is to be seen once it has this one. ``requester_id`` is that of the person or program.
    """

    listing = models.ForeignKey(
        ChannelListing, on_delete=models.CASCADE, related_name="price_requests", verbose_name=_("listing")
    )
    layer = models.PositiveSmallIntegerField(_("layer"), choices=PriceLayer.choices)
    price = AmountField(_("price"))
    compare_at_price = AmountField(_("compare-at price"), null=True, blank=True)
    old_price = AmountField(_("present price"))
    valid_from = models.DateTimeField(_("from"))
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=PriceChangeState.choices, default=PriceChangeState.HELD)
    cycle = models.ForeignKey(
        PriceCycle, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("recurring price")
    )
    makes_visible = models.BooleanField(default=False, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    requester_id = models.UUIDField(null=True, editable=False)
    requested_by = models.CharField(_("requested by"), max_length=200, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=200, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("held price change")
        verbose_name_plural = _("held price changes")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=PriceChangeState.values), name="pricerequest_known_state"),
            models.CheckConstraint(
                condition=Q(state=PriceChangeState.HELD, settled_at=None)
                | (~Q(state=PriceChangeState.HELD) & Q(settled_at__isnull=False)),
                name="pricerequest_settled_once",
            ),
        )
        indexes = (
            # serves: what waits for approval
            models.Index(fields=("merchant", "-id"), name="pricerequest_held", condition=Q(state="held")),
            # serves: what has waited too long
            models.Index(fields=("expires_at",), name="pricerequest_expiring", condition=Q(state="held")),
        )

    def __str__(self) -> str:
        change = f"{self.old_price.normalize():f} → {self.price.normalize():f}"
        return f"{self.listing.variant.sku} · {self.listing.channel.name}: {change}"


class PriceClock(TenantModel):
    """Up to which instant the prices of the merchant were put into force by the clock."""

    published_until = models.DateTimeField(_("published until"))

    class Meta:
        verbose_name = _("clock of prices")
        verbose_name_plural = _("clocks of prices")
        constraints = (models.UniqueConstraint(fields=("merchant",), name="priceclock_one_per_merchant"),)
