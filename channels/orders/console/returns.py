"""The returns desk."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.orders.console.parts import link, links, money, page_link
from channels.orders.enums import ReturnState
from channels.orders.models import Return
from channels.orders.selectors import returns_of_stores
from channels.orders.services import returning
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
    home_card,
    site,
)
from o2o.console.components import Table, state_badge
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

SHOWN_ON_HOME = 5
NEEDING = (ReturnState.REQUESTED, ReturnState.APPROVED, ReturnState.RECEIVED)


@admin.register(Return, site=site)
class ReturnAdmin(MerchantModelAdmin):
    """What customers bring back."""

    slug = "returns"
    nav = Nav(NavGroup.CHANNELS, "assignment_return", 12)
    title = _("returns desk")
    policy = {"view": Capability.ORDERS_READ}
    intro = _("Returns from request to refund. Goods may come back to any store, whatever the channel.")
    list_display = ("number", "order_number", "state_shown", "location", "refund", "reason", "requested_at")
    list_filter = ("state", "location")
    list_select_related = ("order", "location")
    search_fields = ("=number",)
    search_help_text = _("Number of the return, in full")
    sortable_by = ()
    export_columns = (
        "number", "order", "state", "location", "reason", "refund_total", "requested_at", "approved_at",
        "received_at", "refunded_at", "refused_at",
    )  # fmt: skip
    empty = EmptyState(
        title=_("Nothing has come back"),
        text=_("Begin a return on the page of its order, or let your channels send theirs."),
        icon="assignment_return",
    )
    acts = (
        Act(
            name="approve",
            label=_("approve"),
            demand=Capability.ORDERS_WRITE,
            explain=_("The customer may send or bring the goods; nothing is refunded yet."),
            apply=lambda _request, row: returning.approve_return(return_id=row.pk, at=now()),
            fits=lambda row: row.state == ReturnState.REQUESTED,
            icon="thumb_up",
        ),
        Act(
            name="refuse",
            label=_("refuse"),
            demand=Capability.ORDERS_WRITE,
            explain=_("The return ends here; the units can be requested again. Nothing is refunded."),
            apply=lambda _request, row: returning.refuse_return(return_id=row.pk, at=now()),
            fits=lambda row: row.state in (ReturnState.REQUESTED, ReturnState.APPROVED),
            icon="thumb_down",
            is_destructive=True,
        ),
        Act(
            name="refund",
            label=_("refund"),
            demand=Capability.ORDERS_WRITE,
            explain=_(
                "The refund is written down, to the cent, with the points that go back."
                " The money itself is moved by your payment provider."
            ),
            apply=lambda _request, row: returning.refund_return(return_id=row.pk, at=now()),
            fits=lambda row: row.state == ReturnState.RECEIVED,
            icon="payments",
        ),
    )

    @admin.display(description=_("order"))
    def order_number(self, row: Return) -> str:
        return row.order.number

    @admin.display(description=_("state"))
    def state_shown(self, row: Return) -> SafeString:
        return state_badge(row)

    @admin.display(description=_("refund"))
    def refund(self, row: Return) -> str:
        return money(row.refund_total, row.order.currency)

    def panels(self, request: HttpRequest, row: Return) -> Sequence[Panel]:
        facts = [
            Fact(_("Order"), link(row.order)),
            Fact(_("State"), state_badge(row)),
            Fact(_("To"), row.location and row.location.name),
            Fact(_("Reason"), row.reason),
            Fact(_("Refund"), money(row.refund_total, row.order.currency)),
            Fact(_("Requested at"), row.requested_at),
            Fact(_("Approved at"), row.approved_at),
            Fact(_("Received at"), row.received_at),
            Fact(_("Refunded at"), row.refunded_at),
        ]
        may_receive = request.actor.may(Capability.ORDERS_FULFIL)  # type: ignore[attr-defined]
        if may_receive and row.state == ReturnState.APPROVED:
            facts.append(Fact(_("What you can do"), links(page_link("receive_return", row, _("Receive the goods")))))
        return [Panel(_("Return"), facts=facts), _lines(row)]


def _lines(row: Return) -> Panel:
    rows = [
        (
            line.order_line.sku,
            line.order_line.name,
            line.quantity,
            line.received,
            line.get_disposition_display() or "–",
            money(line.refund, row.order.currency),
            line.points,
        )
        for line in row.lines.select_related("order_line").order_by("order_line__position")
    ]
    headers = (_("SKU"), _("Name"), _("Units"), _("Received"), _("Disposition"), _("Refund"), _("Points"))
    return Panel(_("Lines"), table=Table(headers, rows))


@home_card(Capability.ORDERS_WRITE, order=5)
def returns_to_settle(request: HttpRequest) -> HomeCard | None:
    """Returns that wait for somebody, the oldest first."""
    mine = returns_of_stores(request.actor.location_ids)  # type: ignore[attr-defined]
    waiting: Any = Return.objects.filter(mine, state__in=NEEDING).select_related("order")
    found = list(waiting.order_by("pk")[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.number} · {row.order.number}",
            row.get_state_display(),
            reverse("console:orders_return_change", args=(row.pk,)),
        )
        for row in found[:SHOWN_ON_HOME]
    ]
    url = reverse("console:orders_return_changelist")
    return HomeCard(
        _("Returns to settle"), lines, url, _("Returns desk"), "assignment_return", "warning",
        has_more=len(found) > SHOWN_ON_HOME,
    )  # fmt: skip
