"""Goods that come back, and the money that goes back for them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import Disposition, ReturnState
from channels.orders.models.orders import Order, OrderLine
from channels.stores.models import StockLocation
from o2o.kit.fields import AmountField
from o2o.tenancy.models import TenantModel


class Return(TenantModel):
    """A return to some location: requested → approved → received → refunded, or refused.

    ``refund_total`` is what the lines are worth with the discounts that they had, to the cent.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns", verbose_name=_("order"))
    number = models.CharField(_("number"), max_length=60)
    external_id = models.CharField(_("id in the channel"), max_length=100, blank=True)
    location = models.ForeignKey(
        StockLocation, on_delete=models.PROTECT, null=True, blank=True, related_name="returns", verbose_name=_("to")
    )
    state = models.CharField(_("state"), max_length=10, choices=ReturnState.choices, default=ReturnState.REQUESTED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    refund_total = AmountField(_("refund"))
    requested_at = models.DateTimeField(_("requested at"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "number"), name="return_one_per_number"),
            models.UniqueConstraint(
                fields=("merchant", "order", "external_id"), condition=~Q(external_id=""), name="return_one_per_id"
            ),
            models.CheckConstraint(condition=Q(state__in=ReturnState.values), name="return_known_state"),
            models.CheckConstraint(condition=Q(refund_total__gte=0), name="return_refund_not_negative"),
        )
        indexes = (
            # serves: the desk by state, newest first, and the foreign keys
            models.Index(fields=("merchant", "state", "-id"), name="return_list"),
            models.Index(fields=("order", "-id"), name="return_of_order"),
            models.Index(fields=("location", "-id"), name="return_of_location"),
        )

    def __str__(self) -> str:
        return self.number


class ReturnLine(TenantModel):
    """Units of an order's line that come back; ``points`` are given back beside the money."""

    return_order = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines", verbose_name=_("return"))
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="return_lines", verbose_name=_("line")
    )
    quantity = models.PositiveIntegerField(_("units"))
    received = models.PositiveIntegerField(_("received"), null=True, blank=True)
    disposition = models.CharField(_("disposition"), max_length=10, choices=Disposition.choices, blank=True)
    refund = AmountField(_("refund"))
    points = models.PositiveIntegerField(_("points given back"), default=0)

    class Meta:
        verbose_name = _("line of a return")
        verbose_name_plural = _("lines of returns")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "return_order", "order_line"), name="returnline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returnline_of_something"),
        )
