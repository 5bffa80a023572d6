"""One stock for all channels. Quantities are whole units of the variant."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.inventory.enums import (
    AllocationState,
    HoldState,
    MovementKind,
    MovementReason,
)
from channels.stores.models import SalesChannel, StockLocation
from o2o.tenancy.models import TenantDetail, TenantModel

# What moves stock otherwise than orders do.
RARE_KINDS = ("received", "adjusted", "transferred", "returned", "released")
RARE_REASONS = tuple(reason for reason in MovementReason.values if reason != MovementReason.SALE)


class StockLevel(TenantModel):
    """The stock of a variant at a location.

    ``on_hand`` and ``allocated`` are written by the database alone, when movements are inserted, and equal their
    sums. ``held`` counts the holds that have not ended, also those that have expired and were not swept yet; readers
    leave these out. While ``sold_out_until`` lies ahead, nothing of it can be promised.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="levels", verbose_name=_("variant"))
    location = models.ForeignKey(
        StockLocation, on_delete=models.PROTECT, db_index=False, related_name="levels", verbose_name=_("location")
    )
    on_hand = models.IntegerField(_("on hand"), default=0, editable=False)
    allocated = models.IntegerField(_("allocated"), default=0, editable=False)
    held = models.IntegerField(_("held"), default=0, editable=False)
    safety_stock = models.PositiveIntegerField(_("safety stock"), default=0)
    allows_backorder = models.BooleanField(_("may be sold beyond stock"), default=False, editable=False)
    sold_out_until = models.DateTimeField(_("sold out until"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "variant", "location"), name="level_one_per_place"),
            models.CheckConstraint(condition=Q(allocated__gte=0, held__gte=0), name="level_promises_not_negative"),
            models.CheckConstraint(
                condition=Q(allows_backorder=True) | Q(on_hand__gte=F("allocated") + F("held")),
                name="level_promises_within_stock",
            ),
        )
        indexes = (
            # serves: the stock of a location, and the foreign key
            models.Index(fields=("location", "variant"), name="level_location"),
            # serves: what is sold out, and the sweeper that ends it. No counter stands in an index, so that a movement
            # touches none.
            models.Index(fields=("sold_out_until",), name="level_sold_out", condition=Q(sold_out_until__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.variant} @ {self.location}"


class StockMovement(TenantDetail):
    """An entry of the stock ledger: the only way in which ``on_hand`` and ``allocated`` change. Append-only.

    ``reference_kind`` and ``reference_id`` name what caused it: an order, transfer, count, return or import.
    """

    updated_at = None  # type: ignore[assignment]
    level = models.ForeignKey(
        StockLevel, on_delete=models.PROTECT, db_index=False, related_name="movements", verbose_name=_("stock level")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=MovementKind.choices)
    on_hand_delta = models.IntegerField(_("change on hand"))
    allocated_delta = models.IntegerField(_("change of allocated"), default=0)
    reason = models.CharField(_("reason"), max_length=20, choices=MovementReason.choices)
    reference_kind = models.CharField(_("caused by"), max_length=30, blank=True)
    reference_id = models.UUIDField(_("cause"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("received", "returned"), on_hand_delta__gt=0, allocated_delta=0)
                | Q(kind="allocated", on_hand_delta=0, allocated_delta__gt=0)
                | Q(kind="released", on_hand_delta=0, allocated_delta__lt=0)
                | Q(kind="shipped", on_hand_delta__lt=0, allocated_delta__in=(0, F("on_hand_delta")))
                | (Q(kind__in=("adjusted", "transferred"), allocated_delta=0) & ~Q(on_hand_delta=0)),
                name="movement_moves_as_its_kind",
            ),
            models.CheckConstraint(condition=Q(reason__in=MovementReason.values), name="movement_known_reason"),
            # One page that is sent twice books its goods once.
            models.UniqueConstraint(
                fields=("merchant", "reference_id", "level"),
                condition=Q(reference_kind__in=("receipt", "write_off")),
                name="movement_once_per_slip",
            ),
        )
        indexes = (
            # serves: how often a level was adjusted
            models.Index(fields=("level",), name="movement_adjusted", condition=Q(kind="adjusted")),
            # serves: the ledger of a level, newest first, its sums, and the foreign key
            models.Index(fields=("level", "-id"), name="movement_of_level"),
            # serves: what an order, transfer or count moved
            models.Index(fields=("reference_id",), name="movement_of_cause", condition=Q(reference_id__isnull=False)),
            # serves: the ledger of the merchant, newest first, alone and by kind or reason. What orders move is most of
            # it and is soon found in the whole list; the rest is rare, and its indexes cost orders nothing.
            models.Index(fields=("merchant", "-id"), name="movement_list"),
            models.Index(fields=("merchant", "kind", "-id"), name="movement_by_kind", condition=Q(kind__in=RARE_KINDS)),
            models.Index(
                fields=("merchant", "reason", "-id"), name="movement_by_reason", condition=Q(reason__in=RARE_REASONS)
            ),
        )


class ChannelQuota(TenantModel):
    """A share of a variant's stock that only one channel may sell, for a stretch of time.

    The channel sells its own share first and then from the shared pool, which is the stock that no quota claims:
    up to ``shared_limit`` units where one is given. ``used`` counts the units of the share that are held, allocated
    or sold; ``lent`` those that were lent to quotas of other channels (negative: borrowed). What is left is
    ``exclusive - lent - used``. After ``valid_until`` what is left belongs to the pool again.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="quotas", verbose_name=_("variant"))
    channel = models.ForeignKey(
        SalesChannel, on_delete=models.CASCADE, related_name="quotas", verbose_name=_("channel")
    )
    exclusive = models.PositiveIntegerField(_("exclusive units"))
    shared_limit = models.PositiveIntegerField(
        _("from the shared pool at most"), null=True, blank=True, help_text=_("Empty: as much as there is. 0: nothing.")
    )
    used = models.IntegerField(_("used"), default=0, editable=False)
    shared_used = models.IntegerField(_("used of the shared pool"), default=0, editable=False)
    lent = models.IntegerField(_("lent"), default=0, editable=False)
    valid_from = models.DateTimeField(_("from"))
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("channel quota")
        verbose_name_plural = _("channel quotas")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "variant", "channel", "valid_from"), name="quota_one_per_begin"
            ),
            models.CheckConstraint(
                condition=Q(used__gte=0, shared_used__gte=0) & Q(exclusive__gte=F("used") + F("lent")),
                name="quota_within_share",
            ),
            models.CheckConstraint(
                condition=Q(shared_limit=None) | Q(shared_limit__gte=F("shared_used")), name="quota_within_limit"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="quota_not_empty"
            ),
        )


class QuotaLoan(TenantModel):
    """Units that one channel's quota lent to another's, until they are returned."""

    lender = models.ForeignKey(
        ChannelQuota, on_delete=models.CASCADE, related_name="loans_given", verbose_name=_("lender")
    )
    borrower = models.ForeignKey(
        ChannelQuota, on_delete=models.CASCADE, related_name="loans_taken", verbose_name=_("borrower")
    )
    quantity = models.PositiveIntegerField(_("units"))
    returned = models.PositiveIntegerField(_("units returned"), default=0)

    class Meta:
        verbose_name = _("loan between quotas")
        verbose_name_plural = _("loans between quotas")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity__gte=F("returned")), name="quotaloan_within_bounds"
            ),
            models.CheckConstraint(condition=~Q(lender=F("borrower")), name="quotaloan_between_two"),
        )


class Hold(TenantDetail):
    """Units set aside for a cart until ``expires_at``; whoever reads evaluates the expiry, a sweeper only tidies.

    All holds of one cart share a ``reference``. ``quota_quantity`` of the units come from the quota of the channel.
    """

    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="holds", verbose_name=_("stock level"))
    channel = models.ForeignKey(
        SalesChannel, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("channel")
    )
    reference = models.UUIDField(_("cart"))
    quantity = models.PositiveIntegerField(_("units"))
    quota = models.ForeignKey(
        ChannelQuota,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quota"),
    )
    quota_quantity = models.PositiveIntegerField(_("units of the quota"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=HoldState.choices, default=HoldState.ACTIVE)
    expires_at = models.DateTimeField(_("expires at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="hold_of_something"),
            models.CheckConstraint(condition=Q(quantity__gte=F("quota_quantity")), name="hold_within_quota"),
            models.CheckConstraint(condition=Q(state__in=HoldState.values), name="hold_known_state"),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="hold_ends_once",
            ),
        )
        indexes = (
            # serves: the active holds of a level, and among them the expired ones
            models.Index(fields=("level", "expires_at"), name="hold_active", condition=Q(state="active")),
            # serves: the holds of a cart
            models.Index(fields=("reference",), name="hold_of_cart"),
            # serves: the sweeper
            models.Index(fields=("expires_at",), name="hold_due", condition=Q(state="active")),
            # serves: the end of a quota
            models.Index(fields=("quota",), name="hold_of_quota", condition=Q(quota__isnull=False)),
        )


class Allocation(TenantDetail):
    """Units of a level that are promised to a line of an order, until they are handed over or released.

    Orders live in an app above, so they are named by id: ``order_id`` and ``line_id``, the line of a fulfilment.
    """

    level = models.ForeignKey(
        StockLevel, on_delete=models.PROTECT, db_index=False, related_name="allocations", verbose_name=_("stock level")
    )
    channel = models.ForeignKey(
        SalesChannel, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("channel")
    )
    order_id = models.UUIDField(_("order"))
    line_id = models.UUIDField(_("line of a fulfilment"))
    quantity = models.PositiveIntegerField(_("units"))
    quota = models.ForeignKey(
        ChannelQuota,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quota"),
    )
    quota_quantity = models.PositiveIntegerField(_("units of the quota"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=AllocationState.choices, default=AllocationState.ACTIVE)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="allocation_of_something"),
            models.CheckConstraint(condition=Q(quantity__gte=F("quota_quantity")), name="allocation_within_quota"),
            models.CheckConstraint(condition=Q(state__in=AllocationState.values), name="allocation_known_state"),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="allocation_ends_once",
            ),
        )
        indexes = (
            # serves: the promises of a level
            models.Index(fields=("level",), name="allocation_active", condition=Q(state="active")),
            # serves: the promises of a fulfilment's lines, of which each has at most one that is active
            models.Index(fields=("line_id",), name="allocation_of_line"),
            # serves: the promises of an order
            models.Index(fields=("order_id",), name="allocation_of_order"),
            # serves: the end of a quota
            models.Index(fields=("quota",), name="allocation_of_quota", condition=Q(quota__isnull=False)),
        )


class UnroutedDemand(TenantDetail):
    """Units that an order wants and no location has been found for yet; they are promised before later orders."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="demand", verbose_name=_("variant"))
    channel = models.ForeignKey(SalesChannel, on_delete=models.PROTECT, related_name="+", verbose_name=_("channel"))
    order_id = models.UUIDField(_("order"))
    line_id = models.UUIDField(_("line of a fulfilment"))
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        verbose_name = _("unrouted demand")
        verbose_name_plural = _("unrouted demand")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "line_id"), name="demand_once_per_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="demand_of_something"),
        )
        # serves: the demand for a variant, oldest first
        indexes = (models.Index(fields=("variant", "id"), name="demand_of_variant"),)


class StockCheck(TenantModel):
    """A counter that the self-check found to disagree with what it counts, and put right where the rules let it."""

    updated_at = None  # type: ignore[assignment]
    level = models.ForeignKey(
        StockLevel, on_delete=models.CASCADE, related_name="checks", verbose_name=_("stock level")
    )
    counter = models.CharField(_("counter"), max_length=20)
    found = models.IntegerField(_("found"))
    expected = models.IntegerField(_("expected"))
    is_repaired = models.BooleanField(_("repaired"), default=True)

    class Meta:
        verbose_name = _("repaired counter")
        verbose_name_plural = _("repaired counters")
        ordering = ("-pk",)
