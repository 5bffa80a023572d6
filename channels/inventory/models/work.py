"""Transfers and stock counts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.inventory.enums import CountState, TransferState
from channels.stores.models import StockLocation
from o2o.tenancy.models import TenantModel

TIMES = ("shipped_at", "received_at", "returned_at", "cancelled_at")


def _went(state: str, *times: str) -> Q:
    """Return the condition that a transfer in a state has exactly these times."""
    return Q(state=state, **{f"{name}__isnull": name not in times for name in TIMES})


class TransferOrder(TenantModel):
    """Goods on their way from one location to another: requested → shipped → received.

    One that is requested may be cancelled, and one that never arrives is taken back by its source: returned. The
    times that a transfer has are those of the states through which it went.
    """

    number = models.CharField(_("number"), max_length=30)
    source = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="+", verbose_name=_("from"))
    destination = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="+", verbose_name=_("to"))
    state = models.CharField(_("state"), max_length=10, choices=TransferState.choices, default=TransferState.REQUESTED)
    note = models.CharField(_("note"), max_length=200, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=200, blank=True)
    shipped_by = models.CharField(_("shipped by"), max_length=200, blank=True)
    received_by = models.CharField(_("received by"), max_length=200, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    returned_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "number"), name="transfer_one_per_number"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="transfer_between_two"),
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="transfer_known_state"),
            models.CheckConstraint(
                condition=_went("requested")
                | _went("shipped", "shipped_at")
                | _went("received", "shipped_at", "received_at")
                | _went("returned", "shipped_at", "returned_at")
                | _went("cancelled", "cancelled_at"),
                name="transfer_times_fit_state",
            ),
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
    """A variant of a transfer.

    What was shipped and neither arrived, in good state or damaged, nor was taken back by the source is missing; what
    arrived beyond it is surplus. ``damage_reason`` says what is wrong with damaged units.
    """

    transfer = models.ForeignKey(
        TransferOrder, on_delete=models.CASCADE, related_name="lines", verbose_name=_("transfer")
    )
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", verbose_name=_("variant"))
    requested = models.PositiveIntegerField(_("requested"))
    shipped = models.PositiveIntegerField(_("shipped"), null=True, blank=True)
    received = models.PositiveIntegerField(_("received in good state"), null=True, blank=True)
    damaged = models.PositiveIntegerField(_("received damaged"), default=0)
    damage_reason = models.CharField(_("what is damaged"), max_length=200, blank=True)
    returned = models.PositiveIntegerField(_("taken back by the source"), default=0)

    class Meta:
        verbose_name = _("line of a transfer")
        verbose_name_plural = _("lines of transfers")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "transfer", "variant"), name="transferline_once"),
            models.CheckConstraint(condition=Q(requested__gt=0), name="transferline_of_something"),
            models.CheckConstraint(
                condition=Q(shipped__isnull=False) | Q(received=None), name="transferline_shipped_first"
            ),
            models.CheckConstraint(
                condition=Q(damaged=0) | (Q(received__isnull=False) & ~Q(damage_reason="")),
                name="transferline_damage_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(returned=0)
                | Q(received__isnull=False, shipped__gte=F("received") + F("damaged") + F("returned")),
                name="transferline_only_missing_returns",
            ),
        )

    @property
    def difference(self) -> int | None:
        """Units that arrived or came back beyond those shipped; negative where some are missing."""
        if self.shipped is None or self.received is None:
            return None
        return self.received + self.damaged + self.returned - self.shipped


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
    is_asked = models.BooleanField(_("asked for by an order"), default=False, editable=False)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "number"), name="count_one_per_number"),
            models.CheckConstraint(condition=Q(state__in=CountState.values), name="count_known_state"),
            models.CheckConstraint(
                condition=Q(state="posted", posted_at__isnull=False) | (~Q(state="posted") & Q(posted_at=None)),
                name="count_posted_at_a_time",
            ),
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
    ``adjustments_seen`` is how often the level had been adjusted at that instant: who writes goods off afterwards may
    have written off what the count found missing, so that the figure is void.

    While a count is undecided its lines are pending, and a variant has one pending line at a location.
    """

    count = models.ForeignKey(CycleCount, on_delete=models.CASCADE, related_name="lines", verbose_name=_("count"))
    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="+", verbose_name=_("location"))
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", verbose_name=_("variant"))
    expected = models.IntegerField(_("expected"), null=True, blank=True)
    counted = models.PositiveIntegerField(_("counted"), null=True, blank=True)
    recounted = models.PositiveIntegerField(_("recounted"), null=True, blank=True)
    counted_by = models.CharField(_("counted by"), max_length=200, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    adjustments_seen = models.PositiveIntegerField(_("adjustments before the counting"), default=0)
    needs_recount = models.BooleanField(_("must be counted again"), default=False)
    is_accepted = models.BooleanField(_("accepted"), null=True, blank=True)
    is_pending = models.BooleanField(_("undecided"), default=True)

    class Meta:
        verbose_name = _("line of a count")
        verbose_name_plural = _("lines of counts")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "count", "variant"), name="countline_once"),
            models.UniqueConstraint(
                fields=("merchant", "location", "variant"),
                condition=Q(is_pending=True),
                name="countline_one_undecided_per_place",
            ),
            models.CheckConstraint(
                condition=Q(counted=None, recounted=None, expected=None)
                | Q(counted__isnull=False, expected__isnull=False),
                name="countline_figures_belong_together",
            ),
        )

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
