"""The command palette: pages and rows that the person may open, found by a few letters."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from o2o.console.navigation import GROUP_TITLES
from o2o.console.policy import is_allowed

if TYPE_CHECKING:
    from o2o.console.sites import ConsoleSite

ROWS_PER_LIST = 5
SHORTEST_SEARCH_OF_ROWS = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A page or row that was found."""

    title: str
    kind: str | Promise
    url: str
    icon: str


def search_page(site: "ConsoleSite", request: HttpRequest) -> HttpResponse:
    """Answer the palette with pages and rows whose names hold the text; all pages where there is none."""
    text = request.GET.get("s", "").strip()
    # what begins with the text stands before what only holds it
    hits = sorted(pages_named(site, request, text), key=lambda hit: not hit.title.lower().startswith(text.lower()))
    if len(text) >= SHORTEST_SEARCH_OF_ROWS:
        hits.extend(rows_named(site, request, text))
    return TemplateResponse(request, "console/palette_results.html", {"hits": hits, "text": text})


def pages_named(site: "ConsoleSite", request: HttpRequest, text: str) -> Iterator[Hit]:
    """Yield the entries of the side bar whose title or group holds the text."""
    for entry in site.entries():
        group = GROUP_TITLES[entry.nav.group]
        if text.lower() in f"{entry.title} {group}".lower() and is_allowed(request, entry.demand):
            yield Hit(str(entry.title).capitalize(), group, reverse(entry.url_name), entry.nav.icon)


def rows_named(site: "ConsoleSite", request: HttpRequest, text: str) -> Iterator[Hit]:
    """Yield a few rows of each list that the person may view and that can be searched."""
    for model, registered in site._registry.items():
        admin: Any = registered
        if not admin.is_in_palette or not admin.get_search_fields(request) or not admin.has_view_permission(request):
            continue
        rows, _may_repeat = admin.get_search_results(request, admin.get_queryset(request), text)
        for row in rows[:ROWS_PER_LIST]:
            icon = admin.nav.icon if admin.nav else "description"
            yield Hit(admin.row_title(row), model._meta.verbose_name or "", admin.url_of(row), icon)
