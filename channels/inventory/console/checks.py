"""What the daily self-check of the counters found, on screen."""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.inventory.console.places import stores_of
from channels.inventory.models import StockCheck
from o2o.console import (
    CardLine,
    EmptyState,
    Fact,
    HomeCard,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    badge,
    home_card,
    site,
)
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

RECENT = timedelta(days=7)


@admin.register(StockCheck, site=site)
class CheckAdmin(MerchantModelAdmin):
    """Counters that disagreed with what they count."""

    slug = "stock-checks"
    nav = Nav(NavGroup.CHANNELS, "build", 36)
    location_field = "level__location"
    policy = {"view": Capability.STOCK_READ}
    intro = _(
        "Each night every counter is compared with the movements, orders and carts behind it. What disagreed is here."
    )
    list_display = ("created_at", "sku", "place", "counter", "found", "expected", "outcome")
    list_filter = ("is_repaired", "counter", "level__location")
    list_select_related = ("level__variant", "level__location")
    sortable_by = ()
    is_in_palette = False
    export_columns = ("created_at", "level__variant__sku", "level__location__code", "counter", "found", "expected")
    empty = EmptyState(
        title=_("Every counter agrees"), text=_("The nightly check has found nothing to repair."), icon="verified"
    )

    @admin.display(description=_("SKU"))
    def sku(self, row: StockCheck) -> str:
        return row.level.variant.sku

    @admin.display(description=_("location"))
    def place(self, row: StockCheck) -> str:
        return row.level.location.name

    @admin.display(description=_("outcome"))
    def outcome(self, row: StockCheck) -> SafeString:
        return badge(_("repaired"), "success") if row.is_repaired else badge(_("needs you"), "danger")

    def row_title(self, row: StockCheck) -> str:
        return f"{row.level.variant.sku} · {row.counter}"

    def panels(self, request: HttpRequest, row: StockCheck) -> Sequence[Panel]:
        url = reverse("console:inventory_stocklevel_change", args=(row.level_id,))
        facts = [
            Fact(_("Stock level"), format_html('<a href="{}">{} · {}</a>', url, self.sku(row), self.place(row))),
            Fact(_("Counter"), row.counter, is_code=True),
            Fact(_("It said"), row.found),
            Fact(_("It counts"), row.expected),
            Fact(_("Outcome"), self.outcome(row), help="" if row.is_repaired else NEEDS_YOU),
            Fact(_("Found at"), row.created_at),
        ]
        return [Panel(_("Self-check"), facts=facts)]


NEEDS_YOU = _(
    "More is promised than there truly is, so the counter cannot be put right yet. Cancel or re-route orders of this"
    " variant here, or receive goods; the next check repairs it."
)


@home_card(Capability.STOCK_WRITE, order=40)
def wrong_counters(request: HttpRequest) -> HomeCard | None:
    """Counters that the self-check found to be wrong in the last seven days, those that need somebody first."""
    rows: QuerySet[StockCheck] = StockCheck.objects.filter(created_at__gte=now() - RECENT)
    if (stores := stores_of(request)) is not None:
        rows = rows.filter(level__location__in=stores)
    found = list(rows.select_related("level__variant", "level__location").order_by("is_repaired", "-pk")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.level.variant.sku} · {row.level.location.name}",
            f"{row.counter}: {row.found} → {row.expected}",
            reverse("console:inventory_stockcheck_change", args=(row.pk,)),
        )
        for row in found
    ]
    title = _("Stock counters that were repaired") if found[0].is_repaired else _("Stock counters that are wrong")
    url = reverse("console:inventory_stockcheck_changelist")
    return HomeCard(title, lines, url, _("Self-check"), "build", "warning" if found[0].is_repaired else "danger")
