"""A routing rule in words that operations people use: as a form, and as facts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Category
from channels.orders.models import RoutingRule, RuleReplay
from channels.orders.routing.rules import CRITERIA
from channels.stores.enums import FulfillmentMethod, LocationKind, Weekday
from channels.stores.models import SalesChannel
from o2o.console import ConsoleForm, Fact
from o2o.console.locations import location_choices

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
AIMS = tuple(f"aim_{number}" for number, _criterion in enumerate(CRITERIA, start=1))


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
    aim_1 = forms.ChoiceField(label=_("Aim first at"), choices=())
    aim_2 = forms.ChoiceField(label=_("then at"), choices=(), required=False)
    aim_3 = forms.ChoiceField(label=_("then at"), choices=(), required=False)
    aim_4 = forms.ChoiceField(label=_("then at"), choices=(), required=False)
    aim_5 = forms.ChoiceField(label=_("at last at"), choices=(), required=False)
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
            AIMS[0]: aims,
            **{name: [("", "–"), *aims] for name in AIMS[1:]},
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
        aims = [aim for aim in dict.fromkeys(data[name] for name in AIMS) if aim]
        band = data["band_km"]
        prefer = [{"by": name, "band_km": str(band)} if name == "nearest" and band else name for name in aims]
        rule: dict[str, Any] = {"when": when, "only": only, "prefer": prefer, "split": data["split"]}
        if data["max_parts"]:
            rule["max_parts"] = data["max_parts"]
        return {key: value for key, value in rule.items() if value}


def fields_of(rule: RoutingRule | RuleReplay) -> dict[str, Any]:
    """Return what the form holds for a stored rule, or one that was tried."""
    definition = rule.definition
    when, only = definition.get("when", {}), definition.get("only", {})
    aims = [entry if isinstance(entry, str) else entry.get("by", "") for entry in definition.get("prefer", [])]
    bands = [entry.get("band_km") for entry in definition.get("prefer", []) if isinstance(entry, dict)]
    return {
        "name": rule.name, "position": rule.position, "is_active": rule.is_active, **when, **only,
        "begins": when.get("from"), "ends": when.get("until"), "split": definition.get("split", "lines"),
        "max_parts": definition.get("max_parts"), "band_km": bands[0] if bands else None,
        **dict(zip(AIMS, aims, strict=False)),
    }  # fmt: skip


def facts_of(rule: RoutingRule) -> list[Fact]:
    """Return what a stored rule says, in the words of its form; what it leaves open is left out."""
    form, said = RuleForm(), fields_of(rule)
    return [
        Fact(field.label, _in_words(field, said[name]))
        for name, field in form.fields.items()
        if name != "name" and said.get(name) not in (None, "", [])
    ]


def _in_words(field: forms.Field, value: Any) -> Any:
    if not isinstance(field, forms.ChoiceField):
        return value
    names = {str(key): str(name) for key, name in field.choices}  # type: ignore[union-attr, misc]
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return ", ".join(names.get(str(one), str(one)) for one in values)
