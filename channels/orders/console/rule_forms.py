"""The form of a routing rule, and how its fields stand in a definition."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Category
from channels.orders.explaining import GOALS
from channels.stores.enums import FulfillmentMethod, LocationKind, Weekday
from channels.stores.models import SalesChannel, StockLocation
from o2o.console import ConsoleForm

NO_GOAL = ("", _("nothing more"))
GOAL_FIELDS = ("goal_1", "goal_2", "goal_3")
SPLITTING = [
    ("allowed", _("Split if no location has everything")),
    ("never", _("Never split: wait until one location has everything")),
]


def _many(label: Any, choices: Any = (), help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text
    )


class RuleForm(ConsoleForm):
    """When the rule applies, who may take part, what it aims at."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("It stands in the explanation of each order."))
    channels = _many(_("Applies to channels"), help_text=_("None chosen: to all."))
    methods = _many(_("Applies to methods"), FulfillmentMethod.choices, _("None chosen: to all."))
    categories = _many(_("Applies to categories"), help_text=_("Orders with something of these. None chosen: to all."))
    weekdays = _many(_("Applies on"), Weekday.choices, _("None chosen: every day."))
    hours_from = forms.TimeField(label=_("Applies from"), required=False, help_text=_("By the merchant's clock."))
    hours_until = forms.TimeField(label=_("Applies until"), required=False)
    total_min = forms.DecimalField(label=_("Order total at least"), required=False, min_value=0)
    total_max = forms.DecimalField(label=_("Order total at most"), required=False, min_value=0)
    locations = _many(_("Only these locations"), help_text=_("None chosen: all that serve the channel."))
    kinds = _many(_("Only these kinds of location"), LocationKind.choices, _("None chosen: all."))
    max_distance_km = forms.DecimalField(
        label=_("At most this far away, km"), required=False, min_value=0, max_value=20_000
    )
    open_only = forms.BooleanField(label=_("Only locations that are open now"), required=False)
    goal_1 = forms.ChoiceField(label=_("Aim first at"), choices=list(GOALS.items()), initial="distance")
    goal_2 = forms.ChoiceField(label=_("then at"), choices=[NO_GOAL, *GOALS.items()], required=False)
    goal_3 = forms.ChoiceField(label=_("and then at"), choices=[NO_GOAL, *GOALS.items()], required=False)
    splitting = forms.ChoiceField(label=_("Several parcels"), choices=SPLITTING, initial="allowed")
    is_active = forms.BooleanField(label=_("On"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers = {
            "channels": [(str(pk), name) for pk, name in SalesChannel.objects.values_list("pk", "name")],
            "categories": list(Category.objects.values_list("path", "name")),
            "locations": [(str(pk), name) for pk, name in StockLocation.objects.values_list("pk", "name")],
        }
        for name, choices in offers.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse bounds the wrong way round, half a stretch of hours, and a goal that stands twice."""
        cleaned = super().clean() or self.cleaned_data
        least, most = cleaned.get("total_min"), cleaned.get("total_max")
        if least is not None and most is not None and least > most:
            self.add_error("total_max", _("At most is less than at least."))
        if (cleaned.get("hours_from") is None) != (cleaned.get("hours_until") is None):
            self.add_error("hours_until", _("Give both hours, or neither."))
        goals = [cleaned[name] for name in GOAL_FIELDS if cleaned.get(name)]
        if len(goals) != len(set(goals)):
            self.add_error("goal_2", _("Each goal stands once."))
        return cleaned


def definition_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition that the router reads, without what was left open."""
    conditions: dict[str, Any] = {name: cleaned[name] for name in ("channels", "methods", "categories")}
    conditions["weekdays"] = [int(day) for day in cleaned["weekdays"]]
    if cleaned["hours_from"] is not None:
        conditions["hours"] = {"from": f"{cleaned['hours_from']:%H:%M}", "until": f"{cleaned['hours_until']:%H:%M}"}
    total = {"min": cleaned["total_min"], "max": cleaned["total_max"]}
    conditions["total"] = {name: str(amount) for name, amount in total.items() if amount is not None}
    distance = cleaned["max_distance_km"]
    filters = {
        "locations": cleaned["locations"],
        "kinds": cleaned["kinds"],
        "max_distance_km": None if distance is None else float(distance),
        "open_only": cleaned["open_only"],
    }
    return {
        "conditions": {name: value for name, value in conditions.items() if value},
        "filters": {name: value for name, value in filters.items() if value not in (None, [], False)},
        "goals": [cleaned[name] for name in GOAL_FIELDS if cleaned[name]],
        "splitting": cleaned["splitting"],
    }


def initial_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields hold for a definition; the reverse of ``definition_of``."""
    conditions, filters = definition.get("conditions", {}), definition.get("filters", {})
    hours, total = conditions.get("hours", {}), conditions.get("total", {})
    goals = [*definition.get("goals", ["distance"]), "", "", ""]
    return {
        **{name: conditions.get(name, []) for name in ("channels", "methods", "categories", "weekdays")},
        "hours_from": time.fromisoformat(hours["from"]) if hours else None,
        "hours_until": time.fromisoformat(hours["until"]) if hours else None,
        "total_min": total.get("min"),
        "total_max": total.get("max"),
        **{name: filters.get(name, []) for name in ("locations", "kinds")},
        "max_distance_km": filters.get("max_distance_km"),
        "open_only": filters.get("open_only", False),
        **dict(zip(GOAL_FIELDS, goals, strict=False)),
        "splitting": definition.get("splitting", "allowed"),
    }
