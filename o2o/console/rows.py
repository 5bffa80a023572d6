"""The table of a list: what its columns are is found out once, and each cell is written without a template.

unfold asks for all columns again for every row and draws cells, boxes to tick and ticks by templates of their own; 50
rows took longer than their queries by far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.admin.utils import lookup_field
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from unfold.templatetags.unfold_list import result_headers
from unfold.utils import display_for_field, display_for_value

from o2o.console.components import badge

CHECKBOX = "action_checkbox"
# Shorter texts stay in one line: codes would be broken at their hyphens, and Chinese anywhere.
SHORT = 20
MOMENT = '<span class="o2o-nowrap">{}</span> <span class="o2o-nowrap">{}</span>'
Show = Callable[[models.Model], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how the header reads, which class its cells have and how one is shown."""

    header: dict[str, Any]
    css: str
    show: Show
    is_link: bool = False
    label: str = ""

    def cell(self, row: models.Model, url: str | None) -> SafeString:
        """Return the cell of a row; one that leads to the row is its heading."""
        text = conditional_escape(self.show(row))
        if not self.is_link:
            css = f"{self.css} nowrap" if len(text) <= SHORT else self.css
            return mark_safe(f'<td class="{css}" data-label="{self.label}">{text}</td>')  # noqa: S308 - escaped
        if url:
            text = format_html('<a href="{}">{}</a>', url, text)
        return mark_safe(f'<th class="{self.css}" data-label="{self.label}" scope="row">{text}</th>')  # noqa: S308


def table_of(changelist: Any) -> dict[str, Any]:
    """Return headers and rows of a list, as ``console/list.html`` draws them."""
    columns = list(_columns(changelist))
    return {"headers": [column.header for column in columns], "rows": [*_rows(changelist, columns)]}


def _rows(changelist: Any, columns: Sequence[Column]) -> Iterator[SafeString]:
    suffix = f"?{changelist.preserved_filters}" if changelist.preserved_filters else ""
    has_links = any(column.is_link for column in columns)
    for row in changelist.result_list:
        url = f"{changelist.url_for_result(row)}{suffix}" if has_links else None
        yield mark_safe("".join(column.cell(row, url) for column in columns))  # noqa: S308 - made of escaped cells


def _columns(changelist: Any) -> Iterator[Column]:
    links = changelist.list_display_links
    is_first = True
    for name, header in zip(changelist.list_display, result_headers(changelist), strict=True):
        if name == CHECKBOX:
            label = conditional_escape(_("Select this row"))
            yield Column(header, "action-checkbox", partial(_tick, label), label=label)
            continue
        is_link = links is not None and ((is_first and not links) or name in links)
        is_first = is_first and not is_link
        header = {**header, "text": capfirst(header["text"])}
        yield _column(changelist, name, header, is_link)


def _column(changelist: Any, name: Any, header: dict[str, Any], is_link: bool) -> Column:
    empty = changelist.model_admin.get_empty_value_display()
    css = conditional_escape(f"field-{name if isinstance(name, str) else name.__name__}")
    label = conditional_escape(header["text"])
    found = _field(changelist.model, name)
    show = _method(changelist.model_admin, name, empty) if found is None else _shown_field(found, empty)
    return Column(header, css, show, is_link, label)


def _field(model: type[models.Model], name: Any) -> models.Field[Any, Any] | None:
    try:
        found = model._meta.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None
    # The column of a foreign key is no field of its own, and other people's keys to us are none either.
    return found if isinstance(found, models.Field) and found.name == name else None


def _shown_field(found: models.Field[Any, Any], empty: Any) -> Show:
    """Return what shows a field as unfold does; what depends on the field alone is done once."""
    if found.choices:
        words = {value: str(word) for value, word in found.flatchoices}
        return lambda row: words.get(getattr(row, found.attname), empty)
    if isinstance(found, models.ForeignKey):
        return lambda row: _or(empty, getattr(row, found.name))
    if isinstance(found, models.BooleanField):
        return lambda row: _yes_or_no(getattr(row, found.attname))
    if isinstance(found, models.DateTimeField):
        return lambda row: _moment(getattr(row, found.attname), empty)
    return lambda row: display_for_field(getattr(row, found.attname), found, empty)


def _method(model_admin: Any, name: Any, empty: Any) -> Show:
    """Return what shows a method of the admin class, or an attribute of the row."""
    own = name if callable(name) else getattr(model_admin, name, None) if name != "__str__" else None
    is_boolean = bool(getattr(own, "boolean", False))
    empty = getattr(own, "empty_value_display", empty)
    read: Show = own if callable(own) else partial(_looked_up, name, model_admin)

    def show(row: models.Model) -> Any:
        try:
            value = read(row)
        except ObjectDoesNotExist:
            return empty
        return _yes_or_no(value) if is_boolean else _plain(value, empty)

    return show


def _moment(value: datetime | None, empty: Any) -> Any:
    """Return date and time, between which alone the line may be broken."""
    if value is None:
        return empty
    at = localtime(value)
    return format_html(MOMENT, date_format(at, "DATE_FORMAT"), date_format(at, "TIME_FORMAT"))


def _plain(value: Any, empty: Any) -> Any:
    if isinstance(value, datetime):
        return _moment(value, empty)
    # Most cells are text already, marked as safe or not.
    return value if isinstance(value, (str, Promise)) else display_for_value(value, empty)


def _looked_up(name: str, model_admin: Any, row: models.Model) -> Any:
    return lookup_field(name, row, model_admin)[2]


def _or(empty: Any, value: Any) -> Any:
    return empty if value is None else str(value)


def _yes_or_no(value: bool | None) -> SafeString | str:
    if value is None:
        return "–"
    return badge(_("yes"), "success") if value else badge(_("no"))


def _tick(label: str, row: models.Model) -> SafeString:
    return format_html(
        '<input type="checkbox" class="action-select" name="_selected_action" value="{}" aria-label="{}">',
        row.pk,
        label,
    )
