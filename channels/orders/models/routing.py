"""Rules that choose the location, and what they decided."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import ReplayPeriod
from channels.orders.models.fulfillment import FulfillmentOrder
from channels.orders.models.orders import Order
from o2o.kit.audit import audited
from o2o.kit.jobs.models import Job
from o2o.tenancy.models import TenantDetail, TenantModel
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


class RoutingDecision(TenantDetail):
    """Why an order went where it went: rule, parts, and the verdict on each candidate. Append-only."""

    updated_at = None  # type: ignore[assignment]
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, db_index=False, related_name="routing", verbose_name=_("order")
    )
    fulfillment = models.ForeignKey(
        FulfillmentOrder,
        on_delete=models.PROTECT,
        db_index=False,
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
        indexes = (
            # serves: the decisions of an order, and the foreign key
            models.Index(fields=("order", "-id"), name="routing_of_order"),
            # serves: the foreign key of the few that have one
            models.Index(
                fields=("fulfillment",), name="routing_of_fulfillment", condition=Q(fulfillment__isnull=False)
            ),
        )


class RuleReplay(TenantModel):
    """A rule on trial: what past orders would have become with it, beside what the other rules make of them.

    ``name``, ``definition``, ``position`` and ``is_active`` are the rule as it was tried; ``rule`` is the saved one
    whose place it takes, if there is one. ``others`` are the active rules of that moment. It looks at the orders that
    were placed from ``since`` on and before ``until``. ``progress`` is the unfinished trial, compressed, and ``result``
    the finished one, as ``channels.orders.services.replaying`` writes them.
    """

    rule = models.ForeignKey(
        RoutingRule,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        blank=True,
        related_name="replays",
        verbose_name=_("rule"),
    )
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("position"))
    definition = models.JSONField(_("definition"))
    is_active = models.BooleanField(_("active"), default=True)
    others = models.JSONField(_("rules of that moment"), default=list, editable=False)
    days = models.PositiveSmallIntegerField(_("days"), choices=ReplayPeriod.choices)
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, related_name="+", editable=False, verbose_name=_("job")
    )
    progress = models.BinaryField(null=True, editable=False)
    result: Any = models.JSONField(_("result"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("trial of a rule")
        verbose_name_plural = _("trials of rules")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(days__in=ReplayPeriod.values), name="rulereplay_known_period"),
            models.CheckConstraint(
                condition=Q(result__isnull=True, finished_at__isnull=True)
                | Q(result__isnull=False, finished_at__isnull=False),
                name="rulereplay_result_when_finished",
            ),
        )
        indexes = (
            # serves: the trials of a rule, the newest first, and the foreign key
            models.Index(fields=("rule", "-id"), name="rulereplay_of_rule"),
            # serves: the list of a merchant's trials, and those to remove
            models.Index(fields=("merchant", "-id"), name="rulereplay_list"),
        )

    def __str__(self) -> str:
        return self.name
