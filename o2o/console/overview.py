"""The first page of the operators: how the installation is doing."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from o2o.console.components import Panel, Stat
from o2o.tenancy.models import Membership, Merchant

if TYPE_CHECKING:
    from o2o.console.sites import ConsoleSite

StatMaker = Callable[[], Iterable[Stat]]
PanelMaker = Callable[[], Iterable[Panel]]

_stats: list[StatMaker] = []
_panels: list[PanelMaker] = []


def overview_stats(make: StatMaker) -> StatMaker:
    """Register figures of the operators' first page; each is bounded by an index."""
    _stats.append(make)
    return make


def overview_panels(make: PanelMaker) -> PanelMaker:
    """Register panels of the operators' first page."""
    _panels.append(make)
    return make


@overview_stats
def people() -> Iterable[Stat]:
    """How many merchants and staff there are."""
    yield Stat(_("Merchants"), Merchant.objects.filter(is_active=True).count(), _("active"))
    yield Stat(_("Staff"), Membership.objects.filter(is_active=True).count(), _("active, over all merchants"))


def overview_view(site: "ConsoleSite", request: HttpRequest) -> TemplateResponse:
    """Show the overview."""
    context = {
        **site.each_context(request),
        "title": _("Overview"),
        "stats": [stat for make in _stats for stat in make()],
        "panels": [panel for make in _panels for panel in make()],
    }
    return TemplateResponse(request, "console/overview.html", context)
