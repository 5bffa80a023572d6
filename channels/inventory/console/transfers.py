"""Transfers, on screen."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.inventory.console.places import goods_of, stores_of
from channels.inventory.enums import TransferState
from channels.inventory.models import TransferLine, TransferOrder
from channels.inventory.services import transferring
from o2o.console import (
    Act,
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
from o2o.console.components import Table, state_badge
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

LATE = timedelta(days=3)
BUTTON = '<a class="o2o-button" href="{}">{}</a>'


@admin.register(TransferOrder, site=site)
class TransferAdmin(MerchantModelAdmin):
    """Goods on their way between locations."""

    slug = "transfers"
    nav = Nav(NavGroup.CHANNELS, "local_shipping", 32)
    policy = {"view": Capability.STOCK_READ}
    intro = _("Goods on their way from one location to another: requested, shipped, received.")
    list_display = ("number", "source", "destination", "state_shown", "requested_by", "created_at", "shipped_at")
    list_filter = ("state", "source", "destination")
    list_select_related = ("source", "destination")
    search_fields = ("number",)
    search_help_text = _("Number")
    sortable_by = ()
    export_columns = (
        "number",
        "source",
        "destination",
        "state",
        "note",
        "requested_by",
        "created_at",
        "shipped_at",
        "received_at",
    )
    acts = (
        Act(
            name="cancel",
            label=_("cancel"),
            demand=Capability.STOCK_WRITE,
            explain=_("Nothing is sent. What has been shipped cannot be cancelled; receive it, or take it back."),
            apply=lambda _request, row: transferring.cancel_transfer(transfer_id=row.pk, at=now()),
            fits=lambda row: row.state == TransferState.REQUESTED,
            icon="cancel",
            is_destructive=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferOrder]:
        """Return the transfers, from or to the person's stores where they are bound to some."""
        queryset: QuerySet[TransferOrder] = super().get_queryset(request)
        stores = stores_of(request)
        return queryset if stores is None else queryset.filter(Q(source__in=stores) | Q(destination__in=stores))

    @admin.display(description=_("state"))
    def state_shown(self, row: TransferOrder) -> SafeString:
        return state_badge(row)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("Nothing is on its way"),
            text=_("Request goods from another store or the warehouse."),
            icon="local_shipping",
            url=reverse("console:request_transfer") if may_add else "",
            action=_("Request a transfer"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the transfers, with the way to a new one."""
        may_add = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        links = [(_("Request a transfer"), reverse("console:request_transfer"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: TransferOrder) -> Sequence[Panel]:
        lines = list(row.lines.select_related("variant__product").order_by("variant__sku"))
        facts = [
            Fact(_("From"), row.source.name),
            Fact(_("To"), row.destination.name),
            Fact(_("State"), state_badge(row)),
            Fact(_("Note"), row.note),
            Fact(_("Requested by"), row.requested_by),
            Fact(_("Shipped at"), row.shipped_at, help=row.shipped_by),
            Fact(_("Received at"), row.received_at, help=row.received_by),
        ]
        if row.returned_at:
            facts.append(Fact(_("Taken back at"), row.returned_at))
        if steps := steps_of(request, row, lines):
            facts.append(Fact(_("What you can do"), format_html_join(" ", BUTTON, steps)))
        return [Panel(_("Transfer"), facts=facts), _lines(lines)]


def steps_of(request: HttpRequest, row: TransferOrder, lines: Sequence[TransferLine]) -> list[tuple[str, Any]]:
    """Return the pages that somebody of the source or the destination may go to now, as pairs of address and name."""
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.may(Capability.STOCK_WRITE):
        return []
    is_missing = any((line.difference or 0) < 0 for line in lines)
    steps = []
    if row.state == TransferState.REQUESTED and actor.may_at(row.source_id):
        steps.append(("ship_transfer", _("Ship")))
    if row.state == TransferState.SHIPPED and actor.may_at(row.destination_id):
        steps.append(("receive_transfer", _("Receive")))
    is_on_its_way = row.state == TransferState.SHIPPED or (row.state == TransferState.RECEIVED and is_missing)
    if is_on_its_way and actor.may_at(row.source_id):
        steps.append(("take_back_transfer", _("Take back what does not arrive")))
    return [(reverse(f"console:{name}", args=(row.pk,)), label) for name, label in steps]


def _lines(lines: Sequence[TransferLine]) -> Panel:
    has_damage, has_return = any(line.damaged for line in lines), any(line.returned for line in lines)
    rows = [
        (
            *goods_of(line.variant),
            line.requested,
            line.shipped,
            line.received,
            *((f"{line.damaged} {line.damage_reason}" if line.damaged else "–",) if has_damage else ()),
            *((line.returned or "–",) if has_return else ()),
            difference(line),
        )
        for line in lines
    ]
    optional = [_("Damaged")] * has_damage + [_("Taken back")] * has_return
    headers = (_("SKU"), _("Name"), _("Requested"), _("Shipped"), _("Received"), *optional, _("Difference"))
    return Panel(_("Lines"), table=Table(headers, rows))


def difference(line: TransferLine) -> SafeString | str:
    """Return what is missing or too much of a line that arrived."""
    count = line.difference
    if count is None:
        return "–"
    if not count:
        return badge(_("complete"), "success")
    text = _("%(count)s missing") if count < 0 else _("%(count)s too many")
    return badge(text % {"count": abs(count)}, "danger" if count < 0 else "warning")


@home_card(Capability.STOCK_WRITE, order=30)
def late_transfers(request: HttpRequest) -> HomeCard | None:
    """Transfers that have been on their way for more than three days."""
    late = TransferOrder.objects.filter(state=TransferState.SHIPPED, shipped_at__lte=now() - LATE)
    if (stores := stores_of(request)) is not None:
        late = late.filter(Q(source__in=stores) | Q(destination__in=stores))
    found = list(late.select_related("source", "destination").order_by("shipped_at")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.number} · {row.source.name} → {row.destination.name}",
            f"{row.shipped_at:%m-%d}" if row.shipped_at else "",
            reverse("console:inventory_transferorder_change", args=(row.pk,)),
        )
        for row in found
    ]
    url = reverse("console:inventory_transferorder_changelist") + "?state__exact=shipped"
    return HomeCard(_("Transfers on their way for long"), lines, url, _("All transfers"), "local_shipping", "warning")
