"""The part of an order that one location makes ready."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import FulfillmentState, RejectionReason, UnroutedQueue
from channels.orders.models.orders import Order, OrderLine
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import SalesChannel, StockLocation
from o2o.kit.audit import audited
from o2o.tenancy.models import TenantDetail, TenantModel
from o2o.tenancy.reference import reference_data

ACTIVE_STATES = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED, FulfillmentState.READY)


class FulfillmentOrder(TenantDetail):
    """What one location is to make ready and hand over, ship or deliver; a part of one order.

    Without a location it waits in ``queue`` until one can take it. ``accept_by`` is when an open one is taken from a
    store that has not answered; ``pickup_by`` when goods that nobody fetched go back into stock.
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, db_index=False, related_name="fulfillments", verbose_name=_("order")
    )
    location = models.ForeignKey(
        StockLocation,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="fulfillments",
        verbose_name=_("location"),
    )
    method = models.CharField(_("method"), max_length=10, choices=FulfillmentMethod.choices)
    state = models.CharField(_("state"), max_length=12, choices=FulfillmentState.choices, default=FulfillmentState.OPEN)
    queue = models.CharField(_("waits because"), max_length=20, choices=UnroutedQueue.choices, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    accept_by = models.DateTimeField(_("accept by"), null=True, blank=True)
    remind_at = models.DateTimeField(_("remind at"), null=True, blank=True)
    escalate_at = models.DateTimeField(_("pass to the backup at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    ready_at = models.DateTimeField(_("ready at"), null=True, blank=True)
    pickup_by = models.DateTimeField(_("pick up by"), null=True, blank=True)
    pickup_remind_at = models.DateTimeField(_("remind of the pickup at"), null=True, blank=True)
    is_pickup_extended = models.BooleanField(_("pickup extended"), default=False)
    handed_over_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    rejection_reason = models.CharField(
        _("reason of the rejection"), max_length=12, choices=RejectionReason.choices, blank=True
    )
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=FulfillmentState.values), name="fulfillment_known_state"),
            models.CheckConstraint(
                condition=Q(location__isnull=False) | Q(state__in=("open", "cancelled")),
                name="fulfillment_done_somewhere",
            ),
            models.CheckConstraint(condition=Q(queue="") | Q(location=None), name="fulfillment_waits_or_has_a_place"),
        )
        indexes = (
            # serves: the fulfilments of an order, and the foreign key
            models.Index(fields=("order", "id"), name="fulfillment_of_order"),
            # serves: what a store has to do, and its load of a day; alone it tells which orders concern the store
            models.Index(
                fields=("location", "state", "-id"), name="fulfillment_of_location", include=("order", "merchant")
            ),
            # serves: the queues of what waits for a location
            models.Index(
                fields=("merchant", "queue", "id"), name="fulfillment_queue", condition=Q(location=None, state="open")
            ),
            # serves: the worklist by queue
            models.Index(fields=("merchant", "queue", "-id"), name="fulfillment_by_queue", condition=~Q(queue="")),
            # serves: the clocks
            models.Index(
                fields=("accept_by",), name="fulfillment_accept_by", condition=Q(state="open", accept_by__isnull=False)
            ),
            models.Index(
                fields=("remind_at",), name="fulfillment_remind_at", condition=Q(state="open", remind_at__isnull=False)
            ),
            models.Index(
                fields=("escalate_at",),
                name="fulfillment_escalate_at",
                condition=Q(state="open", escalate_at__isnull=False),
            ),
            models.Index(
                fields=("pickup_by",), name="fulfillment_pickup_by", condition=Q(state="ready", pickup_by__isnull=False)
            ),
            models.Index(
                fields=("pickup_remind_at",),
                name="fulfillment_pickup_remind",
                condition=Q(state="ready", pickup_remind_at__isnull=False),
            ),
        )


class FulfillmentLine(TenantDetail):
    """Units of an order's line that a fulfilment covers. Cancelled units are taken off ``quantity``."""

    fulfillment = models.ForeignKey(
        FulfillmentOrder, on_delete=models.CASCADE, related_name="lines", verbose_name=_("fulfilment")
    )
    order_line = models.ForeignKey(
        OrderLine,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="fulfillment_lines",
        verbose_name=_("line"),
    )
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        verbose_name = _("line of a fulfilment")
        verbose_name_plural = _("lines of fulfilments")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "fulfillment", "order_line"), name="fulfillmentline_once"),
        )
        # serves: where a line went, and the foreign key
        indexes = (models.Index(fields=("order_line",), name="fulfillmentline_line"),)


class PickupCode(TenantModel):
    """The code for which a pickup is handed over, once. Only its hash is kept; wrong tries are counted here."""

    fulfillment = models.OneToOneField(
        FulfillmentOrder, on_delete=models.CASCADE, related_name="pickup_code", verbose_name=_("fulfilment")
    )
    code_hash = models.CharField(max_length=64, editable=False)
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("pickup code")
        verbose_name_plural = _("pickup codes")


@audited()
@reference_data
class AcceptancePolicy(TenantModel):
    """How long stores may take to accept an order of a channel, and what happens until then.

    A policy of a store goes before one of the whole channel. Minutes count from the routing: at ``remind_minutes``
    the store is reminded, at ``escalate_minutes`` the backup store gets it, at ``accept_minutes`` it is routed anew.
    """

    channel = models.ForeignKey(SalesChannel, on_delete=models.CASCADE, related_name="+", verbose_name=_("channel"))
    location = models.ForeignKey(
        StockLocation, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("store")
    )
    remind_minutes = models.PositiveSmallIntegerField(_("minutes until the reminder"), null=True, blank=True)
    escalate_minutes = models.PositiveSmallIntegerField(_("minutes until the backup store"), null=True, blank=True)
    accept_minutes = models.PositiveSmallIntegerField(_("minutes to accept"))
    backup_location = models.ForeignKey(
        StockLocation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("backup store"),
    )
    accepts_automatically = models.BooleanField(_("accepts by itself"), default=False)

    class Meta:
        verbose_name = _("time to accept")
        verbose_name_plural = _("times to accept")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "channel", "location"), name="acceptance_one_per_place", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=(Q(remind_minutes=None) | Q(remind_minutes__lt=F("accept_minutes")))
                & (Q(escalate_minutes=None) | Q(escalate_minutes__lt=F("accept_minutes"))),
                name="acceptance_in_order",
                violation_error_message=_("Reminder and backup come before the time to accept is over."),
            ),
        )
