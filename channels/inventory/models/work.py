"""Transfers and stock counts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.inventory.enums import CountState, TransferState
from channels.stores.models import StockLocation
from o2o.tenancy.models import TenantModel


class TransferOrder(TenantModel):
    """Goods on their way from one location to another: requested → shipped → received."""

    number = models.CharField(_("number"), max_length=30)
    source = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="+", verbose_name=_("from"))
    destination = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="+", verbose_name=_("to"))
    state = models.CharField(_("state"), max_length=10, choices=TransferState.choices, default=TransferState.REQUESTED)
    note = models.CharField(_("note"), max_length=200, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=200, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "number"), name="transfer_one_per_number"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="transfer_between_two"),
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="transfer_known_state"),
        )
        indexes = (
            # serves: the list by state, newest first
            models.Index(fields=("merchant", "state", "-id"), name="transfer_list"),
            models.Index(fields=("source", "-id"), name="transfer_source"),
            models.Index(fields=("destination", "-id"), name="transfer_destination"),
        )

    def __str__(self) -> str:
        return self.number


class TransferLine(TenantModel):
    """A variant of a transfer. What was shipped and neither arrived nor was damaged is missing; more is surplus."""

    transfer = models.ForeignKey(
        TransferOrder, on_delete=models.CASCADE, related_name="lines", verbose_name=_("transfer")
    )
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", verbose_name=_("variant"))
    requested = models.PositiveIntegerField(_("requested"))
    shipped = models.PositiveIntegerField(_("shipped"), null=True, blank=True)
    received = models.PositiveIntegerField(_("received in good state"), null=True, blank=True)
    damaged = models.PositiveIntegerField(_("received damaged"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line of a transfer")
        verbose_name_plural = _("lines of transfers")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "transfer", "variant"), name="transferline_once"),
            models.CheckConstraint(condition=Q(requested__gt=0), name="transferline_of_something"),
        )


class CycleCount(TenantModel):
    """A session in which people count stock at a location: count, recount what differs, review, post."""

    number = models.CharField(_("number"), max_length=30)
    location = models.ForeignKey(
        StockLocation, on_delete=models.PROTECT, related_name="counts", verbose_name=_("location")
    )
    state = models.CharField(_("state"), max_length=10, choices=CountState.choices, default=CountState.OPEN)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    recount_above = models.PositiveIntegerField(
        _("recount above a difference of"), default=0, help_text=_("Units; lines beyond it are counted a second time.")
    )
    opened_by = models.CharField(_("opened by"), max_length=200, blank=True)
    posted_by = models.CharField(_("posted by"), max_length=200, blank=True)
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "number"), name="count_one_per_number"),
            models.CheckConstraint(condition=Q(state__in=CountState.values), name="count_known_state"),
        )
        indexes = (
            # serves: the list by state, newest first
            models.Index(fields=("merchant", "state", "-id"), name="count_list"),
            models.Index(fields=("location", "-id"), name="count_location"),
        )

    def __str__(self) -> str:
        return self.number


class CountLine(TenantModel):
    """A variant that is to be counted.

    ``expected`` is what was on hand at the instant of the last counting, so that the variance stays true although
    goods are sold between counting and posting. ``counted`` and ``recounted`` are what people found; the later counts.
    """

    count = models.ForeignKey(CycleCount, on_delete=models.CASCADE, related_name="lines", verbose_name=_("count"))
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", verbose_name=_("variant"))
    expected = models.IntegerField(_("expected"), null=True, blank=True)
    counted = models.PositiveIntegerField(_("counted"), null=True, blank=True)
    recounted = models.PositiveIntegerField(_("recounted"), null=True, blank=True)
    counted_by = models.CharField(_("counted by"), max_length=200, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    is_accepted = models.BooleanField(_("accepted"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of a count")
        verbose_name_plural = _("lines of counts")
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("merchant", "count", "variant"), name="countline_once"),)

    @property
    def found(self) -> int | None:
        """What was found at last."""
        return self.counted if self.recounted is None else self.recounted

    @property
    def variance(self) -> int | None:
        """What was found beyond what was expected."""
        if self.found is None or self.expected is None:
            return None
        return self.found - self.expected
