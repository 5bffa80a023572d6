"""Tags with which templates draw the parts of a page."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from o2o.console.components import Chart, badge, state_badge, tone_of
from o2o.console.rows import table_of

register = template.Library()

register.simple_tag(state_badge, name="state_badge")
register.simple_tag(badge, name="badge")
register.filter("tone_of", tone_of)


@register.inclusion_tag("console/components/stat.html")
def stat_card(stat: Any) -> dict[str, Any]:
    """Draw a figure with its name."""
    return {"stat": stat}


@register.inclusion_tag("console/components/panel.html", takes_context=True)
def panel(context: template.Context, panel: Any) -> dict[str, Any]:
    """Draw a part of a detail page."""
    return {**context.flatten(), **panel.context, "panel": panel}


@register.inclusion_tag("console/components/chart.html")
def chart(chart: Chart) -> dict[str, Any]:
    """Draw a chart; its figures stand in the page as JSON, and below it as a table for those who read."""
    rows = [(label, [series.values[index] for series in chart.series]) for index, label in enumerate(chart.labels)]
    return {"chart": chart, "data": chart.data(), "rows": rows}


@register.inclusion_tag("console/components/empty.html")
def empty_state(empty: Any) -> dict[str, Any]:
    """Draw an empty state."""
    return {"empty": empty}


@register.inclusion_tag("console/list.html")
def list_table(changelist: Any) -> dict[str, Any]:
    """Draw the rows of a list, or what an empty one says."""
    return {"cl": changelist, **(table_of(changelist) if changelist.result_list else {})}


@register.simple_tag
def progress_bar(done: int | None, total: int | None) -> SafeString:
    """Draw how far something is; without a total it only says that it is moving."""
    if not total:
        return mark_safe('<progress class="o2o-progress"></progress>')
    return format_html('<progress class="o2o-progress" value="{}" max="{}"></progress>', min(done or 0, total), total)


@register.filter
def instance_of(value: Any, name: str) -> bool:
    """Say whether a value is of a type, by the name of the type."""
    return type(value).__name__ == name
