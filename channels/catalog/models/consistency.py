"""What listings must have in common, and where they do not."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.catalog.enums import DeviationKind
from channels.catalog.models.listings import ChannelListing
from channels.catalog.models.products import Product
from channels.stores.models import SalesChannel
from o2o.kit.audit import audited
from o2o.kit.fields import AmountField
from o2o.tenancy.models import TenantModel

LONGEST_SHOWN = 60


@audited()
class ConsistencyPolicy(TenantModel):
    """What the listings of a product must have in common; without a product it holds for all that have none.

    The reference is the price of the variant in ``reference_channel``. Another channel's price deviates when it is
    further than ``tolerance_percent`` from the reference times (1 + intended difference). No price may be below
    ``floor_percent_of_cost`` of the variant's cost, nor below ``floor_price``.
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, null=True, blank=True, related_name="policies", verbose_name=_("product")
    )
    reference_channel = models.ForeignKey(
        SalesChannel, on_delete=models.PROTECT, related_name="+", verbose_name=_("reference channel")
    )
    tolerance_percent = models.DecimalField(_("tolerance in percent"), max_digits=6, decimal_places=2, default=0)
    floor_price = AmountField(_("lowest price"), null=True, blank=True)
    floor_percent_of_cost = models.DecimalField(
        _("lowest price in percent of the cost"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    compares_visibility = models.BooleanField(_("must be visible everywhere"), default=True)
    compares_text = models.BooleanField(_("must have the same text"), default=True)

    class Meta:
        verbose_name = _("consistency policy")
        verbose_name_plural = _("consistency policies")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "product"), name="policy_one_per_product", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(tolerance_percent__gte=0), name="policy_tolerance_not_negative"),
        )


@audited()
class IntendedDifference(TenantModel):
    """By how many percent the prices of a channel are meant to differ from the reference (a platform's fee)."""

    policy = models.ForeignKey(
        ConsistencyPolicy, on_delete=models.CASCADE, related_name="differences", verbose_name=_("policy")
    )
    channel = models.ForeignKey(SalesChannel, on_delete=models.CASCADE, related_name="+", verbose_name=_("channel"))
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = _("intended difference")
        verbose_name_plural = _("intended differences")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "policy", "channel"), name="difference_one_per_channel"),
            models.CheckConstraint(condition=Q(percent__gt=-100), name="difference_leaves_a_price"),
        )


class Deviation(TenantModel):
    """A listing that disagrees with its policy, from when the monitor found it until it was put right.

    ``evidence`` holds what was expected and what was found, in figures or text. Who accepts it says that it is meant:
    until ``accepted_until``, or until the evidence changes. ``fix`` holds what a fix did: before, after, and the
    interval or the held request that came of it, so that it can be undone.
    """

    listing = models.ForeignKey(
        ChannelListing, on_delete=models.CASCADE, related_name="deviations", verbose_name=_("listing")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=DeviationKind.choices)
    evidence = models.JSONField(_("evidence"), default=dict)
    found_at = models.DateTimeField(_("found at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    is_accepted = models.BooleanField(_("accepted"), default=False, help_text=_("Somebody has said that it is meant."))
    accepted_by = models.CharField(_("accepted by"), max_length=200, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_until = models.DateTimeField(_("accepted until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    fix = models.JSONField(_("fix"), null=True, blank=True)
    fixed_by = models.CharField(_("put right by"), max_length=200, blank=True)
    fixed_at = models.DateTimeField(_("put right at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("deviation")
        verbose_name_plural = _("deviations")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "listing", "kind"), condition=Q(ended_at=None), name="deviation_open_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=DeviationKind.values), name="deviation_known_kind"),
            models.CheckConstraint(
                condition=Q(is_accepted=True) | Q(accepted_until=None), name="deviation_until_only_where_accepted"
            ),
        )
        indexes = (
            # serves: the open deviations, newest first
            models.Index(fields=("merchant", "-id"), name="deviation_open", condition=Q(ended_at=None)),
            # serves: acceptances that run out
            models.Index(
                fields=("accepted_until",), name="deviation_accepted", condition=Q(accepted_until__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.listing.variant.sku} · {self.listing.channel.name}: {self.found_text} → {self.expected_text}"

    @property
    def found_text(self) -> str:
        """What the listing says, in words."""
        return self._text("price", "title", gettext("hidden"))

    @property
    def expected_text(self) -> str:
        """What a fix makes of it, in words."""
        return self._text("expected", "expected", gettext("visible"))

    def _text(self, amount: str, title: str, otherwise: str) -> str:
        if self.kind == DeviationKind.VISIBILITY:
            return otherwise
        if self.kind != DeviationKind.TEXT:
            return f"{self.evidence.get(amount, '–')} {self.evidence.get('currency', '')}".strip()
        if "title" not in self.evidence.get("fields", ("title",)):
            title = "description" if title == "title" else "expected_description"
        text = str(self.evidence.get(title) or gettext("(empty)"))
        return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


class ConsistencyMark(TenantModel):
    """That something about the listings of a product changed, so that the monitor must look at it again.

    Triggers of the database write it in the transaction of the change, whoever makes it. A product may have many;
    nothing here is unique, so that nobody who changes a listing ever waits for the monitor.
    """

    updated_at = None  # type: ignore[assignment]
    product_id = models.UUIDField(_("product"))

    class Meta:
        verbose_name = _("mark of the monitor")
        verbose_name_plural = _("marks of the monitor")
        # serves: what was marked first
        indexes = (models.Index(fields=("merchant", "created_at"), name="consistencymark_oldest"),)
