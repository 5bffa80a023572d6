"""Routing rules, on screen: the list in the order in which they are asked, and what one may do with them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels.orders.console.rule_words import in_words
from channels.orders.models import RoutingRule
from channels.orders.services import rules
from o2o.console import Act, EmptyState, Fact, MerchantModelAdmin, Nav, NavGroup, Panel, badge, site
from o2o.kit.errors import ForbiddenError
from o2o.tenancy.capabilities import Capability

RULES = ((_("Routing rules"), "console:orders_routingrule_changelist"),)


def require_all_stores(request: HttpRequest) -> None:
    """Refuse those who are bound to some stores: rules send orders to all of them."""
    if request.actor.location_ids is not None:  # type: ignore[attr-defined]
        raise ForbiddenError(_now("Routing rules concern every store. Ask somebody who works for all of them."))


def _move(*, is_up: bool) -> Any:
    def move(request: HttpRequest, rule: RoutingRule) -> Any:
        require_all_stores(request)
        return rules.move_rule(rule_id=rule.pk, is_up=is_up)

    return move


def _switch(*, is_active: bool) -> Any:
    def switch(request: HttpRequest, rule: RoutingRule) -> RoutingRule:
        require_all_stores(request)
        return rules.update_rule(rule_id=rule.pk, is_active=is_active)

    return switch


def _delete(request: HttpRequest, rule: RoutingRule) -> None:
    require_all_stores(request)
    rules.delete_rule(rule_id=rule.pk)


def _act(name: str, label: Any, explain: Any, apply: Any, icon: str, **more: Any) -> Act:
    return Act(name=name, label=label, demand=Capability.ORDERS_WRITE, explain=explain, apply=apply, icon=icon, **more)


@admin.register(RoutingRule, site=site)
class RoutingRuleAdmin(MerchantModelAdmin):
    """Rules that choose the location of an order."""

    slug = "routing-rules"
    nav = Nav(NavGroup.CHANNELS, "alt_route", 50)
    policy = {"view": Capability.ORDERS_READ}
    title = _("Routing rules")
    intro = _("They are asked from top to bottom, and the first that applies to an order chooses its location.")
    ordering = ("position", "pk")
    sortable_by = ()
    list_display = ("name", "what", "state", "position")
    list_filter = ("is_active",)
    search_fields = ("name",)
    export_columns = ("position", "name", "is_active", "definition", "created_at", "updated_at")
    acts = (
        _act("up", _("ask earlier"), _("It changes places with the rule above it."), _move(is_up=True), "arrow_upward",
             is_bulk=False),
        _act("down", _("ask later"), _("It changes places with the rule below it."), _move(is_up=False),
             "arrow_downward", is_bulk=False),
        _act("off", _("switch off"), _("No order is asked about it from now on, until it is switched on again."),
             _switch(is_active=False), "toggle_off", fits=lambda rule: rule.is_active),
        _act("on", _("switch on"), _("It is asked about each order that comes from now on."),
             _switch(is_active=True), "toggle_on", fits=lambda rule: not rule.is_active),
        _act("remove", _("remove"), _("The rule goes. Orders that it has routed stay where they are."), _delete,
             "delete", is_destructive=True),
    )  # fmt: skip

    @admin.display(description=_("what it does"))
    def what(self, rule: RoutingRule) -> str:
        return " ".join(text for _term, text in in_words(rule.definition))

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, rule: RoutingRule) -> SafeString:
        return badge(_("on"), "success") if rule.is_active else badge(_("off"))

    def empty_state(self, request: HttpRequest) -> EmptyState:
        return EmptyState(
            title=_("No rules yet"),
            text=_("Without rules an order goes to the nearest location of its channel that has everything."),
            icon="alt_route",
            url=reverse("console:new_routing_rule") if self._may_write(request) else "",
            action=_("New rule"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the rules, with the way to a new one."""
        links = [(_("New rule"), reverse("console:new_routing_rule"), True)] if self._may_write(request) else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: RoutingRule) -> Sequence[Panel]:
        facts = [Fact(term, text) for term, text in in_words(row.definition)]
        facts.append(Fact(_("State"), self.state(row)))
        if self._may_write(request):
            change = reverse("console:change_routing_rule", args=(row.pk,))
            facts.append(Fact(_("Settings"), format_html('<a href="{}">{}</a>', change, _("Change or try out"))))
        return [Panel(_("Rule"), facts=facts)]

    def _may_write(self, request: HttpRequest) -> bool:
        actor = request.actor  # type: ignore[attr-defined]
        return actor.may(Capability.ORDERS_WRITE) and actor.location_ids is None
