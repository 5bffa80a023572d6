"""Routing rules on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from channels.orders.console.replays import (
    RULES,
    PeriodForm,
    earlier_of,
    page_of,
    replay_of,
    shown_replay,
    trial_context,
)
from channels.orders.console.rule_form import CRITERION_LABELS, RuleForm, facts_of, fields_of
from channels.orders.enums import ReplayPeriod
from channels.orders.models import RoutingRule, RuleReplay
from channels.orders.services import rules as services
from channels.orders.services.replaying import keep_for_rule, require_all_stores, start_replay
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


def _delete(request: HttpRequest, row: RoutingRule) -> None:
    require_all_stores(request.actor)  # type: ignore[attr-defined]
    services.delete_rule(rule_id=row.pk, at=now())


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
            apply=_delete,
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
        may_write = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        facts = facts_of(row)
        if may_write:
            url = reverse("console:change_rule", args=(row.pk,))
            facts.append(Fact(_("Settings"), format_html('<a href="{}">{}</a>', url, _("Change"))))
        panels = [Panel(_("Routing rule"), facts=facts, is_wide=True)]
        if request.actor.location_ids is None:  # type: ignore[attr-defined]
            panels += _trials(request, row, may_write=may_write)
        return panels


def _trials(request: HttpRequest, row: RoutingRule, *, may_write: bool) -> list[Panel]:
    """Return the last trial, or the one that the address asks for, and the list of earlier ones."""
    replay = shown_replay(request, row)
    context = trial_context(replay, may_stop=may_write) if replay else {}
    context["try_url"] = reverse("console:try_rule", args=(row.pk,)) if may_write else ""
    panels = [Panel(_("Tried on past orders"), template="orders/rule_trials.html", context=context, is_wide=True)]
    if replay:
        panels.append(Panel(_("Earlier trials"), table=earlier_of(row), is_wide=True))
    return panels


class RulePage(FormPage):
    """A form for a rule, with a second button that tries it on past orders without saving.

    ``?replay=`` in the address names a trial: its rule fills the form, and its result stands above.
    """

    policy = Capability.ORDERS_WRITE
    parents = RULES
    form_class = RuleForm
    template = "orders/rule.html"
    done = _("Saved. New orders are decided by it.")
    intro = _("“Try on past orders” decides them once more with this rule, and changes nothing.")
    success_url_name = "console:orders_routingrule_changelist"
    rule_id: Any = None

    def replay(self) -> RuleReplay | None:
        """Return the trial that the address names. Raises ``NotFoundError``."""
        wanted = self.request.GET.get("replay")
        return replay_of(self.actor, wanted) if wanted else None

    def initial(self) -> dict[str, Any]:
        replay = self.replay()
        return fields_of(replay) if replay else self.stored()

    def stored(self) -> dict[str, Any]:
        """Return what the form holds while nothing was tried."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        replay = self.replay()
        period = PeriodForm(initial={"days": replay.days} if replay else None)
        return {"period": period, **(trial_context(replay, may_stop=True) if replay else {})}

    def save(self, form: RuleForm) -> HttpResponse | None:
        data = form.cleaned_data
        rule: dict[str, Any] = {
            "name": data["name"], "definition": form.definition(), "position": data["position"],
            "is_active": data["is_active"], "rule_id": self.rule_id,
        }  # fmt: skip
        require_all_stores(self.actor)
        if "replay" in self.request.POST:
            period = PeriodForm(self.request.POST)
            days = period.cleaned_data["days"] if period.is_valid() else ReplayPeriod.MONTH
            replay = start_replay(**rule, days=days, actor=self.actor, at=now())
            return HttpResponseRedirect(f"{self.request.path}?replay={replay.pk}")
        saved = services.save_rule(**rule, at=now())
        replay_before = self.replay()
        if replay_before and replay_before.definition == saved.definition:
            keep_for_rule(replay_id=replay_before.pk, rule=saved)
        return None


@page
class NewRule(RulePage):
    """Add a rule."""

    name = "new_rule"
    path = "routing-rules/new/"
    title = _("New rule")

    def stored(self) -> dict[str, Any]:
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

    def stored(self) -> dict[str, Any]:
        rule: Any = site._registry[RoutingRule].get_object(self.request, str(self.rule_id))
        return fields_of(rule)


@page
class TryRule(FormPage):
    """Try a rule as it is saved."""

    name = "try_rule"
    path = "routing-rules/<uuid:rule_id>/try/"
    title = _("Try on past orders")
    intro = _(
        "Decides past orders twice, with this rule and without it, and compares. It changes nothing; you can leave the"
        " page meanwhile."
    )
    policy = Capability.ORDERS_WRITE
    parents = RULES
    form_class = PeriodForm
    submit = _("Try")

    @property
    def rule(self) -> RoutingRule:
        """The rule of the address. Raises ``NotFoundError``."""
        return site._registry[RoutingRule].get_object(self.request, str(self.kwargs["rule_id"]))

    def get(self) -> HttpResponse:
        self.rule  # noqa: B018 - 404 where there is none
        return super().get()

    def save(self, form: forms.Form) -> HttpResponse:
        rule = self.rule
        replay = start_replay(
            name=rule.name, definition=rule.definition, position=rule.position, is_active=True, rule_id=rule.pk,
            days=form.cleaned_data["days"], actor=self.actor, at=now(),
        )  # fmt: skip
        return HttpResponseRedirect(page_of(replay))
