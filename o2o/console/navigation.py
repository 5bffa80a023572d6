"""The side bar: entries in groups, each shown to those who may open it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from o2o.console.policy import Demand, is_allowed


class NavGroup(Enum):
    """The groups of the side bar, in the order in which they stand."""

    TODAY = "today"
    CHANNELS = "channels"
    MEMBERS = "members"
    CAMPAIGNS = "campaigns"
    ANALYTICS = "analytics"
    SETTINGS = "settings"
    PLATFORM = "platform"


GROUP_TITLES = {
    NavGroup.TODAY: _("Today"),
    NavGroup.CHANNELS: _("Channels"),
    NavGroup.MEMBERS: _("Members"),
    NavGroup.CAMPAIGNS: _("Campaigns"),
    NavGroup.ANALYTICS: _("Analytics"),
    NavGroup.SETTINGS: _("Settings"),
    NavGroup.PLATFORM: _("Platform"),
}


@dataclass(frozen=True, slots=True)
class Nav:
    """Where a list or page stands in the side bar. ``icon`` names a Material Symbol; a lower ``order`` is higher."""

    group: NavGroup
    icon: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A link of the side bar."""

    nav: Nav
    title: str | Promise
    url_name: str
    demand: Demand | None


def sidebar(request: HttpRequest, entries: Iterable[NavEntry]) -> list[dict[str, Any]]:
    """Return the groups of the side bar that have an entry for this person, as unfold's templates read them."""
    groups: dict[NavGroup, list[NavEntry]] = {}
    for entry in entries:
        if is_allowed(request, entry.demand):
            groups.setdefault(entry.nav.group, []).append(entry)
    return [
        {
            "title": GROUP_TITLES[group],
            "items": [
                _item(request, entry)
                for entry in sorted(groups[group], key=lambda entry: (entry.nav.order, str(entry.url_name)))
            ],
        }
        for group in NavGroup
        if group in groups
    ]


def _item(request: HttpRequest, entry: NavEntry) -> dict[str, Any]:
    link = reverse(entry.url_name)
    is_home = entry.url_name.endswith(":index")
    return {
        "title": entry.title,
        "icon": entry.nav.icon,
        "link": link,
        "has_permission": True,
        "active": request.path == link if is_home else request.path.startswith(link),
    }
