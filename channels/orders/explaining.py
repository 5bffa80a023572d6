"""Every reason of the routing in a sentence, for people who ask why an order went where it went.

A verdict is an entry of ``RoutingDecision.decision["verdicts"]``: ``code`` and the figures that go with it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.stores.enums import FulfillmentMethod

Verdict = Mapping[str, Any]

GOALS: Mapping[str, Promise] = {
    "distance": gettext_lazy("the shortest way"),
    "splits": gettext_lazy("the fewest parcels"),
    "priority": gettext_lazy("the priority of the channel"),
    "stock": gettext_lazy("the most stock"),
    "load": gettext_lazy("the most capacity left"),
}


def sentence(verdict: Verdict) -> str:
    """Return why a location got units of the order, or why it did not. Unknown codes are shown as they are."""
    explain = SENTENCES.get(str(verdict.get("code", "")))
    if explain is None:
        return str(verdict.get("code", "")) or _("No reason was kept.")
    return explain(verdict)


def _chosen(verdict: Verdict) -> str:
    units = int(verdict.get("units", 0))
    text = ngettext("It got %(count)d unit", "It got %(count)d units", units) % {"count": units}
    distance = _distance(verdict)
    return _("%(text)s, %(distance)s away.") % {"text": text, "distance": distance} if distance else f"{text}."


def _others_better(verdict: Verdict) -> str:
    goal = GOALS.get(str(verdict.get("goal", "")), gettext_lazy("the order of the rule"))
    distance = _distance(verdict)
    if distance:
        return _("It could have fulfilled, %(distance)s away, but another location was better by %(goal)s.") % {
            "distance": distance,
            "goal": goal,
        }
    return _("It could have fulfilled, but another location was better by %(goal)s.") % {"goal": goal}


def _too_far(verdict: Verdict) -> str:
    return _("It is %(distance)s away; the rule allows %(limit)s.") % {
        "distance": _distance(verdict) or "–",
        "limit": _kilometres(verdict.get("limit_km")) or "–",
    }


def _closed(verdict: Verdict) -> str:
    opens_at = verdict.get("opens_at")
    if not opens_at:
        return _("It is not open now, nor within the next two weeks.")
    opening = timezone.localtime(datetime.fromisoformat(str(opens_at)))
    return _("It is not open now (opens %(instant)s).") % {"instant": date_format(opening, "SHORT_DATETIME_FORMAT")}


def _method(verdict: Verdict) -> str:
    method = str(verdict.get("method", ""))
    label = FulfillmentMethod(method).label if method in FulfillmentMethod.values else method
    return _("It does not offer this method (%(method)s).") % {"method": label}


def _distance(verdict: Verdict) -> str:
    return _kilometres(verdict.get("distance_km"))


def _kilometres(value: Any) -> str:
    return (
        "" if value is None else _("%(number)s km") % {"number": number_format(round(float(value), 1), decimal_pos=1)}
    )


def _plain(text: Promise) -> Callable[[Verdict], str]:
    return lambda _verdict: str(text)


SENTENCES: Mapping[str, Callable[[Verdict], str]] = {
    "chosen": _chosen,
    "others_better": _others_better,
    "too_far": _too_far,
    "closed": _closed,
    "method_not_offered": _method,
    "not_enough_stock": _plain(gettext_lazy("It does not have what was still missing.")),
    "has_rejected": _plain(gettext_lazy("It has rejected this order before, or did not answer in time.")),
    "not_requested": _plain(gettext_lazy("The customer wants to pick up in another store.")),
    "not_in_rule": _plain(gettext_lazy("The rule does not let it take part.")),
    "no_capacity": _plain(gettext_lazy("It has as many orders today as it can take.")),
}
