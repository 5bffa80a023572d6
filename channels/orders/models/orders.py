"""What people bought, what they paid, and everything that happened to it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.orders.enums import AdjustmentKind, OrderState, PaymentKind, PaymentState, TimelineKind
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import SalesChannel, StockLocation
from o2o.kit.fields import AmountField
from o2o.tenancy.enums import Origin
from o2o.tenancy.models import TenantDetail, TenantModel


class Order(TenantModel):
    """A purchase in one channel.

    ``connection_id`` and ``external_id`` name it in the system that it came from; ``external_version`` grows with
    each change there, so that an older message changes nothing. Amounts are in ``currency``:
    ``total = subtotal - discount_total + shipping_total + tax_total``, where ``subtotal`` is the list price of all
    lines; ``tax_total`` is only what comes on top of prices. What was cancelled stays in these; ``cancelled_total``
    and ``refunded_total`` say how much of the total is owed no more, or was given back.
    Who receives the goods is sealed in ``recipient``; the coordinates beside it are for routing.
    """

    channel = models.ForeignKey(
        SalesChannel, on_delete=models.PROTECT, db_index=False, related_name="orders", verbose_name=_("channel")
    )
    number = models.CharField(_("number"), max_length=60)
    connection_id = models.UUIDField(_("connection"), null=True, blank=True, editable=False)
    external_id = models.CharField(_("id in the channel"), max_length=100, blank=True)
    external_version = models.BigIntegerField(default=0, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=OrderState.choices, default=OrderState.OPEN)
    payment_state = models.CharField(
        _("payment"), max_length=20, choices=PaymentState.choices, default=PaymentState.UNPAID
    )
    method = models.CharField(_("method"), max_length=10, choices=FulfillmentMethod.choices)
    location = models.ForeignKey(
        StockLocation,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("store"),
        help_text=_("Where it was bought, or where it is to be picked up."),
    )
    member_id = models.UUIDField(_("member"), null=True, blank=True)
    customer_reference = models.CharField(_("customer in the channel"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    subtotal = AmountField(_("list total"))
    discount_total = AmountField(_("discounts"), default=0)
    shipping_total = AmountField(_("shipping"), default=0)
    tax_total = AmountField(_("tax on top"), default=0)
    total = AmountField(_("total"))
    paid_total = AmountField(_("paid"), default=0)
    cancelled_total = AmountField(_("cancelled"), default=0)
    refunded_total = AmountField(_("refunded"), default=0)
    recipient = models.TextField(_("recipient"), blank=True, editable=False)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    promised_at = models.DateTimeField(_("promised for"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    is_historical = models.BooleanField(
        _("historical"), default=False, help_text=_("It was taken over from another system and moved no stock here.")
    )

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "number"), name="order_one_per_number"),
            models.UniqueConstraint(
                fields=("merchant", "channel", "connection_id", "external_id"),
                condition=~Q(external_id=""),
                nulls_distinct=False,
                name="order_one_per_external_id",
            ),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_known_state"),
            models.CheckConstraint(condition=Q(payment_state__in=PaymentState.values), name="order_known_payment"),
            models.CheckConstraint(condition=Q(method__in=FulfillmentMethod.values), name="order_known_method"),
            models.CheckConstraint(
                condition=Q(
                    total=F("subtotal") - F("discount_total") + F("shipping_total") + F("tax_total"), total__gte=0
                ),
                name="order_total_is_the_sum",
            ),
            models.CheckConstraint(
                condition=Q(refunded_total__gte=0, refunded_total__lte=F("paid_total")),
                name="order_refunds_within_paid",
            ),
        )
        indexes = (
            # serves: the order board, newest first, alone and by state, channel or store; and the foreign keys
            models.Index(fields=("merchant", "-placed_at", "-id"), name="order_list"),
            models.Index(fields=("merchant", "state", "-placed_at", "-id"), name="order_by_state"),
            models.Index(fields=("channel", "-placed_at", "-id"), name="order_by_channel"),
            models.Index(fields=("location", "-placed_at", "-id"), name="order_by_location"),
            # serves: the board by payment; what is paid is soon found in the whole list
            models.Index(
                fields=("merchant", "payment_state", "-placed_at", "-id"),
                name="order_by_payment",
                condition=~Q(payment_state="paid"),
            ),
            # serves: the board of past orders alone, and of all but these
            models.Index(fields=("merchant", "is_historical", "-placed_at", "-id"), name="order_by_origin"),
            # serves: the search for an id of a channel
            models.Index(fields=("merchant", "external_id"), name="order_external", condition=~Q(external_id="")),
            # serves: the search for a customer of a channel, by the beginning of what it calls them
            models.Index(
                fields=("merchant", "customer_reference"),
                name="order_customer",
                opclasses=("uuid_ops", "text_pattern_ops"),
                condition=~Q(customer_reference=""),
            ),
            # serves: the orders of a member
            models.Index(
                fields=("member_id", "-placed_at"), name="order_by_member", condition=Q(member_id__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.number


class OrderLine(TenantDetail):
    """A variant of an order. ``total = subtotal - discount``; tax on top is that of the order.

    ``subtotal`` is ``quantity × unit_price`` in whole coins; a unit price may be finer, as for goods sold by the gram.
    Units move from ``quantity`` into ``cancelled`` or ``fulfilled`` and from there into ``returned``. Of the cancelled
    ones ``cancelled_in_channel`` are those that the channel last told of. A line that the channel took off the order
    has no units. ``variant`` is empty while the catalog knows no such ``sku``.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveSmallIntegerField(_("position"))
    external_id = models.CharField(_("id in the channel"), max_length=100, blank=True)
    variant = models.ForeignKey(
        Variant,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("variant"),
    )
    sku = models.CharField(_("SKU"), max_length=60)
    name = models.CharField(_("name"), max_length=300, blank=True)
    quantity = models.PositiveIntegerField(_("units"))
    unit_price = AmountField(_("list price"), max_digits=18, decimal_places=6)
    subtotal = AmountField(_("list total"))
    discount = AmountField(_("discount"), default=0)
    total = AmountField(_("total"))
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    cancelled_in_channel = models.PositiveIntegerField(_("cancelled in the channel"), default=0)
    fulfilled = models.PositiveIntegerField(_("fulfilled"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)

    class Meta:
        verbose_name = _("line of an order")
        verbose_name_plural = _("lines of orders")
        ordering = ("order", "position")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "order", "position"), name="orderline_one_per_position"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=F("cancelled") + F("fulfilled"),
                    fulfilled__gte=F("returned"),
                    cancelled__gte=F("cancelled_in_channel"),
                ),
                name="orderline_units_add_up",
            ),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") - F("discount"), total__gte=0), name="orderline_total_is_the_sum"
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=F("quantity") * F("unit_price") - 1)
                & Q(subtotal__lte=F("quantity") * F("unit_price") + 1),
                name="orderline_subtotal_is_the_product",
            ),
        )
        # serves: who bought a variant, and the foreign key
        indexes = (models.Index(fields=("variant", "-id"), name="orderline_variant"),)

    def __str__(self) -> str:
        return f"{self.sku} × {self.quantity}"

    @property
    def remaining(self) -> int:
        """Units that are neither cancelled nor fulfilled."""
        return self.quantity - self.cancelled - self.fulfilled


