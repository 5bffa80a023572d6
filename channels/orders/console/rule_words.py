"""A routing rule and the report of its trial, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.orders.explaining import GOALS
from channels.stores.enums import FulfillmentMethod, Weekday
from channels.stores.models import StockLocation

Words = tuple[str | Promise, str]


def in_words(definition: Mapping[str, Any]) -> list[Words]:
    """Return a rule as pairs of a term and a sentence: when it applies, who takes part, what it aims at."""
    return [
        (gettext_lazy("When"), _when(definition.get("conditions", {}))),
        (gettext_lazy("Who takes part"), _who(definition.get("filters", {}))),
        (gettext_lazy("Aim"), _aim(definition)),
    ]


def comparison(result: Mapping[str, Any]) -> list[tuple[str | Promise, str, str]]:
    """Return the figures of a trial as rows: what, as it was, as it would have been."""
    before, after = result["before"], result["after"]
    rows: list[tuple[str | Promise, str, Any]] = [
        (gettext_lazy("Orders"), "orders", str),
        (gettext_lazy("In several parcels"), "split_rate", _percent),
        (gettext_lazy("Without a location"), "unroutable", str),
        (gettext_lazy("Mean distance"), "mean_distance_km", _kilometres),
        (gettext_lazy("Nine of ten parcels within"), "p90_distance_km", _kilometres),
        (gettext_lazy("Stocks used up at a location"), "stores_emptied", str),
    ]
    return [(label, shown(before[name]), shown(after[name])) for label, name, shown in rows]


def changes(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the sample of orders that would have gone elsewhere: number, where it went, where it would have gone."""
    return [
        (
            change["number"],
            _places(change["before"], change["was_unrouted"]),
            _places(change["after"], change["is_unrouted"]),
        )
        for change in result["changes"]
    ]


def _when(conditions: Mapping[str, Any]) -> str:
    parts = []
    if channels := conditions.get("channels"):
        parts.append(ngettext("%(count)d channel", "%(count)d channels", len(channels)) % {"count": len(channels)})
    if methods := conditions.get("methods"):
        parts.append(", ".join(str(FulfillmentMethod(method).label) for method in methods))
    if categories := conditions.get("categories"):
        parts.append(", ".join(path.rstrip("/") for path in categories))
    if weekdays := conditions.get("weekdays"):
        parts.append(", ".join(str(Weekday(day).label) for day in weekdays))
    if hours := conditions.get("hours"):
        parts.append(f"{hours['from']}–{hours['until']}")
    if total := conditions.get("total"):
        parts.append(_("total %(least)s–%(most)s") % {"least": total.get("min", "0"), "most": total.get("max", "∞")})
    return _("For %(conditions)s.") % {"conditions": "; ".join(parts)} if parts else _("For every order.")


def _who(filters: Mapping[str, Any]) -> str:
    parts = []
    if locations := filters.get("locations"):
        names = StockLocation.objects.filter(pk__in=locations[:5]).values_list("name", flat=True)
        parts.append(", ".join(names) + (" …" if len(locations) > len(names) else ""))
    if filters.get("max_distance_km") is not None:
        parts.append(_("within %(distance)s") % {"distance": _kilometres(filters["max_distance_km"])})
    if filters.get("open_only"):
        parts.append(_("open now"))
    if parts:
        return _("Locations: %(filters)s.") % {"filters": "; ".join(parts)}
    return _("All locations of the channel.")


def _aim(definition: Mapping[str, Any]) -> str:
    goals = [str(GOALS[goal]) for goal in definition.get("goals", ()) if goal in GOALS] or [str(GOALS["distance"])]
    text = _("First %(goals)s.") % {"goals": _(", then ").join(goals)}
    return f"{text} {_('Never split.')}" if definition.get("splitting") == "never" else text


def _places(names: Sequence[str], has_unrouted: bool) -> str:
    return ", ".join([*names, *([_("waits")] if has_unrouted else [])]) or "–"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{number_format(round(share * 100, 1), decimal_pos=1)} %"


def _kilometres(value: float | None) -> str:
    return "–" if value is None else _("%(number)s km") % {"number": number_format(round(value, 1), decimal_pos=1)}
