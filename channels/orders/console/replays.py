"""Rules tried on past orders, on screen: progress, and what came of it, before and after side by side."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import ReplayPeriod, ReplayStanding
from channels.orders.models import RoutingRule, RuleReplay
from channels.orders.selectors import rules_of_now, standing_of
from channels.orders.services.replayed_orders import MOST_ORDERS
from channels.orders.services.replaying import stop_replay
from o2o.console import ConsoleForm, FormPage, Page, page
from o2o.console.components import Stat, Table, Tone, badge, state_badge
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.kit.jobs.enums import ACTIVE, FINISHED, JobState
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.selectors import progress_of
from o2o.tenancy.actor import Actor
from o2o.tenancy.capabilities import Capability

RULES = ((_("Routing rules"), "console:orders_routingrule_changelist"),)
EARLIER = 10
TONES: Mapping[str, Tone] = {
    ReplayStanding.CURRENT: "success",
    ReplayStanding.UNSAVED: "info",
    ReplayStanding.CHANGED: "warning",
    ReplayStanding.OTHERS_CHANGED: "warning",
}


class PeriodForm(ConsoleForm):
    """How far a trial looks back."""

    days = forms.TypedChoiceField(
        label=_("Orders of the last"), choices=ReplayPeriod.choices, coerce=int, initial=ReplayPeriod.MONTH
    )


def replay_of(actor: Actor, replay_id: str | UUID) -> RuleReplay:
    """Return a trial for somebody who works for all stores. Raises ``NotFoundError``."""
    try:
        wanted = UUID(str(replay_id))
    except ValueError:
        wanted = None
    rows = RuleReplay.objects.select_related("rule", "job").defer("progress")
    replay = rows.filter(pk=wanted).first() if wanted and actor.location_ids is None else None
    if replay is None:
        raise NotFoundError(_("There is no trial %(id)s.") % {"id": replay_id})
    return replay


def trial_context(replay: RuleReplay, *, may_stop: bool) -> dict[str, Any]:
    """Return what the part with a trial shows; it asks again by itself while the job is at work."""
    job = replay.job
    is_active = job is not None and job.state in ACTIVE
    standing = standing_of(replay, rules_of_now())
    return {
        "replay": replay,
        "standing": badge(standing.label, TONES[standing]),
        "is_active": is_active,
        "trial_url": reverse("console:rule_replay", args=(replay.pk,)),
        "stop_url": reverse("console:stop_replay", args=(replay.pk,))
        if may_stop and job and job.state not in FINISHED
        else "",
        "work": {"state": state_badge(job), "progress": progress_of(job)} if job else None,
        "most": MOST_ORDERS,
        "is_cut": (replay.until - replay.since).days < replay.days,
        "failure": _failure(job) if replay.result is None else "",
        **(_shown(replay.result) if replay.result is not None else {}),
    }


def earlier_of(rule: RoutingRule) -> Table:
    """Return the last trials of a rule, each with a link."""
    rows = RuleReplay.objects.filter(rule=rule).select_related("rule", "job").defer("progress").order_by("-pk")
    rules = rules_of_now()
    return Table(
        headers=(
            _("Tried at"),
            _("Orders of"),
            _("Orders"),
            _("Orders that change"),
            _("This was the rule"),
            _("Started by"),
        ),
        rows=[_line(replay, rules) for replay in rows[:EARLIER]],
    )


@page
class RuleReplayPart(Page):
    """A trial, as a part of a page that refreshes itself."""

    name = "rule_replay"
    path = "routing-rules/trials/<uuid:replay_id>/"
    title = _("Tried on past orders")
    is_part = True
    policy = Capability.ORDERS_READ

    def get(self) -> HttpResponse:
        replay = replay_of(self.actor, self.kwargs["replay_id"])
        context = trial_context(replay, may_stop=self.actor.may(Capability.ORDERS_WRITE))
        return TemplateResponse(self.request, "orders/trial.html", context)


@page
class StopReplay(FormPage):
    """Stop a trial."""

    name = "stop_replay"
    path = "routing-rules/trials/<uuid:replay_id>/stop/"
    title = _("Stop the trial")
    intro = _("It stops after the orders that it is deciding. There is no result then; start it anew when you like.")
    policy = Capability.ORDERS_WRITE
    parents = RULES
    submit = _("Stop")
    is_destructive = True
    done = _("The trial stops.")

    def get(self) -> HttpResponse:
        replay_of(self.actor, self.kwargs["replay_id"])
        return super().get()

    def save(self, form: forms.Form) -> None:
        replay = replay_of(self.actor, self.kwargs["replay_id"])
        stop_replay(replay_id=replay.pk, at=now())

    def success_url(self) -> str:
        return page_of(replay_of(self.actor, self.kwargs["replay_id"]))


def page_of(replay: RuleReplay) -> str:
    """Return the address of the page on which a trial is shown."""
    if replay.rule_id is None:
        address = reverse("console:new_rule")
    else:
        address = reverse("console:orders_routingrule_change", args=(replay.rule_id,))
    return f"{address}?replay={replay.pk}"


def shown_replay(request: HttpRequest, rule: RoutingRule) -> RuleReplay | None:
    """Return the trial that the address of a rule's page asks for, else the last one of the rule."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if wanted := request.GET.get("replay"):
        return replay_of(actor, wanted)
    rows = RuleReplay.objects.filter(rule=rule).select_related("rule", "job").defer("progress")
    return rows.order_by("-pk").first()