class LineAdjustment(TenantDetail):
    """A part of a line's discount: which offer, coupon or points gave it. They sum to the line's ``discount``."""

    updated_at = None  # type: ignore[assignment]
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="adjustments", verbose_name=_("line"))
    kind = models.CharField(_("kind"), max_length=12, choices=AdjustmentKind.choices)
    reference = models.CharField(_("offer, coupon or programme"), max_length=100, blank=True)
    amount = AmountField(_("amount"))
    points = models.PositiveIntegerField(_("points"), default=0)

    class Meta:
        verbose_name = _("discount of a line")
        verbose_name_plural = _("discounts of lines")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=AdjustmentKind.values), name="adjustment_known_kind"),
        )


class Payment(TenantDetail):
    """Money that came in or went back, as the channel or the till reported it. Append-only."""

    updated_at = None  # type: ignore[assignment]
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=10, choices=PaymentKind.choices)
    method = models.CharField(_("paid by"), max_length=40, help_text=_("Such as wechat_pay, alipay, cash, card."))
    amount = AmountField(_("amount"))
    external_id = models.CharField(_("id of the payment"), max_length=100, blank=True)
    return_order = models.ForeignKey(
        "orders.Return",
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("return"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    paid_at = models.DateTimeField(_("paid at"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_of_something"),
            models.CheckConstraint(condition=Q(kind__in=PaymentKind.values), name="payment_known_kind"),
            models.UniqueConstraint(
                fields=("merchant", "order", "kind", "external_id"), condition=~Q(external_id=""), name="payment_once"
            ),
        )
        indexes = (
            # serves: the refunds of a return
            models.Index(fields=("return_order",), name="payment_of_return", condition=Q(return_order__isnull=False)),
        )


class TimelineEntry(TenantDetail):
    """Something that happened to an order: what, when, by whom, from where. Append-only.

    ``details`` holds figures and ids for the sentence that the reader sees, never a person's particulars.
    """

    updated_at = None  # type: ignore[assignment]
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="timeline", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=20, choices=TimelineKind.choices)
    details = models.JSONField(_("details"), default=dict)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    origin = models.CharField(_("from"), max_length=20, choices=Origin.choices)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("entry of the timeline")
        verbose_name_plural = _("timeline")
        ordering = ("pk",)
