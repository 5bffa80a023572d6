"""Rules that choose the location, and what they decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.orders.models.fulfillment import FulfillmentOrder
from channels.orders.models.orders import Order
from o2o.kit.audit import audited
from o2o.tenancy.models import TenantModel
from o2o.tenancy.reference import reference_data


@audited()
@reference_data
class RoutingRule(TenantModel):
    """A rule of the merchant: when it applies, which locations may take part, what to aim at.

    Rules are asked in the order of ``position``; the first that applies decides. ``definition`` has the form that
    ``channels.orders.routing`` reads.
    """

    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    definition = models.JSONField(_("definition"), default=dict)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("merchant", "name"), name="routingrule_one_per_name"),)

    def __str__(self) -> str:
        return self.name


class RoutingDecision(TenantModel):
    """Why an order went where it went: rule, parts, and the verdict on each candidate. Append-only."""

    updated_at = None  # type: ignore[assignment]
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, db_index=False, related_name="routing", verbose_name=_("order")
    )
    fulfillment = models.ForeignKey(
        FulfillmentOrder,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="routing",
        verbose_name=_("fulfilment that was routed anew"),
    )
    rule_name = models.CharField(_("rule"), max_length=100, blank=True)
    cause = models.CharField(_("cause"), max_length=40, blank=True)
    decision = models.JSONField(_("decision"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("routing decision")
        verbose_name_plural = _("routing decisions")
        ordering = ("-pk",)
        # serves: the decisions of an order, and the foreign key
        indexes = (models.Index(fields=("order", "-id"), name="routing_of_order"),)
