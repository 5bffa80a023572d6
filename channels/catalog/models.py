"""Products, their variants, and how each channel lists them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.enums import DeviationKind, PriceChangeState, PriceLayer
from channels.stores.models import SalesChannel
from o2o.kit.audit import audited
from o2o.kit.fields import AmountField
from o2o.tenancy.models import TenantModel


@audited()
class Category(TenantModel):
    """A node of the merchant's tree of categories.

    ``path`` holds the codes from the root to the node, each followed by a slash (``drinks/tea/``), so that a branch
    is one range of an index.
    """

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    code = models.SlugField(_("code"), max_length=60, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    path = models.CharField(_("path"), max_length=600, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=("merchant", "code"), name="category_one_per_code"),)
        # serves: the branch under a node
        indexes = (
            models.Index(
                fields=("merchant", "path"), name="category_branch", opclasses=("uuid_ops", "text_pattern_ops")
            ),
        )

    def __str__(self) -> str:
        return self.name


@audited()
class Product(TenantModel):
    """Something that is sold, in one or more variants."""

    code = models.CharField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("merchant", "code"), name="product_one_per_code"),)
        indexes = (
            # serves: the list in the order of names
            models.Index(fields=("merchant", "name", "id"), name="product_list"),
            # serves: the products of a category
            models.Index(fields=("merchant", "category"), name="product_category"),
        )

    def __str__(self) -> str:
        return self.name


@audited()
class ProductImage(TenantModel):
    """A picture of a product, by its address."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images", verbose_name=_("product"))
    url = models.URLField(_("address"), max_length=1000)
    description = models.CharField(_("description"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("position", "pk")


@audited()
class Variant(TenantModel):
    """What is counted, reserved and sold: one size, colour or packing of a product.

    ``gtin`` is a GTIN-14 with a valid check digit, or empty. Quantities of a variant are whole units of what it is
    counted in; goods sold by weight are counted in grams. ``cost`` is in the currency of the merchant.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=60)
    name = models.CharField(_("name"), max_length=200, blank=True, help_text=_("What sets it apart: a size, a colour."))
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    cost = AmountField(_("cost"), null=True, blank=True)
    allows_backorder = models.BooleanField(
        _("may be sold beyond stock"), default=False, help_text=_("Orders are taken although there is none.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("sku",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "sku"), name="variant_one_per_sku"),
            models.UniqueConstraint(fields=("merchant", "gtin"), condition=~Q(gtin=""), name="variant_one_per_gtin"),
            models.CheckConstraint(condition=Q(gtin="") | Q(gtin__regex=r"^\d{14}$"), name="variant_gtin_14"),
            models.CheckConstraint(condition=Q(cost=None) | Q(cost__gte=0), name="variant_cost_not_negative"),
        )

    def __str__(self) -> str:
        return self.sku


@audited()
class Barcode(TenantModel):
    """A code on the goods that names a variant: a GTIN as printed, or one of the merchant's own."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="barcodes", verbose_name=_("variant"))
    value = models.CharField(_("code"), max_length=60)

    class Meta:
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")
        ordering = ("value",)
        constraints = (models.UniqueConstraint(fields=("merchant", "value"), name="barcode_names_one_variant"),)

    def __str__(self) -> str:
        return self.value


@audited()
class ChannelListing(TenantModel):
    """How a channel offers a variant: price, visibility and text of its own.

    ``price`` and ``compare_at_price`` are those in force when a price last changed, in ``currency``; the truth at any
    instant is in the price intervals (``channels.catalog.selectors.prices``). Empty text means that of the product.
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
        )
        # serves: the listings of a variant, and the foreign key
        indexes = (models.Index(fields=("variant", "channel"), name="listing_variant"),)

    def __str__(self) -> str:
        return f"{self.variant} · {self.channel}"


@audited()
class PriceCycle(TenantModel):
    """A price that comes back: on some weekdays, between two hours, within a stretch of dates.

    It is unrolled into price intervals up to ``unrolled_until``. Hours are local to ``time_zone``; a window that
    ends before it begins runs past midnight. Without weekdays it is every day.
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

    At an instant the interval of the highest ``layer`` that covers it counts, among equals the one recorded last
    (the greatest id), unless it was withdrawn. ``valid_until`` is excluded; None means without end.
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
        )
        indexes = (
            # serves: the price of a listing at an instant, read from the winner downwards
            models.Index(
                fields=("listing", "-layer", "-id"), name="priceinterval_winner", include=("valid_from", "valid_until")
            ),
            # serves: the listings whose price begins or ends in a stretch of time
            models.Index(fields=("valid_from",), name="priceinterval_begin"),
            models.Index(fields=("valid_until",), name="priceinterval_end", condition=Q(valid_until__isnull=False)),
        )


class PriceWithdrawal(TenantModel):
    """That an interval no longer counts from the moment of this row on; the interval itself stays in the history."""

    updated_at = None  # type: ignore[assignment]
    interval = models.OneToOneField(
        PriceInterval, on_delete=models.PROTECT, related_name="withdrawal", verbose_name=_("price interval")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("withdrawn price")
        verbose_name_plural = _("withdrawn prices")


@audited()
class PriceChangeRequest(TenantModel):
    """A change of price that looked wrong and waits until somebody else approves or refuses it.

    ``evidence`` holds the figures of the alarm: the log ratio of the move, median and spread of the moves before,
    and the robust z that they give.
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
        # serves: what waits for approval
        indexes = (models.Index(fields=("merchant", "-id"), name="pricerequest_held", condition=Q(state="held")),)


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

    ``evidence`` holds what was expected and what was found, in figures or text.
    """

    listing = models.ForeignKey(
        ChannelListing, on_delete=models.CASCADE, related_name="deviations", verbose_name=_("listing")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=DeviationKind.choices)
    evidence = models.JSONField(_("evidence"), default=dict)
    found_at = models.DateTimeField(_("found at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    is_accepted = models.BooleanField(_("accepted"), default=False, help_text=_("Somebody has said that it is meant."))

    class Meta:
        verbose_name = _("deviation")
        verbose_name_plural = _("deviations")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "listing", "kind"), condition=Q(ended_at=None), name="deviation_open_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=DeviationKind.values), name="deviation_known_kind"),
        )
        # serves: the open deviations, newest first
        indexes = (models.Index(fields=("merchant", "-id"), name="deviation_open", condition=Q(ended_at=None)),)
