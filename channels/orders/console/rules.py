"""Routing rules and times to accept, on screen."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Category
from channels.orders.console.replays import changes_of, stats_of
from channels.orders.models import AcceptancePolicy, RoutingRule
from channels.orders.routing.rules import CRITERIA
from channels.orders.services import rules as services
from channels.orders.services.replaying import replay_rules
from channels.stores.enums import FulfillmentMethod, LocationKind, Weekday
from channels.stores.models import SalesChannel
from o2o.console import (
    Act,
    ConsoleForm,
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
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

RULES = ((_("Routing rules"), "console:orders_routingrule_changelist"),)
CRITERION_LABELS = {
    "nearest": _("nearest to the customer"),
    "priority": _("priority of the location in the channel"),
    "most_stock": _("most left on the shelf"),
    "least_loaded": _("most orders still fit in today"),
    "soonest_ready": _("soonest ready"),
}
SPLIT_LABELS = [
    ("never", _("never: all from one location, or wait")),
    ("lines", _("lines may come from several locations")),
    ("units", _("units of a line may come from several locations")),
]


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
        facts = [
            Fact(_("Position"), row.position),
            Fact(_("Active"), row.is_active),
            Fact(_("Aims at"), self.summary(row)),
        ]
        if request.actor.may(Capability.ORDERS_WRITE):  # type: ignore[attr-defined]
            url = reverse("console:change_rule", args=(row.pk,))
            facts.append(Fact(_("Settings"), format_html('<a href="{}">{}</a>', url, _("Change or replay"))))
        return [
            Panel(_("Routing rule"), facts=facts),
            Panel(_("Definition"), code=json.dumps(row.definition, indent=2, ensure_ascii=False)),
        ]


class RuleForm(ConsoleForm):
    """A rule in words that operations people use."""

    name = forms.CharField(label=_("Name"), max_length=100)
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=32767, help_text=_("Lower ones are asked first.")
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
    channels = forms.MultipleChoiceField(
        label=_("For orders of these channels"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None: of all."),
    )  # fmt: skip
    methods = forms.MultipleChoiceField(
        label=_("For these methods"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=FulfillmentMethod.choices,
    )  # fmt: skip
    categories = forms.MultipleChoiceField(
        label=_("For orders with goods of these categories"), required=False, widget=forms.CheckboxSelectMultiple
    )
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"), required=False, widget=forms.CheckboxSelectMultiple, choices=Weekday.choices
    )
    begins = forms.TimeField(label=_("From"), required=False)
    ends = forms.TimeField(label=_("Until"), required=False)
    min_total = forms.DecimalField(label=_("From a total of"), required=False, min_value=0)
    max_total = forms.DecimalField(label=_("Up to a total of"), required=False, min_value=0)
    kinds = forms.MultipleChoiceField(
        label=_("Only these kinds of locations"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=LocationKind.choices,
    )  # fmt: skip
    locations = forms.MultipleChoiceField(
        label=_("Only these locations"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None: all.")
    )
    not_locations = forms.MultipleChoiceField(
        label=_("Never these locations"), required=False, widget=forms.CheckboxSelectMultiple
    )
    max_km = forms.DecimalField(label=_("Kilometres to the customer at most"), required=False, min_value=0)
    opens_within_minutes = forms.IntegerField(
        label=_("Must be open within minutes"), required=False, min_value=0, max_value=20_160
    )
    keep_units = forms.IntegerField(
        label=_("Units that stay on the shelf"), required=False, min_value=0, max_value=1_000_000
    )
    first = forms.ChoiceField(label=_("Aim first at"), choices=())
    second = forms.ChoiceField(label=_("then at"), choices=(), required=False)
    third = forms.ChoiceField(label=_("at last at"), choices=(), required=False)
    band_km = forms.DecimalField(
        label=_("Kilometres that make no difference"), required=False, min_value=0,
        help_text=_("So that of nearly equal distances the next aim decides."),
    )  # fmt: skip
    split = forms.ChoiceField(label=_("May an order be split?"), choices=SPLIT_LABELS, initial="lines")
    max_parts = forms.IntegerField(label=_("Parts at most"), required=False, min_value=1, max_value=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        aims = [(name, CRITERION_LABELS[name]) for name in CRITERIA]
        choices: dict[str, list[Any]] = {
            "channels": list(SalesChannel.objects.order_by("name").values_list("pk", "name")),
            "categories": list(Category.objects.order_by("path").values_list("pk", "name")[:300]),
            "locations": list(location_choices()),
            "not_locations": list(location_choices()),
            "first": aims,
            "second": [("", "–"), *aims],
            "third": [("", "–"), *aims],
        }
        for name, values in choices.items():
            self.fields[name].choices = [(str(key), label) for key, label in values]

    def definition(self) -> dict[str, Any]:
        """Return the rule in the form that is stored."""
        data = self.cleaned_data
        when = {name: data[name] for name in ("channels", "methods", "categories") if data[name]}
        if data["weekdays"]:
            when["weekdays"] = [int(day) for day in data["weekdays"]]
        when |= {
            key: data[name].strftime("%H:%M") for key, name in (("from", "begins"), ("until", "ends")) if data[name]
        }
        when |= {name: str(data[name]) for name in ("min_total", "max_total") if data[name] is not None}
        only = {name: data[name] for name in ("kinds", "locations", "not_locations") if data[name]}
        only |= {name: data[name] for name in ("opens_within_minutes", "keep_units") if data[name] is not None}
        if data["max_km"] is not None:
            only["max_km"] = str(data["max_km"])
        aims = [name for name in dict.fromkeys((data["first"], data["second"], data["third"])) if name]
        band = data["band_km"]
        prefer = [{"by": name, "band_km": str(band)} if name == "nearest" and band else name for name in aims]
        rule: dict[str, Any] = {"when": when, "only": only, "prefer": prefer, "split": data["split"]}
        if data["max_parts"]:
            rule["max_parts"] = data["max_parts"]
        return {key: value for key, value in rule.items() if value}


def fields_of(rule: RoutingRule) -> dict[str, Any]:
    """Return what the form holds for a stored rule."""
    definition = rule.definition
    when, only = definition.get("when", {}), definition.get("only", {})
    aims = [entry if isinstance(entry, str) else entry.get("by", "") for entry in definition.get("prefer", [])]
    bands = [entry.get("band_km") for entry in definition.get("prefer", []) if isinstance(entry, dict)]
    return {
        "name": rule.name, "position": rule.position, "is_active": rule.is_active, **when, **only,
        "begins": when.get("from"), "ends": when.get("until"), "split": definition.get("split", "lines"),
        "max_parts": definition.get("max_parts"), "band_km": bands[0] if bands else None,
        **dict(zip(("first", "second", "third"), aims, strict=False)),
    }  # fmt: skip


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
        return {"position": 100, "is_active": True, "first": "nearest", "second": "priority", "split": "lines"}


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


@admin.register(AcceptancePolicy, site=site)
class AcceptanceAdmin(MerchantModelAdmin):
    """How long stores may take to accept orders."""

    slug = "times-to-accept"
    nav = Nav(NavGroup.CHANNELS, "alarm", 52)
    policy = {"view": Capability.ORDERS_READ}
    intro = _(
        "How long stores may take to accept an order: first a reminder, then the backup store, then another store."
    )
    list_display = (
        "channel",
        "place",
        "remind_minutes",
        "escalate_minutes",
        "accept_minutes",
        "backup_location",
        "accepts_automatically",
    )
    list_filter = ("channel",)
    list_select_related = ("channel", "location", "backup_location")
    sortable_by = ()
    export_columns = ("channel", "location", "remind_minutes", "escalate_minutes", "accept_minutes", "backup_location")

    @admin.display(description=_("store"))
    def place(self, row: AcceptancePolicy) -> str:
        return row.location.name if row.location else str(_("all stores"))

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("Stores may take any time"),
            text=_("Set how long a store may take before an order goes to another one."),
            icon="alarm",
            url=reverse("console:set_acceptance") if may_add else "",
            action=_("Set a time"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the times, with the way to set one."""
        may_add = request.actor.may(Capability.ORDERS_WRITE)  # type: ignore[attr-defined]
        links = [(_("Set a time"), reverse("console:set_acceptance"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})


class AcceptanceForm(ConsoleForm):
    """How long, and what happens until then."""

    channel_id = forms.ChoiceField(label=_("Channel"), choices=())
    location_id = forms.ChoiceField(label=_("Store"), choices=(), required=False)
    remind_minutes = forms.IntegerField(
        label=_("Minutes until the reminder"), required=False, min_value=1, max_value=10_000
    )
    escalate_minutes = forms.IntegerField(
        label=_("Minutes until the backup store"), required=False, min_value=1, max_value=10_000
    )
    backup_location_id = forms.ChoiceField(label=_("Backup store"), choices=(), required=False)
    accept_minutes = forms.IntegerField(label=_("Minutes to accept"), min_value=1, max_value=10_000)
    accepts_automatically = forms.BooleanField(label=_("Accepts by itself"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores: list[Any] = list(location_choices())
        channels = SalesChannel.objects.order_by("name").values_list("pk", "name")
        self.fields["channel_id"].choices = [(str(pk), name) for pk, name in channels]
        self.fields["location_id"].choices = [("", _("all stores")), *stores]
        self.fields["backup_location_id"].choices = [("", "–"), *stores]


@page
class SetAcceptance(FormPage):
    """Set how long stores may take."""

    name = "set_acceptance"
    path = "times-to-accept/set/"
    title = _("Set a time to accept")
    intro = _("A time of one store goes before that of all stores. What the channel and store had is replaced.")
    policy = Capability.ORDERS_WRITE
    form_class = AcceptanceForm
    done = _("Saved. It holds for orders that are routed from now on.")
    parents = ((_("times to accept"), "console:orders_acceptancepolicy_changelist"),)
    success_url_name = "console:orders_acceptancepolicy_changelist"

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        services.set_acceptance(
            **{**data, "location_id": data["location_id"] or None,
               "backup_location_id": data["backup_location_id"] or None}, at=now(),
        )  # fmt: skip