def _failure(job: Job | None) -> str:
    if job is not None and job.state == JobState.FAILED:
        return gettext("The trial failed: %(error)s") % {"error": job.error}
    if job is None or job.state == JobState.CANCELLED:
        return gettext("It was stopped, so there is no result.")
    return ""


def _line(replay: RuleReplay, rules: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    result = replay.result or {}
    standing = standing_of(replay, rules)
    return (
        format_html('<a href="{}">{}</a>', page_of(replay), localize(localtime(replay.created_at))),
        replay.get_days_display(),
        result.get("orders"),
        result.get("changed"),
        badge(standing.label, TONES[standing]),
        replay.job.actor_label if replay.job else "",
    )


def _shown(result: Mapping[str, Any]) -> dict[str, Any]:
    orders, changed = result["orders"], result["changed"]
    return {
        "stats": [
            Stat(_("Orders tried"), f"{orders:,}"),
            Stat(
                _("Orders that change"),
                f"{changed:,}",
                _share(changed, orders),
                tone="warning" if changed else "neutral",
            ),
        ],
        "figures": _figures(result),
        "changes": Table(
            headers=(_("Order"), _("Placed at"), _("By the rules without it"), _("With this rule")),
            rows=[_change(change) for change in result["samples"]],
            empty=_("No order would have gone elsewhere."),
        ),
        "unlisted": max(changed - len(result["samples"]), 0),
    }


def _figures(result: Mapping[str, Any]) -> Table:
    orders, sides = result["orders"], (result["before"], result["after"])
    rows = [
        (_("Split orders"), *(_counted(side["split"], orders) for side in sides)),
        (_("Parcels"), *(f"{side['parcels']:,}" for side in sides)),
        (_("Orders that wait"), *(_counted(side["unrouted"], orders) for side in sides)),
        (_("Kilometres on average"), *(_km(side["mean_km"]) for side in sides)),
        (_("Kilometres, nine of ten within"), *(_km(side["p90_km"]) for side in sides)),
        (_("Shelves emptied (a variant sold down to nothing)"), *(f"{side['emptied']:,}" for side in sides)),
    ]
    return Table(headers=("", _("By the rules without it"), _("With this rule")), rows=rows)


def _change(change: Mapping[str, Any]) -> tuple[Any, ...]:
    address = reverse("console:orders_order_change", args=(change["order_id"],))
    placed_at = parse_datetime(change["placed_at"])
    return (
        format_html('<a href="{}">{}</a>', address, change["number"]),
        localize(localtime(placed_at)) if placed_at else "",
        _places(change["before"], change["waits_before"]),
        _places(change["after"], change["waits_after"]),
    )


def _places(shares: Sequence[Mapping[str, Any]], waits: int) -> SafeString:
    parts = [format_html("{} × {}", share["units"], share["name"]) for share in shares]
    if waits:
        parts.append(badge(gettext("%(units)s wait") % {"units": waits}, "warning"))
    return format_html_join(" + ", "{}", ((part,) for part in parts))


def _counted(count: int, orders: int) -> str:
    return f"{count:,} ({_share(count, orders)})" if orders else str(count)


def _share(count: int, orders: int) -> str:
    return f"{count / orders:.1%}" if orders else ""


def _km(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
