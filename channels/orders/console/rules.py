"""Routing rules on screen."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from channels.orders.console.replays import changes_of, stats_of
from channels.orders.console.rule_form import CRITERION_LABELS, RuleForm, facts_of, fields_of
from channels.orders.models import RoutingRule
from channels.orders.services import rules as services
from channels.orders.services.replaying import replay_rules
from o2o.console import (
    Act,
    EmptyState,
    Fact,
    FormPage,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    page,
    site,
)
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

RULES = ((_("Routing rules"), "console:orders_routingrule_changelist"),)


@admin.register(RoutingRule, site=site)
class RoutingRuleAdmin(MerchantModelAdmin):
    """Which location fulfils which order."""

    slug = "routing-rules"
    nav = Nav(NavGroup.CHANNELS, "alt_route", 50)
    policy = {"view": Capability.ORDERS_READ}
    intro = _(
        "The first rule that fits an order decides where it goes."
        " Without any the nearest location of the best priority gets it."
    )
    list_display = ("name", "position", "is_active", "summary")
    list_filter = ("is_active",)
    ordering = ("position", "pk")
    sortable_by = ()
    export_columns = ("name", "position", "is_active", "definition")
    acts = (
        Act(
            name="delete",
            label=_("delete"),
            demand=Capability.ORDERS_WRITE,
            explain=_(
                "New orders are decided by the rules that remain. Decisions that it made keep their explanation."
            ),
            apply=lambda _request, row: services.delete_rule(rule_id=row.pk, at=now()),
            icon="delete",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("aims at"))
    def summary(self, row: RoutingRule) -> str:
        wanted = row.definition.get("prefer", [])
        names = [entry if isinstance(entry, str) else entry.get("by", "") for entry in wanted]
        return ", ".join(str(CRITERION_LABELS.get(name, name)) for name in names) or "–"

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No rules of your own"),
            text=_("Orders go to the location of the best priority that has everything, the nearest among equals."),
            icon="alt_route",
            url=reverse("console:new_rule") if may_add else "",
            action=_("New rule"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the rules, with the way to a new one."""
        may_add = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New rule"), reverse("console:new_rule"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: RoutingRule) -> Sequence[Panel]:
        facts = facts_of(row)
        if request.actor.may(Capability.ORDERS_WRITE):  # type: ignore[attr-defined]
            url = reverse("console:change_rule", args=(row.pk,))
            facts.append(Fact(_("Settings"), format_html('<a href="{}">{}</a>', url, _("Change or replay"))))
        return [Panel(_("Routing rule"), facts=facts)]


class RulePage(FormPage):
    """A form for a rule, with a second button that replays it on past orders without saving."""

    policy = Capability.ORDERS_WRITE
    parents = RULES
    form_class = RuleForm
    template = "orders/rule.html"
    done = _("Saved. New orders are decided by it.")
    intro = _("“Replay” decides the orders of the last 30 days once more with this rule, and changes nothing.")
    success_url_name = "console:orders_routingrule_changelist"
    rule_id: Any = None

    def save(self, form: RuleForm) -> HttpResponse | None:
        data = form.cleaned_data
        definition = form.definition()
        if "replay" in self.request.POST:
            services.check_definition(data["name"], definition)
            replay = replay_rules(
                name=data["name"], definition=definition, position=data["position"], rule_id=self.rule_id,
                is_active=data["is_active"], at=now(),
            )  # fmt: skip
            return self.render(form=form, stats=stats_of(replay), changes=changes_of(replay))
        services.save_rule(
            name=data["name"], definition=definition, position=data["position"], is_active=data["is_active"],
            rule_id=self.rule_id, at=now(),
        )  # fmt: skip
        return None


@page
class NewRule(RulePage):
    """Add a rule."""

    name = "new_rule"
    path = "routing-rules/new/"
    title = _("New rule")

    def initial(self) -> dict[str, Any]:
        return {"position": 100, "is_active": True, "aim_1": "nearest", "aim_2": "priority", "split": "lines"}


@page
class ChangeRule(RulePage):
    """Change a rule."""

    name = "change_rule"
    path = "routing-rules/<uuid:rule_id>/settings/"
    title = _("Change the rule")

    @property
    def rule_id(self) -> Any:
        """The id of the rule."""
        return self.kwargs["rule_id"]

    def initial(self) -> dict[str, Any]:
        rule: Any = site._registry[RoutingRule].get_object(self.request, str(self.rule_id))
        return fields_of(rule)
