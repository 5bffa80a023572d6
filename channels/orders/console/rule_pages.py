"""Pages that make and change a routing rule, after it was tried on the orders of the last 30 days."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.orders.console.rule_forms import RuleForm, definition_of, initial_of
from channels.orders.console.rule_words import changes, comparison
from channels.orders.console.rules import RULES, require_all_stores
from channels.orders.models import RoutingRule
from channels.orders.services import rules
from channels.orders.services.replaying import REPLAY, replay_rules, rules_on_trial
from o2o.console import Fact, FormPage, Page, Panel, page, site
from o2o.console.components import Table, state_badge
from o2o.kit.clock import now
from o2o.kit.errors import DomainError, NotFoundError
from o2o.kit.jobs.enums import ACTIVE, JobState
from o2o.kit.jobs.models import Job
from o2o.tenancy.capabilities import Capability

DAYS = 30


class RulePage(FormPage):
    """The form of a rule, with the button that tries it first."""

    template = "console/routing_rule.html"
    policy = Capability.ORDERS_WRITE
    parents = RULES
    form_class = RuleForm
    done = _("Saved. Orders that come from now on are routed by it.")
    intro = _("Choose when it applies, who may take part and what to aim at. Try it before you save it.")

    def initial(self) -> dict[str, Any]:
        """Begin with what was tried, where the page is reached from a trial."""
        draft = _draft(self.request.GET.get("trial", ""))
        if draft is None:
            return {}
        return {**initial_of(draft["definition"]), "name": draft["name"], "is_active": draft["is_active"]}

    def rule_id(self) -> uuid.UUID | None:
        """Return the rule of the address; None for a new one."""
        return self.kwargs.get("rule_id")

    def save(self, form: forms.Form) -> HttpResponse | None:
        require_all_stores(self.request)
        rule = {
            "name": form.cleaned_data["name"],
            "definition": definition_of(form.cleaned_data),
            "is_active": form.cleaned_data["is_active"],
        }
        if "replay" not in self.request.POST:
            save_rule(self.rule_id(), rule)
            return None
        at, rule_id = now(), self.rule_id()
        job = replay_rules(
            rules=rules_on_trial(rule_id=rule_id, **rule),
            since=at - timedelta(days=DAYS),
            until=at,
            at=at,
            actor=self.actor,
            draft={"rule_id": rule_id and str(rule_id), **rule},
        )
        return HttpResponseRedirect(reverse("console:routing_rule_trial", args=(job.pk,)))

    def success_url(self) -> str:
        return reverse("console:orders_routingrule_changelist")


@page
class NewRule(RulePage):
    """Make a rule."""

    name = "new_routing_rule"
    path = "routing-rules/new/"
    title = _("New rule")


@page
class ChangeRule(RulePage):
    """Change a rule."""

    name = "change_routing_rule"
    path = "routing-rules/<uuid:rule_id>/settings/"
    title = _("Change the rule")

    def initial(self) -> dict[str, Any]:
        rule: Any = site._registry[RoutingRule].get_object(self.request, str(self.kwargs["rule_id"]))
        saved = {**initial_of(rule.definition), "name": rule.name, "is_active": rule.is_active}
        return super().initial() or saved


@page
class RuleTrial(Page):
    """What a rule would have done to past orders, and the button that saves it."""

    name = "routing_rule_trial"
    path = "routing-rules/trials/<uuid:trial_id>/"
    title = _("Tried on past orders")
    template = "console/routing_rule_trial.html"
    policy = Capability.ORDERS_WRITE
    parents = RULES
    intro = _(
        "Each order of the last 30 days was routed once more, with the stock that it saw then. Nothing was moved."
    )

    def context(self) -> dict[str, Any]:
        job = _trial(self.kwargs["trial_id"])
        draft = job.parameters["draft"]
        name, arguments = "new_routing_rule", ()
        if draft["rule_id"]:
            name, arguments = "change_routing_rule", (draft["rule_id"],)  # type: ignore[assignment]
        return {
            "panels": _panels(job, draft),
            "is_active": job.state in ACTIVE,
            "is_done": job.state == JobState.SUCCEEDED,
            "edit_url": f"{reverse(f'console:{name}', args=arguments)}?trial={job.pk}",
        }

    def post(self) -> HttpResponse:
        """Save the rule as it was tried."""
        draft = _trial(self.kwargs["trial_id"]).parameters["draft"]
        try:
            require_all_stores(self.request)
            rule_id = uuid.UUID(draft["rule_id"]) if draft["rule_id"] else None
            save_rule(rule_id, {name: draft[name] for name in ("name", "definition", "is_active")})
        except DomainError as error:
            messages.error(self.request, str(error.detail))
            return self.render()
        messages.success(self.request, gettext("Saved. Orders that come from now on are routed by it."))
        return HttpResponseRedirect(reverse("console:orders_routingrule_changelist"))


def save_rule(rule_id: uuid.UUID | None, rule: dict[str, Any]) -> RoutingRule:
    """Make or change a rule."""
    if rule_id is None:
        return rules.create_rule(**rule)
    return rules.update_rule(rule_id=rule_id, **rule)


def _trial(job_id: uuid.UUID) -> Job:
    job: Job | None = Job.objects.filter(pk=job_id, kind=REPLAY).first()
    if job is None or not job.parameters.get("draft"):
        raise NotFoundError(_("There is no such trial. It may have been removed."))
    return job


def _draft(trial: str) -> dict[str, Any] | None:
    try:
        draft: dict[str, Any] = _trial(uuid.UUID(trial)).parameters["draft"]
    except (ValueError, NotFoundError):
        return None
    return draft


def _panels(job: Job, draft: dict[str, Any]) -> list[Panel]:
    facts = [Fact(_("Rule"), draft["name"]), Fact(_("State"), state_badge(job)), Fact(_("Orders"), f"{job.done}")]
    panels = [Panel(_("Trial"), facts=facts)]
    if job.state != JobState.SUCCEEDED:
        return panels
    figures = Table((_("Figure"), _("As it was"), _("With the rule")), comparison(job.result))
    empty = _("Every order would have gone where it went.")
    sample = Table((_("Order"), _("Went to"), _("Would have gone to")), changes(job.result), empty=empty)
    note = gettext("%(count)s orders would have gone elsewhere. These are the first.") % {
        "count": job.result["changed"]
    }
    return [*panels, Panel(_("Comparison"), table=figures), Panel(_("Orders that change"), table=sample, note=note)]
