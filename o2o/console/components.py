"""The small parts of which pages are built; ``templates/console/components/`` draws them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import models
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

Tone = Literal["neutral", "info", "success", "warning", "danger"]
Text = str | Promise

# One colour for one meaning, whatever the thing is called in.
TONES: Mapping[str, Tone] = {
    **dict.fromkeys(
        (
            "active", "enabled", "succeeded", "done", "delivered", "finished", "completed", "ready", "received",
            "posted", "refunded", "handed_over",
        ),
        "success",
    ),
    **dict.fromkeys(
        ("running", "queued", "sending", "scheduled", "accepted", "processing", "test", "approved", "shipped"), "info"
    ),
    **dict.fromkeys(
        (
            "pending", "paused", "waiting", "retrying", "pausing", "cancelling", "invited", "requested", "review",
            "unpaid", "partially_paid",
        ),
        "warning",
    ),
    **dict.fromkeys(("failed", "dead", "error", "rejected", "refused", "exhausted", "expired"), "danger"),
}  # fmt: skip
TASK = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def doer(label: str) -> str:
    """Return who did something, in words: tasks are told in ledgers by their names in code."""
    return _("by itself") if TASK.fullmatch(label) else label


def tone_of(state: str) -> Tone:
    """Return the tone in which a state is shown; unknown states and those at rest are neutral."""
    return TONES.get(state, "neutral")


def badge(text: Text, tone: Tone = "neutral") -> SafeString:
    """Return a word in a coloured box."""
    return format_html('<span class="o2o-badge o2o-tone-{}">{}</span>', tone, text)


def state_badge(row: models.Model, field_name: str = "state") -> SafeString:
    """Return the badge of a row's state, in words of its choices."""
    value = str(getattr(row, field_name))
    display = getattr(row, f"get_{field_name}_display", None)
    return badge(display() if display else value, tone_of(value))


@dataclass(frozen=True, slots=True)
class EmptyState:
    """What an empty list says: why it is empty and what the next step is."""

    title: Text
    text: Text
    icon: str = "inbox"
    url: str = ""
    action: Text = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and its value in a definition list."""

    term: Text
    value: Any
    help: Text = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of a timeline; the newest stands first."""

    at: Any
    title: Text
    text: Text = ""
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure with its name, and what it means beside it."""

    label: Text
    value: Any
    note: Text = ""
    tone: Tone = "neutral"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A short table inside a page; long ones are lists of their own."""

    headers: Sequence[Text]
    rows: Sequence[Sequence[Any]]
    empty: Text = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a detail page: facts, a timeline, a table, or a template with its context.

    Parts stand in columns; one that ``is_wide`` takes the whole width.
    """

    title: Text
    facts: Sequence[Fact] = ()
    moments: Sequence[Moment] = ()
    table: Table | None = None
    code: str = ""
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    note: Text = ""
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Named values of a chart, one for each label."""

    label: Text
    values: Sequence[float | int | None]
    tone: Tone = "info"


@dataclass(frozen=True, slots=True)
class Chart:
    """A line or bar chart with named axes and a legend, drawn by ``static/o2o/charts.js``."""

    id: str
    kind: Literal["line", "bar"]
    title: Text
    labels: Sequence[Text]
    series: Sequence[Series]
    x_title: Text
    y_title: Text

    def data(self) -> dict[str, Any]:
        """Return what the script reads, as plain JSON."""
        return {
            "kind": self.kind,
            "labels": [str(label) for label in self.labels],
            "series": [
                {"label": str(series.label), "values": list(series.values), "tone": series.tone}
                for series in self.series
            ],
            "x": str(self.x_title),
            "y": str(self.y_title),
        }


def pretty_json(value: Any) -> str:
    """Return JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str, sort_keys=True)
